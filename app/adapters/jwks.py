"""The public keys that tokens are verified with: one from the settings, or the issuer's, by `kid`.

The issuer's keys are fetched by one request at a time, at most once a cool-down, and kept when the issuer is down.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING, Any, Protocol

import httpx2
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWK, PyJWTError

from app.domain.errors import Unauthenticated, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

PublicKey = RSAPublicKey | EllipticCurvePublicKey

SMALLEST_RSA = 2048  # bits
LARGEST_ANSWER = 256 * 1024  # bytes of what an issuer may send
MOST_KEYS = 100
FETCH_SECONDS = 3.0
FRESH_SECONDS = 300.0  # a key that the issuer withdrew is refused after this
STALE_SECONDS = 86_400.0  # how long keys outlive an issuer that does not answer
COOL_DOWN_SECONDS = 10.0

log = logging.getLogger(__name__)


class Keys(Protocol):
    """Where a verifier gets the key of a token."""

    async def key(self, kid: str | None, algorithm: str) -> PublicKey:
        """The key; Unauthenticated where there is none such, Unavailable where nobody can say."""
        ...


class UnusableKey(ValueError):
    """The key is of a kind, curve or size that no token of ours is signed with."""


class PemKey:
    """The one key of the settings, whatever `kid` a token names."""

    def __init__(self, pem: str) -> None:
        self._key = load_pem_public_key(pem.encode())
        self._algorithm = algorithm_of(self._key)

    async def key(self, kid: str | None, algorithm: str) -> PublicKey:  # noqa: ARG002 - one key has no name
        if algorithm != self._algorithm or not isinstance(self._key, RSAPublicKey | EllipticCurvePublicKey):
            raise Unauthenticated("The bearer token is signed in another way than its issuer signs.")
        return self._key


class Jwks:
    """The issuer's keys, from `url` or from where the issuer's own configuration says they are."""

    def __init__(
        self, client: httpx2.AsyncClient, *, issuer: str, url: str | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._issuer = issuer.rstrip("/")
        self._url = url
        self._clock = clock
        self._keys: dict[str, tuple[str, PublicKey]] = {}
        self._fetched = self._tried = float("-inf")
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str | None, algorithm: str) -> PublicKey:
        """The key of exactly this `kid`, made for this algorithm."""
        if kid is None:
            raise Unauthenticated("The bearer token does not name its key.")
        if kid not in self._keys or self._age() > FRESH_SECONDS:
            await self._refresh()
        if kid in self._keys and self._age() <= STALE_SECONDS:
            known, key = self._keys[kid]
            if known == algorithm:
                return key
        elif self._failed:
            raise Unavailable("Tokens cannot be verified at the moment.", retry_after=int(COOL_DOWN_SECONDS))
        raise Unauthenticated("The bearer token is signed with a key that its issuer does not have.")

    def _age(self) -> float:
        return self._clock() - self._fetched

    async def _refresh(self) -> None:
        """Fetch, or wait for who does; a caller that goes away leaves the others their answer."""
        if self._fetching is None:
            if self._clock() - self._tried < COOL_DOWN_SECONDS:
                return
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._done)
        await asyncio.shield(self._fetching)

    def _done(self, _task: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        self._tried, self._failed = self._clock(), True
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                keys = _usable(await self._json(self._url or await self._discovered()))
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ValueError, RecursionError) as error:
            log.warning("The issuer's keys could not be read (%s); %d known keys stay in use", type(error).__name__, len(self._keys))
            return
        self._keys, self._fetched, self._failed = keys, self._clock(), False

    async def _discovered(self) -> str:
        said = await self._json(f"{self._issuer}/.well-known/openid-configuration")
        url = said.get("jwks_uri")
        if said.get("issuer") != self._issuer or not isinstance(url, str):
            raise ValueError("the configuration is another issuer's")
        if self._issuer.startswith("https://") and not url.startswith("https://"):
            raise ValueError("the keys are not behind https")
        return url

    async def _json(self, url: str) -> dict[str, Any]:
        body = bytearray()
        async with self._client.stream("GET", url, headers={"accept": "application/json"}, follow_redirects=False) as response:
            if response.status_code != httpx2.codes.OK:
                raise ValueError("the issuer refuses")
            async for part in response.aiter_bytes():
                body += part
                if len(body) > LARGEST_ANSWER:
                    raise ValueError("the issuer sends too much")
        value = json.loads(body)
        if not isinstance(value, dict):
            raise ValueError("the issuer does not send an object")  # noqa: TRY004 - a wrong value, from outside
        return value


def algorithm_of(key: object) -> str:
    """What a key of this kind signs with."""
    if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_RSA:
        return "RS256"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    raise UnusableKey("the key is neither RSA of 2048 bits or more nor on the curve P-256")


def _usable(said: dict[str, Any]) -> dict[str, tuple[str, PublicKey]]:
    """The signing keys that we can use; others of the set, for encryption say, are passed over."""
    listed = said.get("keys")
    if not isinstance(listed, list):
        raise ValueError("the issuer lists no keys")  # noqa: TRY004 - a wrong value, from outside
    keys = {}
    for each in listed[:MOST_KEYS]:
        if isinstance(each, dict) and isinstance(each.get("kid"), str) and each.get("use", "sig") == "sig":
            try:
                key = PyJWK(each).key
                algorithm = algorithm_of(key)
            except (PyJWTError, ValueError, TypeError, KeyError):
                continue
            if each.get("alg", algorithm) == algorithm:
                keys[each["kid"]] = algorithm, key
    if not keys:
        raise ValueError("the issuer has no usable key")
    return keys
