"""Reads, searches and mutations together, at a fixed rate, on one API process: how long the slower answers take.

80 % reads (an object type with its properties, pages of lists), 15 % searches, 5 % creations of an object type with five
properties, on an ontology of 2,000 object types. Requests come when they are due, whether or not others are answered.

python -m bench mixed
"""

from __future__ import annotations

from bench.load import Waits, apart, open_
from bench.ontology import fill
from bench.stage import Row, api, database

TYPES = 2_000
SECONDS = 10
WARM = 3  # seconds
WANTED, BEYOND = 200, 1_000  # requests a second
LATEST = 0.05  # seconds


async def measure() -> list[Row]:
    """At the rate that is wanted, then at the one beyond."""
    async with database() as (opened, url):
        await fill(opened, TYPES, properties=5)
        async with api(url) as served:
            await apart(open_, served, WANTED / 2, WARM, TYPES)
            found = []
            for rate in (WANTED, BEYOND):
                before = served.processor()
                waits: Waits = await apart(open_, served, rate, SECONDS, TYPES)
                found.append((rate, waits, (served.processor() - before) / len(waits.seconds)))
    made = []
    for rate, waits, spent in found:
        late = waits.percentile(0.95)
        held = late < LATEST and not waits.failed
        made.append(
            Row(
                f"{rate:,} requests a second, mixed, one API process: p95",
                f"{late * 1e3:.0f} ms (p50 {waits.percentile(0.5) * 1e3:.0f}, p99 {waits.percentile(0.99) * 1e3:.0f})",
                f"< 50 ms{'' if rate == WANTED else ' (beyond)'}",
                held,
                f"{waits.rate:.0f} answers a second, {waits.failed} refused or late; {spent * 1e3:.1f} ms of the process's CPU each",
                why=f"{waits.rate:.0f} a second were answered of the {rate:,} that came. A process answers on one core, and an answer takes {spent * 1e3:.1f} ms of it: "
                f"at most {1 / spent:,.0f} a second, were PostgreSQL and the client on other cores than these. More processes answer more.",
            )
        )
    return made
