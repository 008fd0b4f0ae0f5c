"""`oms housekeep`: throw away what is over; for a job that runs daily."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson
from rich.table import Table

from app.commands.database import database_of, require_newest
from app.commands.terminal import notes, out
from app.persistence.database import Database
from app.persistence.housekeeping import sweep
from app.ports.search_index import SinkDown
from app.sinks import graph_store, search_index

if TYPE_CHECKING:
    from app.settings import Settings

TOMBSTONE_DAYS = 30  # after which no late write can undo a deletion
INDEX_DAYS = 1  # that an index is kept which a new one replaced
ENGINE_SECONDS = 60.0

WORDS = {
    "tombstones": "tombstones removed from the search index",
    "graph_tombstones": "tombstones removed from the graph database",
    "indices": "indices removed that were replaced more than a day ago",
    "dead_letters": "dead letters removed that were refused last more than 30 days ago",
    "outbox": "events removed from the outbox",
    "idempotency_keys": "idempotency keys removed",
    "stale_change_sets": "open change sets that nobody touched for 30 days",
}


def housekeep(settings: Settings, *, json: bool) -> None:
    """Sweep once, and say what went."""
    with database_of(settings) as reached:
        require_newest(reached)
        told = asyncio.run(_swept(reached))
    if json:
        out.print(orjson.dumps(told).decode(), soft_wrap=True)
        return
    table = Table("what", "how many", title="Housekeeping", title_justify="left")
    for name, count in told.items():
        table.add_row(WORDS[name], f"{count:,}")
    out.print(table)


async def _swept(settings: Settings) -> dict[str, int]:
    relayed, seconds, now = bool(settings.kafka_broker), settings.limits.idempotency_seconds, datetime.now(UTC)
    buried, replaced = now - timedelta(days=TOMBSTONE_DAYS), now - timedelta(days=INDEX_DAYS)
    async with (
        Database.opened(settings.database_url or "", size=2) as database,
        search_index(settings, seconds=ENGINE_SECONDS) as index,
        graph_store(settings, seconds=ENGINE_SECONDS) as graph,
    ):
        swept = (await sweep(database, relayed=relayed, idempotency_seconds=seconds)).told()
        try:
            if index is not None:
                swept["tombstones"] = await index.forget(buried)
                swept["indices"] = len(old := await index.unsearched(replaced))
                for name in old:
                    await index.drop(name)
        except SinkDown:
            notes.print("[yellow]The search index does not answer: what is over there stays until next time.[/]")
        try:
            if graph is not None:
                swept["graph_tombstones"] = await graph.forget(buried)
        except SinkDown:
            notes.print("[yellow]The graph database does not answer: its tombstones stay until next time.[/]")
        return swept
