"""Who asks: a bearer token becomes an actor, or the request is refused; it never goes on without one."""

from __future__ import annotations

import re
from typing import Protocol

from app.domain.actor import Actor
from app.domain.errors import Unauthenticated

LONGEST_TOKEN = 8192  # characters
BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+)")
CHALLENGE = {"www-authenticate": "Bearer"}
CHALLENGE_REFUSED = {"www-authenticate": 'Bearer error="invalid_token"'}


class TokenVerifier(Protocol):
    """Checks tokens; Unauthenticated or TokenExpired for a bad one, Unavailable where it cannot be judged now."""

    async def verify(self, token: str) -> Actor: ...


class Authentication:
    """Turns credentials into the actor of one request."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    async def __call__(self, header: str | None, *, request_id: str = "", traceparent: str | None = None) -> Actor:
        """The actor that an `Authorization` header names."""
        if header is None:
            raise Unauthenticated
        bearer = BEARER.fullmatch(header.strip())
        if bearer is None:
            message = "The Authorization header must be 'Bearer' and a token."
            raise Unauthenticated(message)
        return await self.token(bearer[1], request_id=request_id, traceparent=traceparent)

    async def token(self, token: str, *, request_id: str = "", traceparent: str | None = None) -> Actor:
        """The actor that a bare token names, as a WebSocket's `connection_init` carries it."""
        if len(token) > LONGEST_TOKEN:
            message = f"A token has at most {LONGEST_TOKEN} characters."
            raise Unauthenticated(message)
        actor = await self._verifier.verify(token)
        return Actor(actor.id, actor.name, actor.roles, request_id, traceparent, actor.expires_at)


def challenge(header: str | None) -> dict[str, str]:
    """The header that a 401 carries: what is wanted, and whether what was sent is no good (RFC 6750)."""
    return dict(CHALLENGE if header is None else CHALLENGE_REFUSED)
