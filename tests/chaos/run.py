"""One run: people work, things break, the storm ends, and the judge looks."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx2

from app.domain.definition import Status
from app.persistence.sinks import SINKS, behind
from tests.chaos.faults import ALL, Fault, storm
from tests.chaos.following import Follower
from tests.chaos.judge import CONVERGES, Watch, judged, recoveries
from tests.chaos.ledger import Ledger, Verdict
from tests.chaos.workload import APPLY, Editor, creation
from tests.chaos.world import Servers, World, world

PHASES = ("started in", "storm of", "recovered in", "judged in")


@dataclass(frozen=True)
class Scenario:
    """What happens, and for how long."""

    seconds: float = 15.0
    editors: int = 4
    readers: int = 1
    rest: float = 0.15  # seconds between two steps of an editor, on average
    large: int = 0  # properties of large creations
    faults: Sequence[Fault] = ALL
    fault_rest: float = 0.5
    delays: tuple[tuple[str, float], ...] = ()  # of links, all the time
    converges: float = CONVERGES
    poison: bool = False  # the indices refuse documents of one status
    breaks_servers: bool = False  # which it must have for itself
    count: int = 2  # of each process
    waits: float = 0.0  # seconds at most until the views have what is there at first, so that it can be lost


@dataclass
class Report:
    """What came of it."""

    seed: int
    bug: str
    verdict: Verdict
    told: int
    refused: int
    resent: int
    reads: int
    faults: Counter[str]
    converged: float  # seconds
    recoveries: list[tuple[str, float]]
    revived: int  # processes that ended by themselves and were started again
    load: float  # of the machine, over the last minute
    passed: dict[str, int]  # bytes, through the proxy before each server
    phases: dict[str, float]  # seconds of each, in their order
    seconds: float

    @property
    def line(self) -> str:
        """For people."""
        return (
            f"seed {self.seed}: {self.told} mutations told, {self.refused} refused, {self.resent} sent again, {self.reads} reads, "
            f"{sum(self.faults.values())} faults, slowest recovery {self.slowest}, views equal after {self.converged:.1f} s, "
            f"{self.seconds:.0f} s ({', '.join(f'{name} {spent:.0f}' for name, spent in self.phases.items())}) at a load of {self.load:.0f}: {self.verdict}"
        )

    @property
    def slowest(self) -> str:
        """The recovery that took longest, and what recovered."""
        name, seconds = max(self.recoveries, key=lambda each: each[1], default=("", 0.0))
        return f"{seconds:.1f} s ({name})" if name else "-"


async def run(servers: Servers, seed: int, scenario: Scenario, *, bug: str = "", together: bool = True) -> Report:
    """Do it."""
    began, random = time.monotonic(), Random(seed)
    marks = [began]
    async with world(servers, bug=bug, together=together, poison=scenario.poison, count=scenario.count) as made:
        marks.append(time.monotonic())
        ledger = Ledger()
        pairs, groups = await _pairs(made), await _groups(made)
        if made.poison:
            await _example(made)
        await _viewed(made, scenario.waits)
        followers = [
            Follower(name, made.addresses, made.token, Random(random.random()), "1.0") for name in made.ontologies for _ in range(2)
        ]
        watch = Watch(made)
        beside = [asyncio.create_task(each.follow()) for each in followers]
        looking = asyncio.create_task(watch.look())
        for name, delay in scenario.delays:
            made.links[name].delay = delay
        editors = [
            Editor(number, made.addresses, made.token, ledger, Random(random.random()), pairs, groups, scenario.large)
            for number in range(scenario.editors + scenario.readers)
        ]
        until = time.monotonic() + scenario.seconds
        reading = [each.read(until) for each in editors[scenario.editors :]]
        working = asyncio.gather(*reading, *(each.work(until, scenario.rest) for each in editors[: scenario.editors]))
        await storm(made, random, until, scenario.faults, scenario.fault_rest)
        marks.append(time.monotonic())
        for link in (*made.links.values(), *made.fronts):
            link.heal()
        await working
        await asyncio.gather(*made.recovering.values())
        looking.cancel()
        marks.append(time.monotonic())
        verdict, took = await judged(made, ledger, followers, watch, seconds=scenario.converges)
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, looking, return_exceptions=True)
        marks.append(time.monotonic())
        phases = {name: end - start for name, start, end in zip(PHASES, marks, marks[1:], strict=False)}
        return Report(
            seed, bug, verdict, len(ledger.told), len(ledger.refused), sum(each.tries > 1 for each in ledger.told), ledger.reads,
            Counter(made.done), took, recoveries(made), len(made.revived), os.getloadavg()[0], {name: link.passed for name, link in made.links.items()}, phases,
            time.monotonic() - began,
        )  # fmt: skip


async def _viewed(made: World, seconds: float) -> None:
    """However late a busy machine lets the workers begin; where a bug keeps a view back, it begins without."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        async with made.database.reading() as snapshot:
            if not [rid for sink in SINKS for rid in await behind(snapshot, sink)]:
                return
        await asyncio.sleep(0.2)


async def _pairs(made: World) -> list[tuple[str, str]]:
    """Object types that always say the same as their first property."""
    pairs = []
    for number in range(2):
        operations = creation(f"pair-{number}", 1)
        operations[1]["fields"]["description"] = operations[0]["fields"]["description"]
        refs = await _applied(made, "main", operations)
        pairs.append((refs["o"], refs["o.p0"]))
    return pairs


async def _example(made: World) -> None:
    """An object type whose document is refused from the beginning, whatever editors come to do."""
    operations = creation("example", 1)
    operations[0]["fields"]["status"] = Status.EXAMPLE.value
    await _applied(made, "main", operations)


async def _groups(made: World) -> dict[str, list[str]]:
    """Three type groups in each ontology."""
    operations = [
        {"verb": "CREATE", "kind": "TYPE_GROUP", "ref": f"g{n}", "fields": {"apiName": f"group-{n}", "displayName": f"G{n}"}}
        for n in range(3)
    ]
    return {name: sorted((await _applied(made, name, operations)).values()) for name in made.ontologies}


async def _applied(made: World, ontology: str, operations: list[dict[str, Any]]) -> dict[str, str]:
    async with httpx2.AsyncClient(trust_env=False, timeout=30, headers={"authorization": f"Bearer {made.token}"}) as client:
        asked = {"query": APPLY, "variables": {"i": {"ontology": ontology, "operations": operations}}}
        refs: dict[str, str] = (await client.post(f"{made.addresses[0]}/graphql", json=asked)).json()["data"]["applyChanges"]["refs"]
    return refs
