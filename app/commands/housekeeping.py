"""`oms housekeep`: throw away what is over; for a job that runs daily."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from rich.table import Table

from app.commands.database import database_of, require_newest
from app.commands.terminal import out
from app.persistence.database import Database
from app.persistence.housekeeping import Swept, sweep

if TYPE_CHECKING:
    from app.settings import Settings

WORDS = {
    "outbox": "events removed from the outbox",
    "idempotency_keys": "idempotency keys removed",
    "stale_change_sets": "open change sets that nobody touched for 30 days",
}


def housekeep(settings: Settings, *, json: bool) -> None:
    """Sweep once, and say what went."""
    with database_of(settings) as reached:
        require_newest(reached)
        swept = asyncio.run(_swept(reached))
    if json:
        out.print(orjson.dumps(swept.told()).decode(), soft_wrap=True)
        return
    table = Table("what", "how many", title="Housekeeping", title_justify="left")
    for name, count in swept.told().items():
        table.add_row(WORDS[name], f"{count:,}")
    out.print(table)


async def _swept(settings: Settings) -> Swept:
    async with Database.opened(settings.database_url or "", size=2) as database:
        return await sweep(database, relayed=bool(settings.kafka_broker), idempotency_seconds=settings.limits.idempotency_seconds)
