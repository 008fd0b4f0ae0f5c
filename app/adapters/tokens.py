"""Bearer tokens: access tokens of one issuer for one audience, signed with a key that we know.

What a token says about how to verify it is not believed: the algorithm must be one of two and fit the key, the key is
found by its name alone, and a header that brings a key or an extension is refused.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import jwt

from app.adapters.jwks import Jwks, PemKey
from app.domain.actor import Actor, Role
from app.domain.errors import TokenExpired, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx2

    from app.adapters.jwks import Keys
    from app.settings import Settings

ALGORITHMS = ("RS256", "ES256")
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
LEEWAY_SECONDS = 30
EMBEDDED = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"})
HEADER_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
OF_ID_TOKENS = frozenset({"at_hash", "c_hash", "s_hash"})
LONGEST_ID = 255  # characters
REMEMBERED = 10_000  # verified tokens
REMEMBERED_SECONDS = 60.0  # so that a withdrawn key is noticed

_ROLES = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Whose tokens are accepted, and where they list the roles."""

    issuer: str
    audience: str
    roles_claim: str = "realm_access.roles"


class JwtVerifier:
    """Verifies tokens, and remembers the good ones for a minute."""

    def __init__(self, keys: Keys, rules: TokenRules, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._rules = rules
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Actor, float]] = OrderedDict()

    async def verify(self, token: str) -> Actor:
        """The subject with its roles; Unauthenticated, TokenExpired, or Unavailable where the keys cannot be read."""
        digest = sha256(token.encode("ascii", "replace")).digest()
        now = self._clock()
        actor, until = self._known.get(digest, (None, 0.0))
        if actor is None or now >= until:
            actor = await self._verified(token)
            self._remember(digest, actor, now + REMEMBERED_SECONDS)
        if actor.expires_at is not None and actor.expires_at + LEEWAY_SECONDS <= now:
            raise TokenExpired
        return actor

    def _remember(self, digest: bytes, actor: Actor, until: float) -> None:
        self._known[digest] = actor, until
        self._known.move_to_end(digest)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def _verified(self, token: str) -> Actor:
        header = _header(token)
        key = await self._keys.key(header.get("kid"), header["alg"])
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],
                audience=self._rules.audience,
                issuer=self._rules.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": REQUIRED, "verify_iat": True, "strict_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise _refused(_REASONS.get(type(error), "it is not well-formed")) from None
        _check_access(claims)
        return self._actor(claims)

    def _actor(self, claims: Mapping[str, Any]) -> Actor:
        subject, expires = claims["sub"], claims["exp"]
        if not subject or len(subject) > LONGEST_ID or not subject.isprintable():
            raise _refused("its subject cannot be a name")
        if not isinstance(expires, int | float) or not isinstance(claims["iat"], int | float):
            raise _refused("its times are not numbers")
        return Actor(subject, _name(claims), _roles(claims, self._rules.roles_claim), expires_at=float(expires))


def verifier(settings: Settings, client: httpx2.AsyncClient) -> JwtVerifier:
    """The verifier that the settings ask for; ValueError where they name no issuer."""
    if settings.keycloak_issuer is None:
        raise ValueError("no issuer is set")
    rules = TokenRules(settings.keycloak_issuer, settings.oidc_audience, settings.roles_claim)
    if settings.jwt_public_key is not None:
        return JwtVerifier(PemKey(settings.jwt_public_key), rules)
    return JwtVerifier(Jwks(client, issuer=settings.keycloak_issuer, url=settings.jwks_address), rules)


def _header(token: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise _refused("it is not well-formed") from None
    if header.get("alg") not in ALGORITHMS:
        raise _refused("it must be signed by RS256 or ES256")
    if not EMBEDDED.isdisjoint(header):
        raise _refused("its header brings what a header must not bring")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() not in HEADER_TYPES:
        raise _refused("it is not an access token")
    kid = header.get("kid")
    if kid is not None and not isinstance(kid, str):
        raise _refused("its key has no proper name")
    return dict(header)


def _check_access(claims: Mapping[str, Any]) -> None:
    """ID and refresh tokens of the same issuer carry the same signature, and must not open anything."""
    kind = claims.get("typ", "Bearer")
    used = claims.get("token_use", "access")
    if not isinstance(kind, str) or kind.lower() != "bearer" or used != "access" or not OF_ID_TOKENS.isdisjoint(claims):
        raise _refused("it is not an access token")


def _roles(claims: Mapping[str, Any], path: str) -> frozenset[Role]:
    """The roles by their exact names; none where the claim is anything but a list of strings."""
    value: Any = claims
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return frozenset()
    return frozenset(_ROLES[each] for each in value if each in _ROLES)


def _name(claims: Mapping[str, Any]) -> str:
    for claim in ("name", "preferred_username", "sub"):
        value = claims.get(claim)
        if isinstance(value, str) and value.strip() and value.isprintable():
            return value.strip()[:LONGEST_ID]
    return str(claims["sub"])


_REASONS: dict[type[BaseException], str] = {
    jwt.InvalidSignatureError: "its signature does not fit",
    jwt.InvalidAudienceError: "it is for another audience",
    jwt.InvalidIssuerError: "it is from another issuer",
    jwt.MissingRequiredClaimError: f"it must have {', '.join(REQUIRED)}",
    jwt.ImmatureSignatureError: "it is from the future",
}


def _refused(reason: str) -> Unauthenticated:
    return Unauthenticated(f"The bearer token is not valid: {reason}.")
