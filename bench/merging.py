"""10,000 operations in one go: how long, how much memory, and for how long others wait.

By the service, with an eye on the lock; then over HTTP, as `applyChanges` and as `mergeChangeSet` of what was staged, while
another client reads. A pause of the loop is told beside the longest one without a merge, since others may hold the cores.

python -m bench merging
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psutil

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.persistence.database import Database, Transaction
from app.services.change_sets import ChangeSets
from bench.http import Client
from bench.load import HISTORY
from bench.stage import Api, Row, api, database

AUTHOR = Actor("bench", "Bench", frozenset({Role.EDITOR}))
TYPES, PROPERTIES = 2_000, 4
MIB = 1024 * 1024
IDLE = 5  # seconds
MERGE = """
mutation ($rid: ID!) {
  mergeChangeSet(input: { rid: $rid }) { __typename ... on MergeChangeSetPayload { revision affectedCount } }
}
"""
APPLY = """
mutation ($input: ApplyChangesInput!) {
  applyChanges(input: $input) { __typename ... on ApplyChangesPayload { revision affectedCount } }
}
"""


class Timed(Database):
    """Knows for how long its last transaction lasted, which holds the ontology's row from its beginning to its end."""

    held = processor = 0.0

    @asynccontextmanager
    async def writing(self, **options: Any) -> AsyncIterator[Transaction]:
        began = time.perf_counter()
        async with super().writing(**options) as work:
            server = psutil.Process(work.connection.get_server_pid())
            spent = sum(server.cpu_times()[:2])
            yield work
        self.held, self.processor = time.perf_counter() - began, sum(server.cpu_times()[:2]) - spent


def operations(name: str) -> list[Operation]:
    """2,000 object types with four properties each."""
    made = []
    for number in range(TYPES):
        ref = f"t{number}"
        words = {"apiName": f"{name}{number}", "displayName": f"{name} {number}", "primaryKey": f"ref:{ref}.0"}
        made.append(Operation(Verb.CREATE, Kind.OBJECT_TYPE, ref=ref, fields=words))
        for place in range(PROPERTIES):
            own = {
                "apiName": f"property{place}",
                "displayName": f"Property {place}",
                "objectType": f"ref:{ref}",
                "type": {"base": "STRING"},
            }
            made.append(Operation(Verb.CREATE, Kind.PROPERTY, ref=f"{ref}.{place}", fields=own))
    return made


class Watched:
    """What an API process does while it is asked for something large, and another client reads all the while."""

    def __init__(self, served: Api) -> None:
        self._served = served
        self.took = self.longest = self.processor = self.waited = 0.0
        self.peak = 0

    async def during(self, work: Any) -> Any:
        """The answer to it."""
        pauses = self._served.pauses
        pauses[0] = pauses[1] = 0.0
        began, task = time.perf_counter(), asyncio.ensure_future(work)
        reader = await Client(self._served.port, self._served.token).open()
        asked = reader.encoded(HISTORY)
        while not task.done():
            sent = time.perf_counter()
            await reader.send(asked)
            self.waited = max(self.waited, time.perf_counter() - sent)
            self.peak = max(self.peak, self._served.memory())
            await asyncio.wait([task], timeout=0.02)
        reader.close()
        self.took = time.perf_counter() - began
        self.longest, self.processor = pauses[0], pauses[1]
        return task.result()


async def by_service(opened: Database) -> list[Row]:
    """Time, and how much of it under the lock, without HTTP."""
    timed = Timed(opened.pool)
    change_sets = ChangeSets(timed)
    change_set = await change_sets.open(AUTHOR, "main", title="Ten thousand", operations=operations("Served"))
    began, spent = time.perf_counter(), time.process_time()
    merged = await change_sets.merge(AUTHOR, change_set.rid)
    took, spent = time.perf_counter() - began, time.process_time() - spent
    return [
        Row(
            f"a merge of {len(merged.changes):,} operations, by the service", f"{took:.1f} s", "≤ 10 s (beyond: 3 s)", took <= 10,
            f"{spent:.1f} s of our CPU", why="others held the cores, or PostgreSQL's disk is slow.",
        ),
        Row(
            "… of it with the ontology locked", f"{timed.held:.1f} s", "≤ 2 s", timed.held <= 2, f"{timed.processor:.1f} s of PostgreSQL's CPU",
            why="PostgreSQL writes some 100,000 rows with their indexes and checks in that time, and others held the cores.",
        ),
    ]  # fmt: skip


def told(name: str, watched: Watched, idle: Watched) -> list[Row]:
    """The rows of one large request over HTTP."""
    floor = f"without a merge: {idle.longest * 1e3:.0f} ms, {idle.processor * 1e3:.0f} ms of CPU"
    return [
        Row(f"10,000 operations over HTTP, {name}", f"{watched.took:.1f} s", "≤ 10 s (beyond: 3 s)", watched.took <= 10, why="as above."),
        Row("… memory of the process at its peak", f"{watched.peak / MIB:.0f} MiB", "≤ 500 MiB", watched.peak <= 500 * MIB, f"before: {idle.peak / MIB:.0f} MiB"),
        Row(
            "… longest pause of the event loop", f"{watched.longest * 1e3:.0f} ms, {watched.processor * 1e3:.0f} ms of CPU", "≤ 50 ms",
            watched.longest <= 0.05, floor, why="where it is longer than the loop's own CPU, the thread or another process had the core meanwhile.",
        ),
        Row("… longest wait of who reads meanwhile", f"{watched.waited * 1e3:.0f} ms", "-", None, f"without a merge: {idle.waited * 1e3:.0f} ms"),
    ]  # fmt: skip


async def measure() -> list[Row]:
    """By the service, then both ways over HTTP."""
    async with database() as (opened, url):
        made = await by_service(opened)
        staged = await ChangeSets(opened).open(AUTHOR, "main", title="Ten thousand", operations=operations("Staged"))
        async with api(url, watched=True) as served:
            client = await Client(served.port, served.token).open()
            idle, applying, merging = Watched(served), Watched(served), Watched(served)
            await idle.during(asyncio.sleep(IDLE))
            words = [{"verb": "CREATE", "kind": each.kind.name, "ref": each.ref, "fields": each.fields} for each in operations("Applied")]
            answer = await applying.during(client.ask(APPLY, {"input": {"ontology": "main", "operations": words}}))
            assert answer["applyChanges"]["affectedCount"] == len(words), answer
            answer = await merging.during(client.ask(MERGE, {"rid": staged.rid}))
            assert answer["mergeChangeSet"]["affectedCount"] == len(words), answer
            client.close()
    return [*made, *told("applyChanges", applying, idle), *told("mergeChangeSet", merging, idle)]
