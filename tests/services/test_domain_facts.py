"""What the description of the domain says, fact by fact, on the whole write path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.domain.change_set import Choice, Operation, Resolution, Verb
from app.domain.errors import InvalidState, MergeConflict, NameTaken, ValidationFailed, VersionConflict
from app.domain.kind import Kind
from app.domain.ontology import Ontology
from app.persistence.database import Database
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from tests import given
from tests.given import ADMIN, EDITOR, REVIEWER


@pytest.fixture
def editing(database: Database) -> Editing:
    return Editing(database)


@pytest.fixture
def change_sets(database: Database) -> ChangeSets:
    return ChangeSets(database)


async def stored(database: Database) -> tuple[int, ...]:
    tables = ("entity_version", "change_set", "operation", "change_set_event", "revision", "outbox")
    return tuple([await database.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables])


async def rules(work: Awaitable[Any]) -> set[str]:
    with pytest.raises(ValidationFailed) as refused:
        await work
    return {each.rule for each in refused.value.violations}


async def test_an_archived_ontology_takes_nothing_any_more_and_keeps_everything(
    database: Database, editing: Editing, change_sets: ChangeSets
) -> None:
    merged = await editing.apply(EDITOR, "main", given.object_type("Person"))
    opened = await change_sets.open(EDITOR, "main", title="Late", operations=[given.type_group("late")])
    await Ontologies(database).archive(ADMIN, "main", expected_version=1)
    before = await stored(database)

    tries: list[Callable[[], Awaitable[Any]]] = [
        lambda: editing.apply(EDITOR, "main", [given.type_group("more")]),
        lambda: change_sets.open(EDITOR, "main", title="More"),
        lambda: change_sets.stage(EDITOR, opened.rid, [given.type_group("more")]),
        lambda: change_sets.comment(EDITOR, opened.rid, "Too late."),
        lambda: change_sets.request_review(EDITOR, opened.rid),
        lambda: change_sets.close(EDITOR, opened.rid),
        lambda: change_sets.merge(EDITOR, opened.rid),
        lambda: change_sets.rollback(EDITOR, merged.change_set.rid),
        lambda: Ontologies(database).update(ADMIN, "main", expected_version=2, display_name="Other"),
        lambda: Ontologies(database).archive(ADMIN, "main", expected_version=2),
    ]
    for attempt in tries:
        with pytest.raises(InvalidState, match="archived"):
            await attempt()

    assert await stored(database) == before
    assert (await change_sets.diff(EDITOR, opened.rid))[0].api_name == "late"


async def test_of_several_administrators_one_wins(database: Database) -> None:
    outcomes = await asyncio.gather(
        *(Ontologies(database).update(ADMIN, "main", expected_version=1, display_name=f"Name {number}") for number in range(6)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, Ontology) for each in outcomes) == 1
    assert sum(isinstance(each, VersionConflict) for each in outcomes) == 5


async def test_a_former_name_stays_taken_until_it_is_released(editing: Editing) -> None:
    person = (await editing.apply(EDITOR, "main", given.object_type("Person"))).refs["Person"]
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 1, apiName="Human")])

    for name in ("Person", "PERSON"):
        with pytest.raises(NameTaken):
            await editing.apply(EDITOR, "main", given.object_type(name))
    with pytest.raises(NameTaken):
        await editing.apply(EDITOR, "main", [given.interface("Person")])
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 2, aliases=[])])

    assert (await editing.apply(EDITOR, "main", [given.interface("Person")])).revision == 4


async def test_names_are_swapped_within_one_change_set(editing: Editing, database: Database) -> None:
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car")])
    swap = [
        given.update(Kind.OBJECT_TYPE, made.refs["Person"], 1, apiName="Car"),
        given.update(Kind.OBJECT_TYPE, made.refs["Car"], 1, apiName="Person"),
    ]

    await editing.apply(EDITOR, "main", swap)

    rows = await database.pool.fetch("SELECT rid, api_name, definition FROM entity WHERE kind = 'object_type'")
    assert {row["rid"]: row["api_name"] for row in rows} == {made.refs["Person"]: "Car", made.refs["Car"]: "Person"}
    assert all("aliases" not in row["definition"] for row in rows)


async def test_what_is_active_keeps_its_name_and_key_and_comes_back_only_by_a_rollback(
    editing: Editing, change_sets: ChangeSets, database: Database
) -> None:
    made = await editing.apply(EDITOR, "main", given.object_type("Person", properties={"mail": "STRING"}, status="ACTIVE"))
    person, mail = made.refs["Person"], made.refs["Person.mail"]

    def update(version: int, **fields: Any) -> Awaitable[Any]:
        return editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, version, **fields)])

    assert await rules(update(1, apiName="Human")) == {"api-name.frozen"}
    assert await rules(update(1, primaryKey=mail)) == {"object-type.primary-key-frozen"}
    assert await rules(editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, person, 1, cascade=True)])) == {"delete.active"}
    retired = await update(1, status="DEPRECATED", deprecation={"message": "Use Human."})
    assert await rules(update(2, status="ACTIVE", deprecation=None)) == {"status.reactivated"}

    await change_sets.rollback(EDITOR, retired.change_set.rid)

    assert await database.pool.fetchval("SELECT status FROM entity WHERE rid = $1", person) == "ACTIVE"


async def test_a_deletion_does_not_take_along_what_others_added_or_changed_meanwhile(
    editing: Editing, change_sets: ChangeSets, database: Database
) -> None:
    made = await editing.apply(EDITOR, "main", given.object_type("Person", properties={"mail": "STRING"}))
    deletes = await change_sets.open(
        EDITOR, "main", title="Nobody needs it", operations=[given.deletion(Kind.OBJECT_TYPE, made.refs["Person"], 1)]
    )
    added = await editing.apply(REVIEWER, "main", [given.property_("phone", owner=made.refs["Person"])])
    await editing.apply(REVIEWER, "main", [given.update(Kind.PROPERTY, made.refs["Person.mail"], 1, description="Needed")])
    phone = added.changes[0].rid
    before = await stored(database)

    with pytest.raises(MergeConflict) as refused:
        await change_sets.merge(EDITOR, deletes.rid)

    assert {(each.rid, each.path, each.theirs_by) for each in refused.value.conflicts} == {
        (phone, "", REVIEWER.id), (made.refs["Person.mail"], "", REVIEWER.id),
    }  # fmt: skip
    assert await stored(database) == before
    answers = [Resolution(each.rid, "", Choice.OURS, each.theirs_version) for each in refused.value.conflicts]
    merged = await change_sets.merge(EDITOR, deletes.rid, resolutions=answers)
    assert {each.rid for each in merged.changes} >= {made.refs["Person"], made.refs["Person.mail"], phone}


async def test_a_change_set_that_saw_what_it_takes_along_merges(editing: Editing, change_sets: ChangeSets) -> None:
    made = await editing.apply(EDITOR, "main", given.object_type("Person", properties={"mail": "STRING"}))
    deletes = await change_sets.open(
        EDITOR,
        "main",
        title="Nobody needs it",
        operations=[
            given.update(Kind.PROPERTY, made.refs["Person.mail"], 1, description="Mine"),
            Operation(Verb.DELETE, Kind.OBJECT_TYPE, made.refs["Person"], expected_version=1),
        ],
    )
    await editing.apply(REVIEWER, "main", [given.type_group("elsewhere")])

    assert (await change_sets.merge(EDITOR, deletes.rid)).revision == 3
