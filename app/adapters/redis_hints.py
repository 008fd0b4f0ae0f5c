"""Hints between processes by Redis: that something has changed and what, never how. A lost one costs time and nothing else."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from app.adapters.redis_pool import FAILURES
from app.ending import ended
from app.observability.metrics import REDIS_LISTENING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from redis.asyncio.client import PubSub

    from app.adapters.redis_pool import RedisPool

SILENCE = 10.0  # seconds after which a listener asks whether anybody is there; after twice of it, it connects again
LONGEST_PAUSE = 2.0  # seconds between two attempts to connect
MORE = 4  # attempts that each double the pause

log = structlog.get_logger(__name__)


class RedisHints:
    """Hears what is published on one channel as `TOPIC KEY`, for all topics of a process."""

    def __init__(self, pool: RedisPool, channel: str, *, silence: float = SILENCE) -> None:
        self.channel = channel
        self._pool = pool
        self._silence = silence
        self._topics: dict[str, Callable[[str], None]] = {}
        self._missed: list[Callable[[], None]] = []

    def follow(self, topic: str, changed: Callable[[str], None], missed: Callable[[], None]) -> None:
        """Call `changed` with the key of each hint, and `missed` when some may have been missed."""
        self._topics[topic] = changed
        self._missed.append(missed)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[RedisHints]:
        """Listen until the block ends."""
        listening = asyncio.create_task(self._run(), name="hints by Redis")
        self._pool.breaker.closed.append(self._may_have_missed)
        try:
            yield self
        finally:
            self._pool.breaker.closed.remove(self._may_have_missed)
            await ended(listening)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                async with self._pool.listening() as listener:
                    await listener.subscribe(self.channel)
                    failures = 0
                    await self._listen(listener)
            except FAILURES as lost:
                if not failures:
                    log.warning("Redis is not heard, and is listened to again when it answers.", reason=type(lost).__name__)
                failures += 1
            finally:
                REDIS_LISTENING.set(0)
            await asyncio.sleep(min(LONGEST_PAUSE, 0.1 * 2 ** min(failures, MORE)) * random.uniform(0.5, 1))  # noqa: S311 - spreads processes, no secret

    async def _listen(self, listener: PubSub) -> None:
        silent = 0
        while silent <= 1:
            said = await listener.get_message(timeout=self._silence)
            if said is None:
                silent += 1
                await listener.ping()
                continue
            silent = 0
            if said["type"] == "subscribe":
                REDIS_LISTENING.set(1)
                self._may_have_missed()
            elif said["type"] == "message":
                self._heard(said["data"])

    def _heard(self, said: bytes) -> None:
        topic, _, key = said.decode(errors="replace").partition(" ")
        if topic in self._topics:
            self._topics[topic](key)

    def _may_have_missed(self) -> None:
        for each in self._missed:
            each()
