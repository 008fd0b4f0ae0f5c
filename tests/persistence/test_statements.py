"""The statements of a small write find their rows by indexes, so that they cost the same in a large ontology."""

from __future__ import annotations

import asyncio

from app.domain.kind import Kind
from app.persistence.database import Database
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from tests import given
from tests.given import EDITOR

TYPES = 400
GROWING = (
    "entity", "entity_version", "entity_reference", "entity_name", "entity_search", "change", "revision", "change_set", "operation",
    "change_set_event", "audit_log", "outbox",
)  # fmt: skip


async def scanned(database: Database) -> dict[str, int]:
    """How often each table was read from its beginning to its end."""
    async with database.pool.acquire() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        rows = await connection.fetch("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY ($1)", list(GROWING))
    return {row["relname"]: row["seq_scan"] for row in rows}


async def quiet(database: Database) -> dict[str, int]:
    """The counts once every connection has told of what it did."""
    for connection in [await database.pool.acquire() for _ in range(database.pool.get_size())]:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        await connection.execute("SELECT 1")
        await database.pool.release(connection)
    return await scanned(database)


async def test_no_write_reads_a_growing_table_whole(database: Database) -> None:
    editing, change_sets = Editing(database), ChangeSets(database)
    made = await editing.apply(EDITOR, "main", [each for n in range(TYPES) for each in given.object_type(f"Thing{n}")])
    await database.pool.execute(
        """
        INSERT INTO change_set (rid, ontology, title, status, review, origin, base_revision, author)
        SELECT rid || n, ontology, title, status, review, origin, base_revision, author FROM change_set, generate_series(1, $1) AS n
        """,
        TYPES,
    )
    await database.pool.execute(
        """
        INSERT INTO revision (ontology, revision, change_set, actor, at, counts)
        SELECT ontology, -n, change_set, actor, at, counts FROM revision, generate_series(1, $1) AS n
        """,
        TYPES,
    )
    for table in GROWING:
        await database.pool.execute(f"ANALYZE {table}")
    thing, other = made.refs["Thing1"], made.refs["Thing2"]
    before = await quiet(database)

    await asyncio.gather(*(editing.apply(EDITOR, "main", given.object_type(f"More{n}")) for n in range(4)))
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, thing, 1, displayName="Renamed")])
    await editing.apply(EDITOR, "main", [given.link_type(thing, other)])
    await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, made.refs["Thing3"], 1, cascade=True)])
    staged = await change_sets.open(
        EDITOR, "main", title="Staged", operations=[given.update(Kind.OBJECT_TYPE, other, 1, description="Words")]
    )
    await change_sets.merge(EDITOR, staged.rid)

    after = await quiet(database)
    assert {table for table, count in after.items() if count > before[table]} == set()
