"""Tokens for development: signed by a key in the data directory, and impossible anywhere else."""

from __future__ import annotations

import os
import secrets
import time
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from app.adapters.jwks import PemKey
from app.adapters.tokens import JwtVerifier, TokenRules
from app.settings import OmsEnv

if TYPE_CHECKING:
    from pathlib import Path

    from app.domain.actor import Role

ISSUER = "https://development.oms.invalid"
AUDIENCE = "oms"
ROLES_CLAIM = "realm_access.roles"
KEY_FILE = "development-issuer.pem"
OWNER_ONLY = 0o600
DAY = 86_400.0


class DevelopmentIssuer:
    """Issues tokens that its own verifier accepts, across restarts; it refuses to exist outside development."""

    def __init__(self, data_dir: Path, environment: OmsEnv) -> None:
        if environment is not OmsEnv.DEVELOPMENT:
            raise RuntimeError("development tokens exist in development only")
        self._key = load_pem_private_key(_key_file(data_dir).read_bytes(), password=None)

    @property
    def public_pem(self) -> str:
        """The key that verifies, in the form of JWT_PUBLIC_KEY."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def issue(self, role: Role, name: str, lifetime: float = DAY) -> str:
        """A bearer token of this role that ends after `lifetime` seconds."""
        now = time.time()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": f"development:{name}",
            "name": name,
            "typ": "Bearer",
            "iat": int(now),
            "exp": int(now + lifetime),
            "jti": secrets.token_hex(8),
            "realm_access": {"roles": [role.value]},
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": "development"})  # type: ignore[arg-type]  # an EC key, as we made it

    def verifier(self) -> JwtVerifier:
        """The verifier of these tokens, with the same rules as any other's."""
        return JwtVerifier(PemKey(self.public_pem), TokenRules(ISSUER, AUDIENCE, ROLES_CLAIM))


def _key_file(data_dir: Path) -> Path:
    """The file of the key; of several processes that make it at once, the first wins."""
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / KEY_FILE
    if not path.exists():
        key = generate_private_key(SECP256R1())
        draft = data_dir / f".{KEY_FILE}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    path.chmod(OWNER_ONLY)
    return path
