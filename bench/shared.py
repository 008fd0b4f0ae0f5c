"""What presence costs PostgreSQL with Redis and without: `python -m bench.shared DATABASE_URL [REDIS_URL]`, on a database of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from uuid import uuid4

from app.bootstrap import seats, shared_by_processes
from app.domain.actor import Actor, Role
from app.domain.presence import Seat
from app.persistence.database import Database
from app.persistence.tail import Tail
from app.services.change_sets import ChangeSets
from app.services.live import Live
from app.settings import Settings

PROCESSES = 4
WORDS = 200
EDITOR = Actor("edith", "Edith", frozenset({Role.EDITOR}))
_COUNTED = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"


async def measured(url: str, redis: str | None) -> str:
    """Transactions of PostgreSQL and CPU of us, while people say what they look at, each heard by all."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.opened(url, size=10))
        change_set = (await ChangeSets(database).open(EDITOR, "main", title="Together")).rid
        seatings, streams = [], []
        for number in range(PROCESSES):
            seating = await stack.enter_async_context(
                seats(database, await stack.enter_async_context(shared_by_processes(Settings(redis_url=redis), database)))
            )
            tail = await stack.enter_async_context(Tail.opened(url, database))
            await seating.arrive(Seat(str(uuid4()), change_set, f"a{number}", "", datetime.now(UTC)))
            streams.append((await Live(tail, database, resume_events=10, seating=seating).presence(change_set)).stream)
            seatings.append(seating)
        before, cpu, began = await counted(database), time.process_time(), time.perf_counter()
        for word in range(WORDS):
            who = Actor(f"a{word % PROCESSES}", "", frozenset({Role.EDITOR}))
            ends = [stream.cursor for stream in streams]
            await seatings[word % PROCESSES].look_at(who, change_set, None, str(word))
            await asyncio.gather(*(stream.beyond(end) for stream, end in zip(streams, ends, strict=True)))
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
        spent = await counted(database) - before
    return f"{'with Redis' if redis else 'without'}: {spent / WORDS:.1f} transactions, {1000 * cpu / WORDS:.1f} ms CPU, {1000 * took / WORDS:.1f} ms a word that {PROCESSES} processes hear"


async def counted(database: Database) -> int:
    """Transactions of the database so far."""
    await asyncio.sleep(1.5)  # its statistics are told late
    found: int = await database.pool.fetchval(_COUNTED)
    return found


if __name__ == "__main__":
    for given in (None, *sys.argv[2:]):
        print(asyncio.run(measured(sys.argv[1], given)))
