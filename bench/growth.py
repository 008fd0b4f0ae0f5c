"""What a large ontology costs: reads and mutations at 2,000 and at 100,000 object types, by turns, in one run.

The same answers are asked of both, each anew; what they cost is told as time (the rate of eight clients) and as processor time,
PostgreSQL's with the API's, which others on the machine disturb least. OMS_BENCH_TYPES gives another size.

python -m bench growth
"""

from __future__ import annotations

import os
import statistics
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import psutil

from app.persistence.database import Database
from bench.editor import PAGE
from bench.flood import PLACE, TURN, Job, flooded, post
from bench.load import ONE, SEARCH, apart, closed
from bench.ontology import FIRST, fill
from bench.stage import Api, Row, api, database

SMALL, LARGE = 2_000, int(os.environ.get("OMS_BENCH_TYPES", "100000"))
CLIENTS = 8
ROUNDS = 5
SECONDS = 2.0
WARM = 2.0
BOUND, BEYOND = 1.2, 1.05
SOME = f"Type{FIRST // 10 ** len(PLACE)}{PLACE.decode()}"  # any of the object types
TOTALS = "{ ontology { objectTypes(first: 1) { totalCount } properties(first: 1) { totalCount } linkTypes(first: 1) { totalCount } } }"
QUESTIONS: dict[str, tuple[str, dict[str, object]]] = {
    "a page of 50 object types with their properties, links and interfaces": (PAGE, {"first": 50}),
    "one object type by its name": (ONE, {"name": SOME}),
    "totals of three kinds": (TOTALS, {}),
    "a search that finds one": (SEARCH, {"text": SOME}),
}
_SCANS = "SELECT relname, seq_scan, idx_scan, idx_tup_fetch FROM pg_stat_user_tables WHERE relname = ANY ($1::text[])"
MUCH = 1_000  # rows; where an index gives more at once, in the mean, a table is read whole by it
GROWING = (
    "entity", "entity_version", "entity_reference", "entity_name", "entity_search", "change", "change_set", "operation", "audit_log",
    "outbox", "revision",
)  # fmt: skip


@dataclass
class Side:
    """One size, with its servers and what was measured of them."""

    database: Database
    server: psutil.Process  # PostgreSQL
    api: Api
    size: int
    rates: dict[str, list[float]] = field(default_factory=dict)  # a second
    work: dict[str, list[float]] = field(default_factory=dict)  # seconds of CPU each

    def processor(self) -> float:
        """Seconds of CPU that the API process and all of PostgreSQL have used."""
        own = self.server.cpu_times()  # with those of its children that have ended
        running = (each.cpu_times() for each in self.server.children())
        return self.api.processor() + sum(own[:4]) + sum(each.user + each.system for each in running)

    async def ask(self, name: str, seconds: float = SECONDS) -> None:
        """Measure a question for a while."""
        document, variables = QUESTIONS[name]
        headers = {"authorization": f"Bearer {self.api.token}", "accept": "application/json"}
        # A variable that nobody declared is ignored, and makes yet another question.
        request = post(document, {**variables, "turn": TURN.decode()}, headers)
        before = self.processor()
        load = await flooded(Job(self.api.port, request, seconds, CLIENTS, places=self.size - 1))
        assert not load.wrong, f"{load.wrong} answers of another status"
        self._note(name, load.rate, (self.processor() - before) / load.answers)

    async def write(self, name: str, seconds: float = SECONDS) -> None:
        """Measure mutations for a while."""
        before = self.processor()
        rate = await apart(closed, self.api, CLIENTS, seconds)
        self._note(name, rate, (self.processor() - before) / (rate * seconds))

    def _note(self, name: str, rate: float, work: float) -> None:
        self.rates.setdefault(name, []).append(rate)
        self.work.setdefault(name, []).append(work)

    async def scans(self) -> dict[str, tuple[int, int, int]]:
        """How often each table that grows was read whole, how often by an index, and how many of its rows by one."""
        await self.database.pool.fetch("SELECT pg_stat_force_next_flush()")
        return {name: tuple(counts) for name, *counts in await self.database.pool.fetch(_SCANS, list(GROWING))}


async def measure() -> list[Row]:
    """Both sizes on servers of their own, each with an API process; reads first, since mutations make the tables larger."""
    writes = "a mutation: an object type with 5 properties"
    async with AsyncExitStack() as stack:
        sides = [await _side(stack, size) for size in (SMALL, LARGE)]
        for side in sides:
            for name in QUESTIONS:
                await side.ask(name, WARM)
            await side.write(writes, WARM)
        before = await sides[1].scans()
        for side in sides:
            side.rates.clear()
            side.work.clear()
        for name in QUESTIONS:
            for number in range(ROUNDS):
                for side in sides if number % 2 else reversed(sides):
                    await side.ask(name)
        for number in range(ROUNDS):
            for side in sides if number % 2 else reversed(sides):
                await side.write(writes)
        after = await sides[1].scans()
        scanned = [name for name in GROWING if _whole(*(new - old for new, old in zip(after[name], before[name], strict=True)))]
    return [
        *(_row(name, *sides) for name in (*QUESTIONS, writes)),
        Row(
            f"tables that any of these reads whole at {LARGE:,} object types", ", ".join(scanned) or "none", "none", not scanned,
            why="a statement finds no index, or reads more by one than it wants.",
        ),
    ]  # fmt: skip


def _whole(scans: int, lookups: int, rows: int) -> bool:
    return scans > 0 or rows > MUCH * lookups


async def _side(stack: AsyncExitStack, size: int) -> Side:
    opened, url = await stack.enter_async_context(database())
    await fill(opened, size, linked=True)
    backend = psutil.Process(await opened.pool.fetchval("SELECT pg_backend_pid()"))
    server = backend.parent()
    assert server is not None
    return Side(opened, server, await stack.enter_async_context(api(url)), size)


def _row(name: str, small: Side, large: Side) -> Row:
    rates = [statistics.median(side.rates[name]) for side in (small, large)]
    work = [statistics.median(side.work[name]) for side in (small, large)]
    time, cpu = rates[0] / rates[1], work[1] / work[0]
    return Row(
        f"{name}, at {LARGE:,} object types", f"{rates[1]:.0f} a second, {work[1] * 1e3:.2f} ms of CPU each",
        f"≤ {BOUND}x by CPU (beyond: {BEYOND}x)", cpu <= BOUND, f"at {SMALL:,}: {rates[0]:.0f} a second, {work[0] * 1e3:.2f} ms",
        f"{cpu:.2f}x by CPU, {time:.2f}x by time", "where it goes is not found yet.",
    )  # fmt: skip
