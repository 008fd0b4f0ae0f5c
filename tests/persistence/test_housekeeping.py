"""What is over goes, and nothing else."""

from __future__ import annotations

import pytest

from app.persistence.database import Database
from app.persistence.housekeeping import DAY, Swept, sweep
from app.persistence.idempotency import Idempotency
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from tests import given
from tests.given import EDITOR


async def made(database: Database, count: int = 3) -> None:
    """So many revisions, each with three rows in the outbox and a key."""
    editing = Editing(database)
    for number in range(count):
        key = Idempotency(f"key-{number}", "createObjectType", "hash")
        await editing.apply(EDITOR, "main", given.object_type(f"Thing{number}"), idempotency=key)


async def left(database: Database, table: str) -> int:
    return int(await database.pool.fetchval(f"SELECT count(*) FROM {table}"))


async def swept(database: Database, *, relayed: bool = True, batch: int = 100) -> Swept:
    return await sweep(database, relayed=relayed, idempotency_seconds=DAY, batch=batch)


async def test_what_was_published_long_ago_goes_and_what_was_not_published_stays(database: Database) -> None:
    await made(database)
    await database.pool.execute("UPDATE outbox SET created_at = now() - interval '30 days'")
    await database.pool.execute("UPDATE outbox SET published_at = now() - interval '9 days' WHERE revision = 1")
    await database.pool.execute("UPDATE outbox SET published_at = now() - interval '7 days' WHERE revision = 2")

    assert await swept(database) == Swept(outbox=3, idempotency_keys=0, dead_letters=0, stale_change_sets=0)

    assert [row["revision"] for row in await database.pool.fetch("SELECT DISTINCT revision FROM outbox ORDER BY 1")] == [2, 3]


async def test_where_nobody_reads_the_outbox_what_was_written_long_ago_goes(database: Database) -> None:
    await made(database)
    await database.pool.execute("UPDATE outbox SET created_at = now() - interval '9 days' WHERE revision < 3")

    assert (await swept(database, relayed=False)).outbox == 6
    assert await left(database, "outbox") == 3


async def test_keys_that_are_over_go_and_their_requests_would_be_done_anew(database: Database) -> None:
    await made(database)
    await database.pool.execute("UPDATE idempotency_key SET created_at = now() - interval '25 hours' WHERE key <> 'key-2'")

    assert (await swept(database)).idempotency_keys == 2
    assert await database.pool.fetchval("SELECT key FROM idempotency_key") == "key-2"


@pytest.mark.parametrize("batch", [1, 2, 3, 9, 100])
async def test_everything_goes_whatever_fits_into_one_transaction(database: Database, batch: int) -> None:
    await made(database)
    await database.pool.execute("UPDATE outbox SET created_at = now() - interval '9 days'")
    await database.pool.execute("UPDATE idempotency_key SET created_at = now() - interval '9 days'")

    assert await swept(database, relayed=False, batch=batch) == Swept(outbox=9, idempotency_keys=3, dead_letters=0, stale_change_sets=0)
    assert await left(database, "outbox") == await left(database, "idempotency_key") == 0


async def test_history_stays_and_stale_change_sets_are_only_told_of(database: Database) -> None:
    await made(database, 1)
    await ChangeSets(database).open(EDITOR, "main", title="Forgotten")
    await ChangeSets(database).open(EDITOR, "main", title="Fresh")
    for table, column in {"change_set": "updated_at", "audit_log": "at", "revision": "at", "outbox": "created_at"}.items():
        await database.pool.execute(f"UPDATE {table} SET {column} = now() - interval '2 years'")
    await database.pool.execute("UPDATE change_set SET updated_at = now() WHERE title = 'Fresh'")
    tables = ("change_set", "audit_log", "revision", "change", "entity_version", "operation", "change_set_event")
    before = [await left(database, table) for table in tables]

    assert (await swept(database, relayed=False)).stale_change_sets == 1

    assert [await left(database, table) for table in tables] == before
