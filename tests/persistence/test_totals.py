"""The totals that merges keep are what counting says, at every revision, whoever wrote and whatever they did."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from alembic import command
from hypothesis import given

from app.domain.change_set import Origin
from app.domain.kind import Kind
from app.persistence import totals
from app.persistence.database import Database
from app.persistence.migrate import _config, migrate
from app.persistence.reads.entities import OWNED, of_kind
from app.persistence.reads.selection import COUNTED, At, Field, Order, Selection
from app.persistence.reads.selection import Test as Compared
from app.persistence.reads.totals import Total
from app.persistence.reads.totals import totals as totals_below
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from tests import given as made
from tests.conftest import TEMPLATE, database_named
from tests.given import EDITOR
from tests.persistence.test_migrations import _asked
from tests.services.test_laws import LAWFUL, lived, named, steps

_COUNTED = """
    SELECT kind, count(*) AS count FROM entity_version
    WHERE ontology = $1 AND NOT deleted AND revision_from <= $2 AND $2 < revision_to GROUP BY kind
"""
EVERYTHING = Selection(Order.NAME)


async def ontology_of(database: Database) -> tuple[str, int]:
    row = await database.pool.fetchrow("SELECT rid, head_revision FROM ontology WHERE api_name = 'main'")
    return row["rid"], row["head_revision"]


async def kept_and_counted(database: Database) -> list[tuple[Any, Any]]:
    """At every revision, from the first on."""
    ontology, head = await ontology_of(database)
    found = []
    async with database.reading() as snapshot:
        for revision in range(1, head + 1):
            counted = {row["kind"]: row["count"] for row in await snapshot.fetch(_COUNTED, ontology, revision)}
            found.append((await totals.kept(snapshot, ontology, revision), counted))
    return found


async def forget(database: Database, revisions: str) -> None:
    """Leave some revisions as a release writes them that keeps no totals."""
    await database.pool.execute(f"UPDATE revision SET totals = NULL WHERE {revisions}")


@LAWFUL
@given(history=steps)
async def test_the_totals_of_every_revision_are_what_counting_says(database: Database, history: Any) -> None:
    await lived(database, history)

    found = await kept_and_counted(database)

    assert [kept for kept, _ in found] == [counted for _, counted in found]
    ontology, _ = await ontology_of(database)
    async with database.reading() as snapshot:
        assert await totals.miscounts(snapshot, ontology) == []
        assert await totals.kept(snapshot, ontology, 0) == {}


@LAWFUL
@given(history=steps)
async def test_after_a_release_that_keeps_no_totals_the_next_merge_counts_and_goes_on(database: Database, history: Any) -> None:
    await lived(database, history)
    await forget(database, "true")

    await Editing(database).apply(EDITOR, "main", made.object_type("Anew"))
    await Editing(database).apply(EDITOR, "main", made.object_type("AndAgain"))

    assert [kept == counted for kept, counted in await kept_and_counted(database)][-2:] == [True, True]


async def test_writes_that_are_committed_together_keep_the_totals_of_each_revision(database: Database) -> None:
    editing = Editing(database)
    await asyncio.gather(*(editing.apply(EDITOR, "main", made.object_type(f"Thing{number}")) for number in range(12)))

    found = await kept_and_counted(database)

    assert [kept for kept, _ in found] == [{"object_type": number, "property": number} for number in range(1, 13)]
    assert all(kept == counted for kept, counted in found)


async def test_a_cascade_its_rollback_and_a_merge_of_many_are_counted(database: Database) -> None:
    editing, change_sets = Editing(database), ChangeSets(database)
    many = [each for number in range(700) for each in made.object_type(f"Thing{number}")]
    first = await editing.apply(EDITOR, "main", many, origin=Origin.IMPORT)
    await editing.apply(EDITOR, "main", [made.link_type(first.refs["Thing1"], first.refs["Thing2"])])
    gone = await editing.apply(EDITOR, "main", [made.deletion(Kind.OBJECT_TYPE, first.refs["Thing1"], 1, cascade=True)])
    await change_sets.rollback(EDITOR, gone.change_set.rid)

    found = await kept_and_counted(database)

    assert [kept for kept, _ in found] == [
        {"object_type": 700, "property": 700},
        {"link_type": 1, "object_type": 700, "property": 700},
        {"object_type": 699, "property": 699},
        {"link_type": 1, "object_type": 700, "property": 700},
    ]
    assert all(kept == counted for kept, counted in found)


async def test_a_dry_run_and_a_refusal_count_nothing(database: Database) -> None:
    editing = Editing(database)
    await editing.apply(EDITOR, "main", made.object_type("Ship"))
    await editing.apply(EDITOR, "main", made.object_type("Barge"), dry_run=True)
    await asyncio.gather(editing.apply(EDITOR, "main", made.object_type("Ship")), return_exceptions=True)

    assert await kept_and_counted(database) == [({"object_type": 1, "property": 1}, {"object_type": 1, "property": 1})]


async def test_the_whole_of_a_kind_is_told_exactly_beyond_what_is_counted(database: Database) -> None:
    await Editing(database).apply(EDITOR, "main", made.object_type("Ship"))
    ontology, head = await ontology_of(database)
    source, at = of_kind(Kind.OBJECT_TYPE), At(ontology, head, head, 1)
    await database.pool.execute("UPDATE revision SET totals = '{\"object_type\": 123456}'")

    async with database.reading() as snapshot:
        assert await totals_below(snapshot, source, at, [ontology], EVERYTHING) == {ontology: Total(123_456)}
        assert await totals_below(snapshot, source, at.back(0), [ontology], EVERYTHING) == {ontology: Total(0)}
        assert await totals_below(snapshot, of_kind(Kind.INTERFACE), at, [ontology], EVERYTHING) == {ontology: Total(0)}
        filtered = Selection(Order.NAME, where=Compared(Field.API_NAME, ("Ship",)))
        assert await totals_below(snapshot, source, at, [ontology], filtered) == {ontology: Total(1)}
        owner = await snapshot.fetchval("SELECT rid FROM entity WHERE kind = 'object_type'")
        assert await totals_below(snapshot, OWNED, at, [owner], EVERYTHING) == {owner: Total(1)}


async def test_what_is_counted_stops_at_the_bound_and_says_so(database: Database) -> None:
    await Editing(database).apply(EDITOR, "main", [made.type_group("group-0")])
    ontology, head = await ontology_of(database)
    await database.pool.execute(
        """
        INSERT INTO entity (rid, ontology, kind, version, revision, api_name, name_key, display_name, display_key, status, definition,
            created_at, created_by, updated_at, updated_by)
        SELECT rid || n, ontology, kind, 1, revision, api_name || n, name_key || n, display_name, display_key, status, definition,
            created_at, created_by, updated_at, updated_by FROM entity, generate_series(1, $1) AS n
        """,
        COUNTED,
    )
    await forget(database, "true")

    async with database.reading() as snapshot:
        found = await totals_below(snapshot, of_kind(Kind.TYPE_GROUP), At(ontology, head, head, 1), [ontology], EVERYTHING)

    assert found == {ontology: Total(COUNTED, more=True)}


async def test_a_total_that_was_tampered_with_is_named_and_mended(database: Database) -> None:
    for number in range(3):
        await Editing(database).apply(EDITOR, "main", made.object_type(f"Thing{number}"))
    ontology, _ = await ontology_of(database)
    await database.pool.execute("UPDATE revision SET totals = '{\"object_type\": 7}' WHERE revision = 2")
    await forget(database, "revision = 3")

    async with database.reading() as snapshot:
        found = await totals.miscounts(snapshot, ontology)
    async with database.writing() as work:
        await totals.mend(work, ontology)

    assert [(each.revision, each.kept, each.counted) for each in found] == [
        (2, {"object_type": 7}, {"object_type": 2, "property": 2}),
        (3, None, {"object_type": 3, "property": 3}),
    ]
    assert [kept == counted for kept, counted in await kept_and_counted(database)] == [True] * 3


async def test_what_was_there_before_is_counted_by_the_migration(worker_id: str) -> None:
    name = f"oms_totals_{worker_id}_{os.getpid()}"
    url = database_named(os.environ["OMS_TEST_SERVER"], name)
    await _asked(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    async with Database.opened(url) as database:
        await Editing(database).apply(EDITOR, "main", made.object_type("Ship", properties={"size": "LONG"}))
        await Editing(database).apply(EDITOR, "main", [made.interface("Floats")])
        found = await named(database, "Ship")
        assert found is not None
        await Editing(database).apply(EDITOR, "main", [made.update(Kind.OBJECT_TYPE, *found, displayName="Barge")])
        await Editing(database).apply(EDITOR, "main", [made.deletion(Kind.OBJECT_TYPE, found[0], 2, cascade=True)])
        before = await kept_and_counted(database)

        await asyncio.to_thread(command.downgrade, _config(url), "0011")
        await asyncio.to_thread(migrate, url)

        after = await kept_and_counted(database)
        assert after == before
        assert [kept for kept, _ in after] == [
            {"object_type": 1, "property": 2},
            {"interface": 1, "object_type": 1, "property": 2},
            {"interface": 1, "object_type": 1, "property": 2},
            {"interface": 1},
        ]
    await _asked(f"DROP DATABASE {name}")
