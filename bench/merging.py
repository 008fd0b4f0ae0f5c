"""A merge of 10,000 operations: how long, how much memory, and how long the event loop is held at most.

python -m bench merging
"""

from __future__ import annotations

import asyncio
import resource
import time

import psutil

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.services.change_sets import ChangeSets
from bench.stage import Row, database

AUTHOR = Actor("bench", "Bench", frozenset({Role.EDITOR}))
TYPES, PROPERTIES = 2_000, 4
MIB = 1024 * 1024


def operations() -> list[Operation]:
    """2,000 object types with four properties each."""
    made = []
    for number in range(TYPES):
        ref = f"t{number}"
        words = {"apiName": f"Type{number}", "displayName": f"Type {number}", "primaryKey": f"ref:{ref}.0"}
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


async def longest_pause(done: asyncio.Event) -> float:
    """Seconds for which the loop was held at most, until the event."""
    worst, last = 0.0, time.perf_counter()
    while not done.is_set():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        worst, last = max(worst, now - last - 0.001), now
    return worst


async def measure() -> list[Row]:
    """Stage, then merge, with an eye on the loop."""
    async with database() as (opened, _):
        change_sets = ChangeSets(opened)
        change_set = await change_sets.open(AUTHOR, "main", title="Ten thousand", operations=operations())
        before = psutil.Process().memory_info().rss
        done = asyncio.Event()
        pause = asyncio.create_task(longest_pause(done))
        began = time.perf_counter()
        merged = await change_sets.merge(AUTHOR, change_set.rid)
        took = time.perf_counter() - began
        done.set()
        worst = await pause
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    count = len(merged.changes)
    return [
        Row(f"a merge of {count:,} operations", f"{took:.1f} s", "≤ 10 s (beyond: 3 s)", took <= 10),
        Row(
            "… memory of the process at its peak",
            f"{peak / MIB:.0f} MiB ({(peak - before) / MIB:.0f} MiB of it by the merge)",
            "≤ 500 MiB",
            peak <= 500 * MIB,
        ),
        Row("… longest pause of the event loop", f"{worst * 1000:.0f} ms", "≤ 50 ms", worst <= 0.05),
    ]
