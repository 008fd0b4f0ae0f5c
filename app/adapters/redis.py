"""The cache that processes share, in Redis: a lookup waits a moment at most, and what cannot be had there is made anew."""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.domain.breaker import Breaker, CircuitOpen
from app.observability.metrics import CACHE_LOOKUPS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.ports.cache import Cache

POOL = 50  # connections of a process
WAIT_SECONDS = 0.02  # for one of them to be free
PATIENCE = 0.1  # seconds for an answer
KEPT_SECONDS = 300
LARGEST = 1024 * 1024  # bytes of a value; more takes longer to fetch than to make
SEAL = 16  # bytes


class RedisCache:
    """Values are sealed with a secret: what anybody else wrote there, or what was cut off, is not there."""

    def __init__(self, url: str, *, scope: str, secret: str, patience: float = PATIENCE, breaker: Breaker | None = None) -> None:
        """`scope` tells apart what must not be mixed: installations, releases."""
        self._client = Redis.from_pool(
            ConnectionPool.from_url(
                url,
                max_connections=POOL, socket_timeout=patience, socket_connect_timeout=patience,
                retry=Retry(NoBackoff(), 0), health_check_interval=0, protocol=2,
            )
        )  # fmt: skip
        self._prefix = f"oms:{scope}:".encode()
        self._secret = blake2b(secret.encode(), digest_size=32).digest()
        self._room = asyncio.Semaphore(POOL)
        self._breaker = breaker or Breaker(seconds=5)

    async def get(self, key: bytes) -> bytes | None:
        """What was put under the key in the last five minutes, if it is still there."""
        name = self._prefix + key
        sealed = await self._asked(lambda: self._client.get(name))
        if sealed is None:
            return None
        value = sealed[SEAL:]
        return value if compare_digest(sealed[:SEAL], self._seal(name, value)) else None

    async def put(self, key: bytes, value: bytes) -> None:
        """Keep the value for five minutes, in place of an older one; one that is too large is not kept."""
        if len(value) <= LARGEST:
            name = self._prefix + key
            await self._asked(lambda: self._client.set(name, self._seal(name, value) + value, ex=KEPT_SECONDS))

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    def _seal(self, name: bytes, value: bytes) -> bytes:
        made = blake2b(name, digest_size=SEAL, key=self._secret)
        made.update(value)
        return made.digest()

    async def _asked(self, request: Callable[[], Awaitable[Any]]) -> Any:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            return None  # it is busy, which is no failure
        try:
            return await self._breaker.run(request, RedisError, OSError, TimeoutError)
        except CircuitOpen:
            return None
        except (RedisError, OSError, TimeoutError):
            CACHE_LOOKUPS.labels("shared", "failed").inc()
            return None
        finally:
            self._room.release()


class Tiers:
    """A near cache before a shared one: what is found there is kept here, and what is put here gets there when it gets there."""

    def __init__(self, near: Cache, shared: Cache) -> None:
        self._near = near
        self._shared = shared
        self._sending: set[asyncio.Task[None]] = set()

    async def get(self, key: bytes) -> bytes | None:
        """From the nearest that has it."""
        value = await self._near.get(key)
        if value is not None:
            return value
        value = await self._shared.get(key)
        CACHE_LOOKUPS.labels("shared", "miss" if value is None else "hit").inc()
        if value is not None:
            await self._near.put(key, value)
        return value

    async def put(self, key: bytes, value: bytes) -> None:
        """Nobody waits for the shared one; where many values wait for it already, this one does not get there."""
        await self._near.put(key, value)
        if len(self._sending) < POOL:
            sending = asyncio.create_task(self._shared.put(key, value), name="an answer to the shared cache")
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def sent(self) -> None:
        """Everything that was put has got there, or will not."""
        await asyncio.gather(*self._sending)
