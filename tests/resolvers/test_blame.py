"""Blame over a real history: creations, edits, reviews, deletions and rollbacks."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.domain.kind import Kind
from app.domain.merge import leaves, same
from app.persistence.database import Database
from app.persistence.mapping import definition_of
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from tests import given
from tests.asking import Asking
from tests.given import EDITOR, REVIEWER

BLAME = """query($rid: ID!, $field: String, $first: Int, $after: String, $asOf: RevisionOrTime) {
    ontology(asOf: $asOf) { entity(rid: $rid) { blame(field: $field, first: $first, after: $after) {
        totalCount nodes { path version revision actor author reviewers title reason changeSet { rid } } pageInfo { hasNextPage endCursor }
    } } }
}"""
NOWHERE = object()


async def blamed(ask: Asking, rid: str, field: str | None = None, as_of: int | None = None) -> dict[str, Any]:
    nodes, after = {}, None
    while True:
        found = (await ask.data(BLAME, rid=rid, field=field, first=100, after=after, asOf=as_of))["ontology"]["entity"]["blame"]
        nodes.update({each["path"]: each for each in found["nodes"]})
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            assert len(nodes) == found["totalCount"]
            return nodes


async def test_each_field_names_who_changed_it_last_and_why(database: Database) -> None:
    ask, editing, change_sets = Asking(database), Editing(database), ChangeSets(database)
    group = (await editing.apply(EDITOR, "main", [given.type_group("one", ref="one")], title="Begin", description="We need one.")).refs[
        "one"
    ]
    proposed = await change_sets.open(
        EDITOR, "main", title="Paint it", operations=[given.update(Kind.TYPE_GROUP, group, 1, colour="#123456")]
    )
    await change_sets.request_review(EDITOR, proposed.rid, reviewers=["rosa"])
    await change_sets.review(REVIEWER, proposed.rid, approve=True)
    await change_sets.merge(REVIEWER, proposed.rid)

    found = await blamed(ask, group)

    assert found["colour"] == {
        "path": "colour", "version": 2, "revision": 2, "actor": "rosa", "author": "edith", "reviewers": ["rosa"], "title": "Paint it", "reason": "",
        "changeSet": {"rid": proposed.rid},
    }  # fmt: skip
    assert (found["apiName"]["revision"], found["apiName"]["title"], found["apiName"]["reason"], found["apiName"]["reviewers"]) == (
        1,
        "Begin",
        "We need one.",
        [],
    )
    assert found["description"]["revision"] == 1  # nobody has said anything, since the beginning
    assert list(await blamed(ask, group, "colour")) == ["colour"]
    assert (await blamed(ask, group, as_of=1))["colour"]["revision"] == 1


async def test_who_restores_a_value_is_blamed_for_it(database: Database) -> None:
    ask, editing, change_sets = Asking(database), Editing(database), ChangeSets(database)
    group = (await editing.apply(EDITOR, "main", [given.type_group("one", ref="one")])).refs["one"]
    renamed = await editing.apply(EDITOR, "main", [given.update(Kind.TYPE_GROUP, group, 1, displayName="Other")])
    await editing.apply(EDITOR, "main", [given.update(Kind.TYPE_GROUP, group, 2, colour="#123456")])
    await change_sets.rollback(REVIEWER, renamed.change_set.rid)
    found = await blamed(ask, group)
    assert (found["displayName"]["revision"], found["displayName"]["actor"], found["colour"]["revision"], found["apiName"]["revision"]) == (
        4,
        "rosa",
        3,
        1,
    )

    deleted = await editing.apply(EDITOR, "main", [given.deletion(Kind.TYPE_GROUP, group, 4)])
    await change_sets.rollback(REVIEWER, deleted.change_set.rid)

    assert {each["revision"] for each in (await blamed(ask, group)).values()} == {6}
    assert (await blamed(ask, group, as_of=4))["colour"]["revision"] == 3


async def test_a_field_that_no_such_entity_has_is_refused(database: Database) -> None:
    ask, editing = Asking(database), Editing(database)
    group = (await editing.apply(EDITOR, "main", [given.type_group("one", ref="one")])).refs["one"]

    assert await ask.codes(BLAME, rid=group, field="primaryKey") == ["BAD_USER_INPUT"]
    assert await ask.codes(BLAME, rid=group, field="") == ["BAD_USER_INPUT"]
    assert await blamed(ask, group, "translations.ko") == {}


async def test_blame_is_paged_both_ways_and_takes_the_same_statements_for_many(database: Database) -> None:
    ask, editing = Asking(database), Editing(database)
    made = await editing.apply(EDITOR, "main", [given.type_group(f"g{n}", ref=f"g{n}") for n in range(5)])
    for version in range(1, 30):
        await editing.apply(EDITOR, "main", [given.update(Kind.TYPE_GROUP, made.refs["g0"], version, description=str(version))])
    paths = list(await blamed(ask, made.refs["g0"]))

    walked, after = [], None
    for _ in paths:
        page = (await ask.data(BLAME, rid=made.refs["g0"], first=1, after=after))["ontology"]["entity"]["blame"]
        walked += [each["path"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert walked == paths
    last = await ask.data(
        "query($rid: ID!) { node(id: $rid) { ... on Entity { blame(last: 2) { nodes { path } pageInfo { hasPreviousPage } } } } }",
        rid=made.refs["g0"],
    )
    assert last["node"]["blame"] == {"nodes": [{"path": path} for path in paths[-2:]], "pageInfo": {"hasPreviousPage": True}}

    await ask.data("{ ontology { typeGroups(first: 1) { nodes { blame { nodes { path revision } } } } } }")
    one = ask.statements
    await ask.data("{ ontology { typeGroups { nodes { blame { nodes { path revision } } } } } }")
    assert ask.statements == one == 4


@pytest.mark.parametrize("seed", range(4))
async def test_the_blamed_revision_is_the_last_in_which_the_value_changed(database: Database, seed: int) -> None:
    """Against the whole history, read version by version."""
    chance, ask, editing, change_sets = random.Random(seed), Asking(database), Editing(database), ChangeSets(database)
    rid = (await editing.apply(EDITOR, "main", [given.interface("Named", ref="n")])).refs["n"]
    merges = []
    for _ in range(14):
        row = await database.pool.fetchrow("SELECT version, deleted FROM entity WHERE rid = $1", rid)
        if row["deleted"] or (merges and chance.random() < 0.25):
            merges.append(await rolled_back(change_sets, merges.pop()))
        elif chance.random() < 0.1:
            merges.append((await editing.apply(EDITOR, "main", [given.deletion(Kind.INTERFACE, rid, row["version"])])).change_set.rid)
        else:
            change = given.update(Kind.INTERFACE, rid, row["version"], **words(chance))
            merges.append((await editing.apply(EDITOR, "main", [change])).change_set.rid)
    for revision in range(1, await database.pool.fetchval("SELECT max(revision) FROM revision") + 1):
        wanted = await last_changes(database, rid, revision)
        if wanted is not None:
            assert {path: each["revision"] for path, each in (await blamed(ask, rid, as_of=revision)).items()} == wanted


async def rolled_back(change_sets: ChangeSets, merged: str) -> str:
    return (await change_sets.rollback(REVIEWER, merged)).change_set.rid


def words(chance: random.Random) -> dict[str, Any]:
    items = [
        {"key": key, "apiName": f"{key}{chance.randrange(2)}", "type": {"base": "STRING"}, "required": chance.random() < 0.5}
        for key in chance.sample("abc", chance.randrange(4))
    ]
    every = {
        "displayName": chance.choice("xy"), "description": chance.choice(("x", "y", None)), "properties": items or None,
        "translations": {language: {"displayName": chance.choice("xy")} for language in chance.sample(("ko", "en"), chance.randrange(3))} or None,
    }  # fmt: skip
    return {name: every[name] for name in chance.sample(list(every), chance.randrange(1, 4))}


async def last_changes(database: Database, rid: str, revision: int) -> dict[str, int] | None:
    rows = await database.pool.fetch(
        "SELECT kind, definition, deleted, revision_from FROM entity_version WHERE rid = $1 AND revision_from <= $2 ORDER BY version",
        rid,
        revision,
    )
    if not rows or rows[-1]["deleted"]:
        return None
    states = [(row["revision_from"], {} if row["deleted"] else dict(leaves(definition_of(row["kind"], row["definition"])))) for row in rows]
    found = {}
    for path in states[-1][1]:
        before = NOWHERE
        for at, state in states:
            value = state.get(path, NOWHERE)
            if (value is NOWHERE) is not (before is NOWHERE) or (value is not NOWHERE and not same(value, before)):
                found[path] = at
            before = value
    return found
