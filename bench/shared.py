"""What presence and followed locks cost PostgreSQL with Redis and without: `python -m bench.shared DATABASE_URL [REDIS_URL]`.

The database is one of its own, migrated and with the ontology `main`; several processes are as many readers of the log in one.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from app.bootstrap import held, seats, shared_by_processes
from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.domain.presence import Seat
from app.persistence.database import Database
from app.persistence.tail import Tail
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.live import Live
from app.services.locks import Locks
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from app.services.seating import Seating

PROCESSES = 4
TIMES = 200
EDITOR = Actor("edith", "Edith", frozenset({Role.EDITOR}))
_COUNTED = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"


@dataclass
class Process:
    """What one of them has open."""

    seating: Seating
    locks: Locks
    live: Live


@asynccontextmanager
async def processes(database: Database, url: str, redis: str | None) -> AsyncIterator[list[Process]]:
    """As many as are asked for, each with a reader of the log."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(PROCESSES):
            common = await stack.enter_async_context(shared_by_processes(Settings(redis_url=redis), database))
            tail = await stack.enter_async_context(Tail.opened(url, database))
            seating = await stack.enter_async_context(seats(database, common))
            holding = await stack.enter_async_context(held(database, common, tail))
            made.append(
                Process(seating, Locks(database, holding), Live(tail, database, resume_events=10, seating=seating, holding=holding))
            )
        yield made


async def words(database: Database, made: list[Process]) -> str:
    """Somebody says what they look at, and all hear it."""
    change_set = (await ChangeSets(database).open(EDITOR, "main", title="Together")).rid
    streams = []
    for number, each in enumerate(made):
        await each.seating.arrive(Seat(str(uuid4()), change_set, f"a{number}", "", datetime.now(UTC)))
        streams.append((await each.live.presence(change_set)).stream)

    async def once(time_: int) -> None:
        who = Actor(f"a{time_ % PROCESSES}", "", frozenset({Role.EDITOR}))
        ends = [stream.cursor for stream in streams]
        await made[time_ % PROCESSES].seating.look_at(who, change_set, None, str(time_))
        await asyncio.gather(*(stream.beyond(end) for stream, end in zip(streams, ends, strict=True)))

    return await measured(database, once)


async def merges(database: Database, made: list[Process]) -> str:
    """Somebody merges, while every process follows the locks of the ontology."""
    for each in made:
        await each.live.locks("main")
    kept = [(await each.live.locks("main")).stream for each in made]  # or nobody follows
    await asyncio.sleep(5)

    async def once(_: int) -> None:
        fields = {"apiName": f"g{uuid4().hex}", "displayName": "Group"}
        merged = await Editing(database).apply(EDITOR, "main", [Operation(Verb.CREATE, Kind.TYPE_GROUP, fields=fields)])
        await asyncio.gather(*(each.live.tail.reached(merged.ontology, merged.revision, within=10) for each in made))

    told = await measured(database, once)
    assert len(kept) == PROCESSES
    return told


async def measured(database: Database, once: Callable[[int], Awaitable[None]]) -> str:
    """Transactions of PostgreSQL, CPU of ours and the time of each."""
    before, cpu, began = await counted(database), time.process_time(), time.perf_counter()
    for number in range(TIMES):
        await once(number)
    cpu, took = time.process_time() - cpu, time.perf_counter() - began
    spent = await counted(database) - before
    return f"{spent / TIMES:.1f} transactions, {1000 * cpu / TIMES:.1f} ms CPU, {1000 * took / TIMES:.1f} ms each"


async def counted(database: Database) -> int:
    """Transactions of the database so far."""
    await asyncio.sleep(1.5)  # its statistics are told late
    found: int = await database.pool.fetchval(_COUNTED)
    return found


async def main(url: str, redis: str | None) -> None:
    """Both, one after the other."""
    async with Database.opened(url, size=10) as database:
        for what in (words, merges):
            async with processes(database, url, redis) as made:
                print(f"{what.__name__} {'with' if redis else 'without'} Redis: {await what(database, made)}")


if __name__ == "__main__":
    for given in (None, *sys.argv[2:]):
        asyncio.run(main(sys.argv[1], given))
