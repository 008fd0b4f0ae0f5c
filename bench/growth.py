"""What a large ontology costs: the rates of mutations and of the editor's page at 2,000 and at 100,000 object types, by turns, in one run.

OMS_BENCH_TYPES gives another size.

python -m bench growth
"""

from __future__ import annotations

import os
from contextlib import AsyncExitStack

from app.persistence.database import Database
from bench.editor import PAGE
from bench.flood import Job, flooded, post
from bench.load import apart, closed
from bench.ontology import fill
from bench.reads import ANEW
from bench.stage import Row, api, database

SMALL, LARGE = 2_000, int(os.environ.get("OMS_BENCH_TYPES", "100000"))
CLIENTS = 8
ROUNDS = 4
SECONDS = 4
WARM = 1
BOUND = 1.2
_SCANS = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY ($1::text[])"
GROWING = (
    "entity",
    "entity_version",
    "entity_reference",
    "entity_name",
    "change",
    "change_set",
    "operation",
    "audit_log",
    "outbox",
    "revision",
)


async def _scans(opened: Database) -> dict[str, int]:
    await opened.pool.fetch("SELECT pg_stat_force_next_flush()")
    return {row["relname"]: row["seq_scan"] for row in await opened.pool.fetch(_SCANS, list(GROWING))}


async def measure() -> list[Row]:
    """Both sizes on servers of their own, each with an API process."""
    async with AsyncExitStack() as stack:
        served, opened = {}, {}
        for size in (SMALL, LARGE):
            opened[size], url = await stack.enter_async_context(database())
            await fill(opened[size], size)
            served[size] = await stack.enter_async_context(api(url))
            await apart(closed, served[size], CLIENTS, WARM)
        before = await _scans(opened[LARGE])
        rates = dict.fromkeys(served, 0.0)
        spent = {size: each.processor() for size, each in served.items()}
        for _ in range(ROUNDS):
            for size, each in served.items():
                rates[size] += await apart(closed, each, CLIENTS, SECONDS) / ROUNDS
        spent = {size: (each.processor() - spent[size]) / (rates[size] * ROUNDS * SECONDS) for size, each in served.items()}
        pages = dict.fromkeys(served, 0.0)
        for _ in range(ROUNDS):
            for size, each in served.items():
                headers = {"authorization": f"Bearer {each.token}", "accept": "application/json"}
                pages[size] += (await flooded(Job(each.port, post(PAGE, ANEW, headers), SECONDS, CLIENTS))).rate / ROUNDS
        scanned = {name for name, count in (await _scans(opened[LARGE])).items() if count > before[name]}
    ratio, slower = rates[SMALL] / rates[LARGE], pages[SMALL] / pages[LARGE]
    return [
        Row(
            f"growth of reads: a page of 50 object types with what belongs to them, at {LARGE:,} object types, nothing cached",
            f"{pages[LARGE]:.0f} a second",
            "time ≤ 1.2x (beyond: 1.05x)",
            slower <= BOUND,
            f"at {SMALL:,}: {pages[SMALL]:.0f} a second",
            f"{slower:.2f}x",
            "the larger tables no longer fit PostgreSQL's buffers.",
        ),
        Row(
            f"growth of writes: mutations at {LARGE:,} object types",
            f"{rates[LARGE]:.0f} a second ({spent[LARGE] * 1e3:.1f} ms of CPU each)",
            "time ≤ 1.2x (beyond: 1.05x)",
            ratio <= BOUND,
            f"at {SMALL:,}: {rates[SMALL]:.0f} a second ({spent[SMALL] * 1e3:.1f} ms)",
            f"{ratio:.2f}x",
            "the larger tables no longer fit PostgreSQL's buffers.",
        ),
        Row(
            f"… tables that a mutation or the page scans whole at {LARGE:,} object types",
            ", ".join(sorted(scanned)) or "none",
            "none",
            not scanned,
            why="a statement finds no index.",
        ),
    ]
