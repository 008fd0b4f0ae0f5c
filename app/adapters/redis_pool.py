"""Redis as all of a process use it: one bounded pool, which waits for a moment and then goes on without.

Connections that listen are not of the pool: one that waits for what is published would be missing to all others.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from hashlib import blake2b
from hmac import compare_digest
from typing import TYPE_CHECKING, TypeVar

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.domain.breaker import Breaker, CircuitOpen
from app.observability.metrics import REDIS_CALLS, REDIS_IN_USE, REDIS_SECONDS
from app.ports.shared import Away

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from redis.asyncio.client import PubSub

T = TypeVar("T")

POOL = 50  # connections of a process
WAIT_SECONDS = 0.02  # for one of them to be free
PATIENCE = 0.1  # seconds for an answer
SEAL = 16  # bytes
FAILURES = (RedisError, OSError, TimeoutError)


class RedisPool:
    """Every use asks here, and hears `Away` where there is no answer in time; nothing is ever tried twice."""

    def __init__(self, url: str, *, patience: float = PATIENCE, breaker: Breaker | None = None) -> None:
        self.breaker = breaker or Breaker(seconds=5)
        self._url = url
        self._patience = patience
        self._client = Redis.from_pool(
            ConnectionPool.from_url(
                url,
                max_connections=POOL, socket_timeout=patience, socket_connect_timeout=patience,
                retry=Retry(NoBackoff(), 0), health_check_interval=0, protocol=2,
            )
        )  # fmt: skip
        self._room = asyncio.Semaphore(POOL)

    async def ask(self, use: str, request: Callable[[Redis], Awaitable[T]]) -> T:
        """The answer; `use` is how the metrics call what asks."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            REDIS_CALLS.labels(use, "busy").inc()  # which is no failure of Redis
            raise Away from None
        outcome, began = "cancelled", time.perf_counter()
        REDIS_IN_USE.inc()
        try:
            answer = await self.breaker.run(lambda: request(self._client), *FAILURES)
            outcome = "answered"
        except CircuitOpen:
            outcome = "left alone"
            raise Away from None
        except FAILURES as failed:
            outcome = "failed"
            raise Away from failed
        finally:
            self._room.release()
            REDIS_IN_USE.dec()
            REDIS_CALLS.labels(use, outcome).inc()
            if outcome in {"answered", "failed"}:
                REDIS_SECONDS.labels(use).observe(time.perf_counter() - began)
        return answer

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[PubSub]:
        """Listens on a connection of its own until the block ends."""
        client = Redis.from_url(
            self._url, socket_connect_timeout=5 * self._patience, retry=Retry(NoBackoff(), 0), health_check_interval=0, protocol=2
        )
        try:
            async with client.pubsub() as listener:
                yield listener
        finally:
            await client.aclose()

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


class Seals:
    """A keyed digest over where a value is and what it says: what anybody else wrote, moved or cut off is not there."""

    def __init__(self, secret: str) -> None:
        self._secret = blake2b(secret.encode(), digest_size=32).digest()

    def sealed(self, place: bytes, value: bytes) -> bytes:
        """The value behind its seal."""
        return self._seal(place, value) + value

    def opened(self, place: bytes, sealed: bytes | None) -> bytes | None:
        """The value, None where the seal is not ours."""
        if sealed is None:
            return None
        value = sealed[SEAL:]
        return value if compare_digest(sealed[:SEAL], self._seal(place, value)) else None

    def _seal(self, place: bytes, value: bytes) -> bytes:
        made = blake2b(place, digest_size=SEAL, key=self._secret)
        made.update(value)
        return made.digest()
