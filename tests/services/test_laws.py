"""Laws of the log: what is true of every history, whatever people did."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.change_set import Operation
from app.domain.errors import InvalidState, Problem, RollbackBlocked
from app.domain.kind import Kind
from app.persistence import change_sets, replay
from app.persistence.database import Database
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from tests import given as made
from tests.emptying import EMPTY
from tests.given import EDITOR

NAMES = ("Alpha", "Beta", "Gamma")
LAWFUL = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

steps = st.lists(
    st.tuples(
        st.sampled_from(["create", "describe", "rename", "relabel", "property", "link", "delete", "cascade", "rollback"]),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.integers(0, 5),
    ),
    min_size=3,
    max_size=14,
)


async def emptied(database: Database) -> None:
    await database.pool.execute(EMPTY)


async def named(database: Database, name: str) -> tuple[str, int] | None:
    row = await database.pool.fetchrow("SELECT rid, version FROM entity WHERE api_name = $1 AND kind = 'object_type' AND NOT deleted", name)
    return (row["rid"], row["version"]) if row else None


async def operations(database: Database, step: tuple[str, str, str, int]) -> list[Operation]:
    what, one, other, number = step
    if what == "create":
        return made.object_type(one)
    found, target = await named(database, one), await named(database, other)
    if found is None:
        return []
    rid, version = found
    if what == "property":
        return [made.property_(f"extra{number}", owner=rid)]
    if what == "link":
        return [made.link_type(rid, target[0], f"link{number}")] if target else []
    if what in {"delete", "cascade"}:
        return [made.deletion(Kind.OBJECT_TYPE, rid, version, cascade=what == "cascade")]
    fields: dict[str, Any] = {
        "describe": {"description": f"d{number}"},
        "rename": {"apiName": other},
        "relabel": {"displayName": f"n{number}"},
    }
    return [made.update(Kind.OBJECT_TYPE, rid, version, **fields[what])] if what in fields else []


async def lived(database: Database, history: list[tuple[str, str, str, int]]) -> None:
    """Do what the history says, as far as the rules allow it."""
    await emptied(database)
    for step in history:
        try:
            if step[0] == "rollback":
                merged = await database.pool.fetch(
                    "SELECT rid FROM change_set WHERE merged_revision IS NOT NULL ORDER BY merged_revision DESC"
                )
                if merged:
                    await ChangeSets(database).rollback(EDITOR, merged[step[3] % len(merged)]["rid"])
            elif made_now := await operations(database, step):
                await Editing(database).apply(EDITOR, "main", made_now)
        except (Problem, InvalidState):
            continue


async def now(database: Database) -> dict[str, Any]:
    return {row["rid"]: row["definition"] for row in await database.pool.fetch("SELECT rid, definition FROM entity WHERE NOT deleted")}


async def then(database: Database, revision: int) -> dict[str, Any]:
    rows = await database.pool.fetch(
        "SELECT rid, definition FROM entity_version WHERE revision_from <= $1 AND $1 < revision_to AND NOT deleted", revision
    )
    return {row["rid"]: row["definition"] for row in rows}


async def replayed(database: Database, head: int, *, without: int | None = None) -> dict[str, Any]:
    """The definitions that the log makes, one change after the other."""
    state: dict[str, Any] = {}
    async with database.reading() as snapshot:
        ontology = (await change_sets.ontology_named(snapshot, "main")).rid
        for revision in range(1, head + 1):
            if revision == without:
                continue
            for change in await replay.changes(snapshot, ontology, revision):
                if change.after is None:
                    state.pop(change.rid, None)
                else:
                    state[change.rid] = change.after.definition.canonical()
    return state


@LAWFUL
@given(history=steps)
async def test_every_revision_is_what_replaying_the_log_makes_and_the_head_is_now(database: Database, history: Any) -> None:
    await lived(database, history)
    head = await database.pool.fetchval("SELECT head_revision FROM ontology")

    assert await then(database, head) == await now(database)
    for revision in range(head + 1):
        assert await then(database, revision) == await replayed(database, revision)
    assert [row[0] for row in await database.pool.fetch("SELECT revision FROM revision ORDER BY revision")] == list(range(1, head + 1))


@LAWFUL
@given(history=steps)
async def test_versions_never_go_back_and_names_and_references_are_those_of_the_definitions(database: Database, history: Any) -> None:
    await lived(database, history)

    rows = await database.pool.fetch("SELECT rid, version FROM change ORDER BY rid, revision")
    seen: dict[str, int] = {}
    for row in rows:
        assert row["version"] == seen.get(row["rid"], 0) + 1
        seen[row["rid"]] = row["version"]
    async with database.reading() as snapshot:
        ontology = (await change_sets.ontology_named(snapshot, "main")).rid
        heads = [each for revision in range(1, 1 + (await change_sets.ontology_named(snapshot, "main")).head_revision)
                 for each in await replay.changes(snapshot, ontology, revision)]  # fmt: skip
    alive = {each.rid: each.after for each in heads if each.after is not None and each.rid in await now(database)}
    names = await database.pool.fetch("SELECT namespace, name, rid FROM entity_name WHERE revision_to > 1000000")
    assert {tuple(row) for row in names} == {(*name.key, rid) for rid, entity in alive.items() for name in entity.definition.names()}
    references = await database.pool.fetch("SELECT source, target, path FROM entity_reference WHERE revision_to > 1000000")
    assert {tuple(row) for row in references} == {
        (rid, each.target, each.path) for rid, entity in alive.items() for each in entity.references
    }


@LAWFUL
@given(history=steps)
async def test_rolling_back_the_newest_gives_what_was_before_it(database: Database, history: Any) -> None:
    await lived(database, history)
    head = await database.pool.fetchval("SELECT head_revision FROM ontology")
    newest = await database.pool.fetchval("SELECT rid FROM change_set WHERE merged_revision = $1 AND rolled_back_by IS NULL", head)
    if newest is None:
        return
    before = await then(database, head - 1)

    await ChangeSets(database).rollback(EDITOR, newest)

    assert await now(database) == before


@LAWFUL
@given(history=steps)
async def test_a_merge_into_an_untouched_base_equals_applying_directly(database: Database, history: Any) -> None:
    await lived(database, history)
    wanted = [operation for name in NAMES for operation in await operations(database, ("describe", name, name, 9))]
    if not wanted:
        return
    opened = await ChangeSets(database).open(EDITOR, "main", title="Later", operations=wanted)
    previewed = await Editing(database).apply(EDITOR, "main", wanted, dry_run=True)

    merged = await ChangeSets(database).merge(EDITOR, opened.rid)

    assert [each.after.definition for each in merged.changes if each.after] == [
        each.after.definition for each in previewed.changes if each.after
    ]


@LAWFUL
@given(history=steps, which=st.integers(0, 10))
async def test_a_blocked_rollback_stores_nothing_and_names_merged_change_sets_that_came_later(
    database: Database, history: Any, which: int
) -> None:
    await lived(database, history)
    merged = await database.pool.fetch("SELECT rid, merged_revision FROM change_set WHERE rolled_back_by IS NULL ORDER BY merged_revision")
    if not merged:
        return
    chosen = merged[which % len(merged)]
    before = await now(database)
    try:
        await ChangeSets(database).rollback(EDITOR, chosen["rid"])
    except RollbackBlocked as blocked:
        revisions = await database.pool.fetch("SELECT merged_revision FROM change_set WHERE rid = ANY ($1::text[])", list(blocked.blockers))
        assert revisions
        assert all(row["merged_revision"] > chosen["merged_revision"] for row in revisions)
        assert await now(database) == before
    except Problem:
        assert await now(database) == before
