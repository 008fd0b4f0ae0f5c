"""A large merge is written slice by slice, and is one step of its ontology all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from app.domain.change_set import Operation, Origin
from app.domain.kind import Kind
from app.persistence import replay
from app.persistence.database import Database
from app.persistence.merging import SLICE, Merged
from app.services.editing import Editing
from tests import given
from tests.given import EDITOR

LOGS = (
    "entity",
    "entity_version",
    "entity_name",
    "entity_reference",
    "entity_search",
    "change",
    "revision",
    "audit_log",
    "outbox",
    "change_set",
)


def groups(count: int) -> list[Operation]:
    return [given.type_group(f"group-{number}") for number in range(count)]


async def imported(database: Database, operations: list[Operation]) -> Merged:
    return await Editing(database).apply(EDITOR, "main", operations, origin=Origin.IMPORT)


async def stored(database: Database) -> dict[str, int]:
    return {table: await database.pool.fetchval(f"SELECT count(*) FROM {table}") for table in LOGS}


@asynccontextmanager
async def refusing(database: Database, name: str) -> AsyncIterator[None]:
    """A server that takes every entity but the one of this name."""
    await database.pool.execute(
        f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no room for it''; END';
        CREATE TRIGGER refused BEFORE INSERT ON entity FOR EACH ROW WHEN (NEW.api_name = '{name}') EXECUTE FUNCTION refuse();
        """
    )
    try:
        yield
    finally:
        await database.pool.execute("DROP FUNCTION refuse CASCADE")


async def test_what_the_slices_hold_is_one_revision_with_references_across_them(database: Database) -> None:
    first, *properties = given.object_type("Person")

    merged = await imported(database, [first, *groups(SLICE), *properties])

    indexes = [row["index"] for row in await database.pool.fetch("SELECT index FROM change ORDER BY index")]
    async with database.reading() as snapshot:
        replayed = await replay.changes(snapshot, merged.ontology, 1)
    key = await database.pool.fetchval(
        "SELECT source FROM entity_reference WHERE target = $1 AND edge = 'primary-key'", merged.refs["Person.id"]
    )
    assert indexes == list(range(SLICE + 2))
    assert list(replayed) == list(merged.changes)
    assert key == merged.refs["Person"]
    assert await database.pool.fetchval("SELECT counts FROM revision") == {
        "object_type": {"created": 1}, "property": {"created": 1}, "type_group": {"created": SLICE},
    }  # fmt: skip


async def test_two_that_stand_in_different_slices_may_swap_their_names(database: Database) -> None:
    made = await imported(database, [*given.object_type("Person"), *groups(SLICE), *given.object_type("Company")])
    between = [given.update(Kind.TYPE_GROUP, made.refs[f"group-{number}"], 1, description="Moved") for number in range(SLICE)]
    one, other = made.refs["Person"], made.refs["Company"]

    swapped = await imported(
        database,
        [given.update(Kind.OBJECT_TYPE, one, 1, apiName="Company"), *between, given.update(Kind.OBJECT_TYPE, other, 1, apiName="Person")],
    )

    rows = await database.pool.fetch(
        "SELECT rid, name FROM entity_name WHERE namespace = 'type' AND revision_to = (SELECT max(revision_to) FROM entity_name)"
    )
    assert {row["rid"]: row["name"] for row in rows} == {one: "company", other: "person"}
    assert swapped.revision == 2


async def test_nothing_is_stored_when_the_last_slice_is_refused(database: Database) -> None:
    before = await stored(database)

    async with refusing(database, "Latecomer"):
        with pytest.raises(asyncpg.RaiseError, match="no room for it"):
            await imported(database, [*groups(SLICE), *given.object_type("Latecomer")])

    assert await stored(database) == before
    assert await database.pool.fetchval("SELECT head_revision FROM ontology") == 0
