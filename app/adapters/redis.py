"""The cache that processes share, in Redis: a lookup waits a moment at most, and what cannot be had there is made anew."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from app.adapters.redis_pool import POOL, Seals
from app.observability.metrics import CACHE_LOOKUPS
from app.ports.shared import Away

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from app.adapters.redis_pool import RedisPool
    from app.ports.cache import Cache

KEPT_SECONDS = 300
LARGEST = 1024 * 1024  # bytes of a value; more takes longer to fetch than to make


class RedisCache:
    """Values are sealed with a secret: what anybody else wrote there, or what was cut off, is not there."""

    def __init__(self, pool: RedisPool, *, scope: str, secret: str) -> None:
        """`scope` tells apart what must not be mixed: installations, releases."""
        self._pool = pool
        self._prefix = f"oms:{scope}:".encode()
        self._seals = Seals(secret)

    async def get(self, key: bytes) -> bytes | None:
        """What was put under the key in the last five minutes, if it is still there."""
        name = self._prefix + key
        try:
            sealed: bytes | None = await self._pool.ask("cache", lambda client: cast("Awaitable[bytes | None]", client.get(name)))
            return self._seals.opened(name, sealed)
        except Away:
            return None

    async def put(self, key: bytes, value: bytes) -> None:
        """Keep the value for five minutes, in place of an older one; one that is too large is not kept."""
        if len(value) <= LARGEST:
            name = self._prefix + key
            sealed = self._seals.sealed(name, value)
            with suppress(Away):
                await self._pool.ask("cache", lambda client: client.set(name, sealed, ex=KEPT_SECONDS))


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
