"""What is thrown away when its time is over: events that were sent, and answers to requests that nobody sends again.

The log, versions, audit and change sets are never deleted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.persistence.database import Database

DAY = 86_400.0
OUTBOX_SECONDS = 8 * DAY  # a day longer than the topics keep them
DEAD_SECONDS = 30 * DAY  # after which a refusal is told no more; the entity's status says PENDING or INDEXED again
STALE_SECONDS = 30 * DAY  # in which nobody touched an open change set
BATCH = 5_000  # rows of one transaction

_OUTBOX = """
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox WHERE {sent} < now() - $1 * interval '1 second' ORDER BY id LIMIT $2
    ) RETURNING 1
"""
_KEYS = """
    DELETE FROM idempotency_key WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_key WHERE created_at < now() - $1 * interval '1 second' ORDER BY created_at LIMIT $2
    )) RETURNING 1
"""
_DEAD = """
    DELETE FROM dead_letter WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM dead_letter WHERE last_at < now() - $1 * interval '1 second' ORDER BY last_at LIMIT $2
    )) RETURNING 1
"""
_STALE = "SELECT count(*) FROM change_set WHERE status = 'OPEN' AND updated_at < now() - $1 * interval '1 second'"


@dataclass(frozen=True)
class Swept:
    """How many rows went, and how many open change sets nobody has touched for a month: these are told of and stay."""

    outbox: int
    idempotency_keys: int
    dead_letters: int
    stale_change_sets: int

    def told(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


async def sweep(database: Database, *, relayed: bool, idempotency_seconds: float, batch: int = BATCH) -> Swept:
    """Delete what is over, in transactions of at most `batch` rows, so that no writer waits for long.

    Where the outbox is `relayed`, only what was published goes, however old the rest is; where nobody reads it, what was
    written long enough ago.
    """
    outbox = _OUTBOX.format(sent="published_at" if relayed else "created_at")
    return Swept(
        sum([count async for count in _deleted(database, outbox, OUTBOX_SECONDS, batch)]),
        sum([count async for count in _deleted(database, _KEYS, idempotency_seconds, batch)]),
        sum([count async for count in _deleted(database, _DEAD, DEAD_SECONDS, batch)]),
        await _stale(database),
    )


async def _deleted(database: Database, sql: str, seconds: float, batch: int) -> AsyncIterator[int]:
    while True:
        async with database.writing(long=True) as work:
            count = len(await work.fetch(sql, seconds, batch))
        yield count
        if count < batch:
            return


async def _stale(database: Database) -> int:
    async with database.reading() as snapshot:
        return int(await snapshot.fetchval(_STALE, STALE_SECONDS))
