"""The sample: good enough to demonstrate and to explore."""

from __future__ import annotations

from app.domain.change_set import ChangeSetStatus
from app.domain.datatype import BaseType
from app.domain.kind import Kind
from app.persistence.database import Database
from app.persistence.mapping import definition_of
from app.sample.story import ANNA, tell
from app.services.change_sets import ChangeSets


async def test_the_sample_uses_every_kind_base_type_and_state_and_is_told_once(database: Database) -> None:
    assert await tell(database)
    assert not await tell(database)

    rows = await database.pool.fetch("SELECT kind, definition FROM entity WHERE NOT deleted")
    kinds = [row["kind"] for row in rows]
    assert kinds.count("object_type") >= 60
    assert set(kinds) == {kind.value for kind in Kind}
    types = [definition_of(row["kind"], row["definition"]) for row in rows if row["kind"] == "property"]
    assert {each.type.base for each in types} == set(BaseType)
    states = await database.pool.fetch("SELECT status, review FROM change_set")
    assert {(row["status"], row["review"]) for row in states} >= {
        ("OPEN", "DRAFT"), ("OPEN", "IN_REVIEW"), ("OPEN", "APPROVED"), ("OPEN", "CHANGES_REQUESTED"), ("CLOSED", "DRAFT"), ("MERGED", "APPROVED"),
    }  # fmt: skip
    assert await database.pool.fetchval("SELECT count(*) FROM change_set WHERE rolled_back_by IS NOT NULL") == 1


async def test_one_open_change_set_of_the_sample_is_in_conflict(database: Database) -> None:
    await tell(database)
    change_sets = ChangeSets(database)

    rids = await database.pool.fetch("SELECT rid FROM change_set WHERE status = $1", ChangeSetStatus.OPEN.value)
    conflicts = [conflict.path for row in rids for conflict in (await change_sets.validate(ANNA, row["rid"])).conflicts]

    assert conflicts == ["displayName"]
