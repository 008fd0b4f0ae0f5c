"""An issuer of tokens as Keycloak is one: keys that rotate, an address that may be down, and every bad habit."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://sign.in.example/realms/oms"
RSA_KEY = rsa.generate_private_key(65537, 2048)
OTHER_RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
WEAK_KEY = rsa.generate_private_key(65537, 1024)


def pem(key: Any) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(kid: str, key: Any, **more: Any) -> dict[str, Any]:
    algorithm = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good access token; None leaves one out."""
    now = int(time.time())
    good = {
        "iss": ISSUER,
        "aud": ["account", "oms"],
        "sub": "f1e2",
        "typ": "Bearer",
        "iat": now,
        "exp": now + 300,
        "preferred_username": "ada",
        "realm_access": {"roles": ["offline_access", "Editor"]},
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def token(
    key: Any = RSA_KEY, algorithm: str = "RS256", *, header: dict[str, Any] | None = None, kid: str | None = "k1", **changed: Any
) -> str:
    headers = ({"kid": kid} if kid is not None else {}) | (header or {})
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def raw_token(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    """A token that no library would make."""
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@dataclass
class Issuer:
    """The issuer's HTTP side, as a transport."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk("k1", RSA_KEY), jwk("k2", EC_KEY)])
    down: bool = False
    answer: httpx2.Response | None = None
    configuration: dict[str, Any] = field(default_factory=lambda: {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"})
    asked: list[str] = field(default_factory=list)

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.url.path)
        if self.down:
            raise httpx2.ConnectError("down")
        if self.answer is not None:
            return self.answer
        if request.url.path.endswith("/.well-known/openid-configuration"):
            return httpx2.Response(200, json=self.configuration)
        return httpx2.Response(200, json={"keys": self.keys})

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self))
