"""Change sets from the first operation to the rollback, against the real database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.domain.change_set import ChangeSet, ChangeSetStatus, Choice, Resolution, ReviewStatus
from app.domain.entity import Action
from app.domain.errors import AlreadyMerged, InvalidState, MergeConflict, ReviewRequired, RollbackBlocked, ValidationFailed
from app.domain.kind import Kind
from app.domain.ontology import OntologySettings
from app.persistence.database import Database
from app.persistence.merging import Merged
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


async def opened(change_sets: ChangeSets, *operations: Any) -> ChangeSet:
    return await change_sets.open(EDITOR, "main", title="Work", operations=operations)


async def definition(database: Database, rid: str) -> Any:
    return await database.pool.fetchval("SELECT definition FROM entity WHERE rid = $1 AND NOT deleted", rid)


async def test_staged_operations_merge_as_one_revision(change_sets: ChangeSets) -> None:
    found = await opened(change_sets)
    found, staged = await change_sets.stage(EDITOR, found.rid, given.object_type("Person"))

    merged = await change_sets.merge(EDITOR, found.rid)

    assert found.operation_count == 2
    assert [change.rid for change in merged.changes] == [operation.rid for operation in staged]
    assert merged.change_set.status is ChangeSetStatus.MERGED
    assert merged.change_set.merged_revision == merged.revision == 1
    with pytest.raises(AlreadyMerged):
        await change_sets.merge(EDITOR, found.rid)


async def test_disjoint_fields_merge_and_the_same_field_is_a_conflict(
    database: Database, editing: Editing, change_sets: ChangeSets
) -> None:
    person = (await editing.apply(EDITOR, "main", given.object_type("Person"))).refs["Person"]
    mine = await opened(change_sets, given.update(Kind.OBJECT_TYPE, person, 1, description="Mine", pluralDisplayName="People"))
    clash = await opened(change_sets, given.update(Kind.OBJECT_TYPE, person, 1, displayName="Mine"))
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 1, displayName="Theirs")])

    await change_sets.merge(EDITOR, mine.rid)
    merged = await definition(database, person)
    assert (merged["displayName"], merged["description"]) == ("Theirs", "Mine")

    with pytest.raises(MergeConflict) as refused:
        await change_sets.merge(EDITOR, clash.rid)
    [conflict] = refused.value.conflicts
    assert (conflict.path, conflict.base, conflict.ours, conflict.theirs) == ("displayName", "Person", "Mine", "Theirs")

    chosen = Resolution(person, "displayName", Choice.VALUE, conflict.theirs_version, "Both")
    await change_sets.merge(EDITOR, clash.rid, resolutions=[chosen])
    assert (await definition(database, person))["displayName"] == "Both"


async def test_a_resolution_lapses_when_theirs_moves(editing: Editing, change_sets: ChangeSets) -> None:
    person = (await editing.apply(EDITOR, "main", given.object_type("Person"))).refs["Person"]
    mine = await opened(change_sets, given.update(Kind.OBJECT_TYPE, person, 1, displayName="Mine"))
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 1, displayName="Theirs")])
    chosen = Resolution(person, "displayName", Choice.OURS, 2)
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 2, displayName="Moved on")])

    with pytest.raises(MergeConflict):
        await change_sets.merge(EDITOR, mine.rid, resolutions=[chosen])


async def test_a_link_on_what_another_deleted_is_a_conflict_and_names_who(editing: Editing, change_sets: ChangeSets) -> None:
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car")])
    mine = await opened(change_sets, given.link_type(made.refs["Person"], made.refs["Car"], "owns"))
    await editing.apply(REVIEWER, "main", [given.deletion(Kind.OBJECT_TYPE, made.refs["Car"], 1)])

    with pytest.raises(MergeConflict) as refused:
        await change_sets.merge(EDITOR, mine.rid)
    assert {(each.rule, each.theirs_by) for each in refused.value.conflicts} == {("reference.exists", REVIEWER.id)}


async def test_deleted_and_edited_is_a_conflict_whichever_side_deleted(editing: Editing, change_sets: ChangeSets) -> None:
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car")])
    edits = await opened(change_sets, given.update(Kind.OBJECT_TYPE, made.refs["Person"], 1, displayName="Mine"))
    deletes = await opened(change_sets, given.deletion(Kind.OBJECT_TYPE, made.refs["Car"], 1))
    await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, made.refs["Person"], 1)])
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, made.refs["Car"], 1, displayName="Theirs")])

    for found in (edits, deletes):
        with pytest.raises(MergeConflict) as refused:
            await change_sets.merge(EDITOR, found.rid)
        assert [conflict.path for conflict in refused.value.conflicts] == [""]


async def test_a_protected_ontology_takes_only_what_somebody_else_approved(
    database: Database, editing: Editing, change_sets: ChangeSets
) -> None:
    await Ontologies(database).update(ADMIN, "main", expected_version=1, settings=OntologySettings(require_review=True))
    with pytest.raises(ReviewRequired):
        await editing.apply(EDITOR, "main", given.object_type())
    found = await opened(change_sets, *given.object_type("Person"))
    with pytest.raises(ReviewRequired):
        await change_sets.merge(EDITOR, found.rid)
    await change_sets.request_review(EDITOR, found.rid, reviewers=["rosa"])
    with pytest.raises(InvalidState, match="did not write"):
        await change_sets.review(EDITOR, found.rid, approve=True)
    approved = await change_sets.review(REVIEWER, found.rid, approve=True, comment="Good.")
    assert approved.review is ReviewStatus.APPROVED

    found, _ = await change_sets.stage(EDITOR, found.rid, given.object_type("Late"))
    assert found.review is ReviewStatus.IN_REVIEW
    with pytest.raises(ReviewRequired):
        await change_sets.merge(EDITOR, found.rid)

    await change_sets.review(REVIEWER, found.rid, approve=True)
    assert (await change_sets.merge(EDITOR, found.rid)).revision == 1


async def test_rolling_back_the_newest_gives_the_definitions_before_it(
    database: Database, editing: Editing, change_sets: ChangeSets
) -> None:
    person = (await editing.apply(EDITOR, "main", given.object_type("Person"))).refs["Person"]
    before = {row["rid"]: row["definition"] for row in await database.pool.fetch("SELECT * FROM entity WHERE NOT deleted")}
    work = await opened(
        change_sets, *given.object_type("Car"), given.update(Kind.OBJECT_TYPE, person, 1, displayName="Human", description="One of us")
    )
    merged = await change_sets.merge(EDITOR, work.rid)

    undone = await change_sets.rollback(EDITOR, work.rid)

    assert undone.revision == merged.revision + 1
    assert {row["rid"]: row["definition"] for row in await database.pool.fetch("SELECT * FROM entity WHERE NOT deleted")} == before
    assert {change.action for change in undone.changes} == {Action.DELETED, Action.UPDATED}
    with pytest.raises(InvalidState):
        await change_sets.rollback(EDITOR, work.rid)


async def test_rolling_back_a_deletion_restores_the_rid_with_a_higher_version(editing: Editing, change_sets: ChangeSets) -> None:
    person = (await editing.apply(EDITOR, "main", given.object_type("Person"))).refs["Person"]
    gone = await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, person, 1)])

    back = await change_sets.rollback(EDITOR, gone.change_set.rid)
    assert {(change.rid == person, change.action, change.after.version) for change in back.changes} == {
        (True, Action.CREATED, 3),
        (False, Action.CREATED, 3),
    }
    again = await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 3, displayName="Back")])
    assert again.changes[0].after.version == 4


async def test_a_rollback_keeps_what_came_later_or_names_what_blocks_it(
    database: Database, editing: Editing, change_sets: ChangeSets
) -> None:
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car")])
    first = await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, made.refs["Person"], 1, displayName="A")])
    later = await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, made.refs["Person"], 2, description="Later")])

    await change_sets.rollback(EDITOR, first.change_set.rid)
    kept = await definition(database, made.refs["Person"])
    assert (kept["displayName"], kept["description"]) == ("Person", "Later")

    link = await editing.apply(EDITOR, "main", [given.link_type(made.refs["Person"], made.refs["Car"], "owns")])
    with pytest.raises(RollbackBlocked) as refused:
        await change_sets.rollback(EDITOR, made.change_set.rid)
    assert refused.value.blockers == (later.change_set.rid, link.change_set.rid)


async def test_what_stands_again_without_a_blocker_is_one_too(editing: Editing, change_sets: ChangeSets) -> None:
    made = await editing.apply(EDITOR, "main", [given.type_group("red", ref="red"), *given.object_type("Person")])
    rid = made.refs["Person"]
    grouped = await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, rid, 1, typeGroups=[made.refs["red"]])])
    both = await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, rid, 2, typeGroups=[], description="Kept")])

    with pytest.raises(RollbackBlocked) as refused:
        await change_sets.rollback(EDITOR, made.change_set.rid)
    assert refused.value.blockers == (grouped.change_set.rid, both.change_set.rid)


async def test_drop_reorder_amend_and_close(change_sets: ChangeSets) -> None:
    found = await opened(change_sets)
    found, staged = await change_sets.stage(
        EDITOR, found.rid, [given.type_group("one"), given.type_group("two"), given.type_group("three")]
    )
    ids = [operation.id for operation in staged]

    await change_sets.reorder(EDITOR, found.rid, ids[::-1])
    await change_sets.amend(EDITOR, found.rid, ids[0], fields={"apiName": "uno", "displayName": "Uno"})
    found = await change_sets.drop(EDITOR, found.rid, [ids[1]])
    assert found.operation_count == 2
    assert [each.api_name for each in await change_sets.diff(EDITOR, found.rid)] == ["three", "uno"]

    closed = await change_sets.close(EDITOR, found.rid)
    assert closed.status is ChangeSetStatus.CLOSED
    with pytest.raises(InvalidState, match="closed"):
        await change_sets.merge(EDITOR, found.rid)


async def test_validate_and_impact_tell_without_writing(database: Database, editing: Editing, change_sets: ChangeSets) -> None:
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car")])
    await editing.apply(EDITOR, "main", [given.link_type(made.refs["Person"], made.refs["Car"], "owns")])
    found = await opened(change_sets, given.deletion(Kind.OBJECT_TYPE, made.refs["Car"], 1))

    judgement = await change_sets.validate(EDITOR, found.rid)
    impact = await change_sets.impact(EDITOR, found.rid)

    assert [each.rule for each in judgement.violations] == ["delete.referenced"]
    assert {(each.api_name, each.depth) for each in impact} == {("owns", 1), ("id", 1)}
    with pytest.raises(ValidationFailed, match="valid string"):
        await opened(change_sets, given.type_group("x", apiName=7))


async def test_of_concurrent_merges_of_one_change_set_one_wins(change_sets: ChangeSets) -> None:
    found = await opened(change_sets, *given.object_type("Person"))

    outcomes = await asyncio.gather(*(change_sets.merge(EDITOR, found.rid) for _ in range(6)), return_exceptions=True)

    assert sum(isinstance(outcome, Merged) for outcome in outcomes) == 1
    assert all(isinstance(outcome, (Merged, AlreadyMerged)) for outcome in outcomes), outcomes
