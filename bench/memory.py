"""Memory of an API process over an ontology of 100,000 object types, under a mixed load: how much, and whether it grows.

OMS_BENCH_SECONDS says for how long (3600 for the hour of the target), OMS_BENCH_TYPES another size, OMS_BENCH_RATE another rate: a process that is
asked more than it can answer holds what waits, and that is another figure. The growth is told of the second half, when caches are full.

python -m bench memory
"""

from __future__ import annotations

import asyncio
import os

from bench.load import apart, open_
from bench.ontology import fill
from bench.stage import Row, api, database

TYPES = int(os.environ.get("OMS_BENCH_TYPES", "100000"))
SECONDS = float(os.environ.get("OMS_BENCH_SECONDS", "90"))
RATE = float(os.environ.get("OMS_BENCH_RATE", "40"))  # requests a second: what the process takes even beside the others of a small machine
SHARE = 1 / 100
MIB = 1024 * 1024
MOST, FLAT = 400, 10  # MiB


async def measure() -> list[Row]:
    """The resident size all the while."""
    async with database() as (opened, url):
        await fill(opened, TYPES, linked=True)
        async with api(url) as served:
            idle = served.memory()
            load = asyncio.create_task(apart(open_, served, RATE, SECONDS, TYPES))
            sizes = [idle]
            while not load.done():
                await asyncio.wait([load], timeout=SECONDS * SHARE)
                sizes.append(served.memory())
            waits = await load
    half = len(sizes) // 2
    peak, grown = max(sizes) / MIB, (sizes[-1] - sizes[half]) / MIB
    return [
        Row(
            f"memory of an API process with {TYPES:,} object types, {SECONDS:.0f} s of mixed load, {RATE:g} requests a second",
            f"{peak:.0f} MiB at most",
            "≤ 400 MiB",
            peak <= MOST,
            f"{idle / MIB:.0f} MiB before the load; {waits.rate:.0f} answers a second, {waits.failed} refused or late",
            why="caches and their entries are larger than was allowed for.",
        ),
        Row("… growth in the second half", f"{grown:+.1f} MiB", "flat: < 10 MiB", grown < FLAT, why="something is still growing."),
    ]
