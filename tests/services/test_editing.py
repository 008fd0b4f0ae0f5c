"""Direct writes against the real database."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from app.domain.entity import Action
from app.domain.errors import BadInput, Forbidden, NameTaken, NotFound, StillReferenced, ValidationFailed, VersionConflict
from app.domain.kind import Kind
from app.persistence.database import Database
from app.persistence.idempotency import Idempotency
from app.persistence.merging import Merged
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from tests import given
from tests.given import ADMIN, EDITOR, VIEWER


async def rows(database: Database, table: str) -> int:
    return int(await database.pool.fetchval(f"SELECT count(*) FROM {table}"))


async def test_an_object_type_and_its_key_are_created_together_as_one_revision(database: Database) -> None:
    merged = await Editing(database).apply(EDITOR, "main", given.object_type("Person"))

    assert merged.revision == 1
    assert [(change.action, change.kind) for change in merged.changes] == [
        (Action.CREATED, Kind.OBJECT_TYPE),
        (Action.CREATED, Kind.PROPERTY),
    ]
    assert await rows(database, "entity") == 2
    assert await rows(database, "outbox") == 3
    assert await rows(database, "audit_log WHERE entity <> 'change_set'") == 2


@pytest.mark.parametrize("writers", [4, 12])
async def test_of_n_authors_one_wins_and_the_others_see_the_winner(database: Database, writers: int) -> None:
    editing = Editing(database)
    person = (await editing.apply(EDITOR, "main", given.object_type("Person"))).refs["Person"]

    outcomes = await asyncio.gather(
        *(editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 1, displayName=f"Name {n}")]) for n in range(writers)),
        return_exceptions=True,
    )

    winners = [outcome for outcome in outcomes if isinstance(outcome, Merged)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, VersionConflict)]
    assert len(winners) == 1
    assert [loser.current.definition for loser in losers] == [winners[0].changes[0].after.definition] * (writers - 1)
    assert await rows(database, "revision") == 2


async def test_disjoint_writers_both_succeed_and_revisions_have_no_holes(database: Database) -> None:
    editing = Editing(database)

    await asyncio.gather(*(editing.apply(EDITOR, "main", given.object_type()) for _ in range(12)))

    assert [row["revision"] for row in await database.pool.fetch("SELECT revision FROM revision ORDER BY revision")] == list(range(1, 13))


async def test_of_two_creations_of_one_name_one_wins(database: Database) -> None:
    editing = Editing(database)

    outcomes = await asyncio.gather(*(editing.apply(EDITOR, "main", given.object_type("Person")) for _ in range(6)), return_exceptions=True)

    assert sum(isinstance(outcome, Merged) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NameTaken) for outcome in outcomes) == 5


async def test_a_link_to_an_object_type_that_is_deleted_meanwhile_never_dangles(database: Database) -> None:
    editing = Editing(database)
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car")])
    person, car = made.refs["Person"], made.refs["Car"]

    outcomes = await asyncio.gather(
        editing.apply(EDITOR, "main", [given.link_type(person, car)]),
        editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, car, 1)]),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, Merged) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, (ValidationFailed, StillReferenced)) for outcome in outcomes) == 1, outcomes


async def test_a_deletion_takes_the_properties_and_refuses_while_a_link_remains(database: Database) -> None:
    editing = Editing(database)
    made = await editing.apply(
        EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car"), given.link_type("ref:Person", "ref:Car", "owns")]
    )

    with pytest.raises(StillReferenced) as refused:
        await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, made.refs["Car"], 1)])
    assert refused.value.by == (made.refs["owns"],)
    assert await rows(database, "revision") == 1

    merged = await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, made.refs["Car"], 1, cascade=True)])
    assert {change.rid for change in merged.changes} == {made.refs["Car"], made.refs["Car.id"], made.refs["owns"]}
    assert await rows(database, "entity WHERE NOT deleted") == 2


async def test_a_dry_run_shows_the_outcome_and_stores_nothing(database: Database) -> None:
    merged = await Editing(database).apply(EDITOR, "main", given.object_type("Person"), dry_run=True)

    assert len(merged.changes) == 2
    assert await rows(database, "entity") == await rows(database, "change_set") == await rows(database, "outbox") == 0


async def test_names_may_be_swapped_in_one_change_set(database: Database) -> None:
    editing = Editing(database)
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car")])

    await editing.apply(
        EDITOR,
        "main",
        [
            given.update(Kind.OBJECT_TYPE, made.refs["Person"], 1, apiName="Car"),
            given.update(Kind.OBJECT_TYPE, made.refs["Car"], 1, apiName="Person"),
        ],
    )

    names = await database.pool.fetch("SELECT rid, name FROM entity_name WHERE namespace = 'type' AND revision_to > 1000")
    assert {row["rid"]: row["name"] for row in names} == {made.refs["Person"]: "car", made.refs["Car"]: "person"}


async def test_all_violations_are_told_at_once_and_nothing_is_stored(database: Database) -> None:
    wrong = given.object_type("person", properties={"Wrong": "STRING", "vector": "VECTOR"}, displayName="")

    with pytest.raises(ValidationFailed) as refused:
        await Editing(database).apply(EDITOR, "main", wrong)

    assert {(each.rule, each.path) for each in refused.value.violations} >= {
        ("api-name.form", "apiName"),
        ("display-name.length", "displayName"),
        ("type.vector.dimension", "type.dimension"),
        ("type.vector.similarity", "type.similarity"),
    }
    assert await rows(database, "entity") == await rows(database, "audit_log") == await rows(database, "outbox") == 0


async def test_a_viewer_may_not_write(database: Database) -> None:
    with pytest.raises(Forbidden):
        await Editing(database).apply(VIEWER, "main", given.object_type())


async def test_an_unknown_ontology_and_a_missing_version_are_named(database: Database) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        await Editing(database).apply(EDITOR, "nowhere", given.object_type())
    with pytest.raises(BadInput, match="version"):
        await Editing(database).apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, "ri.ontology.main.object-type.x", None)])


async def test_the_same_request_again_is_answered_and_not_done_again(database: Database) -> None:
    editing = Editing(database)
    key = Idempotency("key-1", "createObjectType", "hash")

    first = await editing.apply(EDITOR, "main", given.object_type("Person"), idempotency=key)
    again = await editing.apply(EDITOR, "main", given.object_type("Person"), idempotency=key)

    assert again.revision == first.revision == 1
    assert [(change.rid, change.action, change.after) for change in again.changes] == [
        (change.rid, change.action, change.after) for change in first.changes
    ]


@pytest.mark.parametrize("words", [{"description": "\x00"}, {"apiName": "A\x00"}, {"sourceIri": "\x00"}, {"annotations": {"\x00": []}}])
async def test_a_character_that_cannot_be_stored_is_refused_by_name(database: Database, words: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=r"U\+0000"):
        await Editing(database).apply(EDITOR, "main", given.object_type("Person", **words))
    assert await rows(database, "entity") == await rows(database, "change_set") == 0


async def test_a_number_beyond_64_bits_is_refused(database: Database) -> None:
    huge = given.value_type("huge", type={"base": "LONG"}, constraints=[{"type": "RANGE", "max": 10**30}])
    with pytest.raises(BadInput, match="64 bits"):
        await Editing(database).apply(EDITOR, "main", [huge])


async def test_an_entity_of_another_ontology_is_not_created_again(database: Database) -> None:
    await Ontologies(database).create(ADMIN, api_name="other", display_name="Other")
    rid = (await Editing(database).apply(EDITOR, "other", [given.type_group("theirs", ref="theirs")])).refs["theirs"]

    with pytest.raises(ValidationFailed) as refused:
        await Editing(database).apply(EDITOR, "main", [replace(given.type_group("ours"), rid=rid)])

    assert [each.rule for each in refused.value.violations] == ["operation.created-once"]
    assert await database.pool.fetchval("SELECT api_name FROM entity WHERE rid = $1", rid) == "theirs"
    assert await rows(database, "revision") == 1
