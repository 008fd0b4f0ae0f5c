"""The cache that processes share, in Redis: a lookup waits a moment at most, and what cannot be had there is made anew."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from app.adapters.redis_pool import POOL, Seals
from app.observability.metrics import CACHE_LOOKUPS
from app.ports.shared import Away

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

    from redis.asyncio import Redis

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
        [value] = await self.get_many([key])
        return value

    async def put(self, key: bytes, value: bytes) -> None:
        """Keep the value for five minutes, in place of an older one; one that is too large is not kept."""
        await self.put_many({key: value})

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """What was put under each key in the last five minutes, in one call."""
        if not keys:
            return []
        names = [self._prefix + key for key in keys]
        try:
            sealed: list[bytes | None] = await self._pool.ask(
                "cache", lambda client: cast("Awaitable[list[bytes | None]]", client.mget(names))
            )
        except Away:
            return [None] * len(names)
        return [self._seals.opened(name, each) for name, each in zip(names, sealed, strict=True)]

    async def put_many(self, values: Mapping[bytes, bytes]) -> None:
        """Keep each for five minutes, in one call; what is too large is not kept."""
        sealed = {
            name: self._seals.sealed(name, value) for key, value in values.items() if len(value) <= LARGEST and (name := self._prefix + key)
        }

        async def sent(client: Redis) -> None:
            async with client.pipeline(transaction=False) as pipe:
                for name, value in sealed.items():
                    pipe.set(name, value, ex=KEPT_SECONDS)
                await pipe.execute()

        if sealed:
            with suppress(Away):
                await self._pool.ask("cache", sent)


class Tiers:
    """A near cache before a shared one: what is found there is kept here, and what is put here gets there when it gets there."""

    def __init__(self, near: Cache, shared: Cache, *, of: str) -> None:
        """`of` is how the metrics call what is kept."""
        self._near = near
        self._shared = shared
        self._of = of
        self._sending: set[asyncio.Task[None]] = set()

    async def get(self, key: bytes) -> bytes | None:
        """From the nearest that has it."""
        value = await self._near.get(key)
        if value is not None:
            return value
        value = await self._shared.get(key)
        self._looked(found=value is not None)
        if value is not None:
            await self._near.put(key, value)
        return value

    async def put(self, key: bytes, value: bytes) -> None:
        """Nobody waits for the shared one; where many values wait for it already, this one does not get there."""
        await self.put_many({key: value})

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Each from the nearest that has it; the shared one is asked once."""
        found = await self._near.get_many(keys)
        missing = [number for number, value in enumerate(found) if value is None]
        if missing:
            for number, value in zip(missing, await self._shared.get_many([keys[each] for each in missing]), strict=True):
                self._looked(found=value is not None)
                if value is not None:
                    found[number] = value
                    await self._near.put(keys[number], value)
        return found

    async def put_many(self, values: Mapping[bytes, bytes]) -> None:
        """As `put`, and the shared one is told once."""
        await self._near.put_many(values)
        self._send(lambda: self._shared.put_many(values))

    async def sent(self) -> None:
        """Everything that was put has got there, or will not."""
        await asyncio.gather(*self._sending)

    def _looked(self, *, found: bool) -> None:
        CACHE_LOOKUPS.labels(self._of, "hit" if found else "miss").inc()

    def _send(self, put: Callable[[], Coroutine[None, None, None]]) -> None:
        if len(self._sending) < POOL:
            sending = asyncio.create_task(put(), name=f"{self._of} to the shared cache")
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)
