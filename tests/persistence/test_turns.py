"""What the write path promises of its lock, its statements, its neighbourhood and its outbox."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from app.domain.change_set import Operation
from app.domain.closure import Closure
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.plan import Plan, judge
from app.domain.planning import prepare
from app.domain.topics import TOPICS
from app.persistence import neighbourhood, store, whole
from app.persistence.database import Database
from app.persistence.merging import CROSSING, PLANNING, Proposal, planned, with_rids
from app.sample.story import tell
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from tests import given
from tests.given import ADMIN, EDITOR

PROPOSALS = 120
PROMPTLY = 60  # seconds; a merge holds its turn for ever here


async def ontology(database: Database, name: str = "main") -> str:
    return str(await database.pool.fetchval("SELECT rid FROM ontology WHERE api_name = $1", name))


async def test_staging_does_not_wait_for_a_merge(database: Database) -> None:
    change_sets = ChangeSets(database)
    held = await ontology(database)

    async with database.writing() as work, asyncio.timeout(PROMPTLY):
        await store.lock(work, held)
        found = await change_sets.open(EDITOR, "main", title="Meanwhile")
        await change_sets.stage(EDITOR, found.rid, given.object_type("Person"))
        await change_sets.comment(EDITOR, found.rid, "Nobody waits.")

    assert (await change_sets.merge(EDITOR, found.rid)).revision == 1


@pytest.mark.parametrize("size", [1, 30, 250])
async def test_a_plan_takes_the_same_statements_whatever_its_size(database: Database, size: int) -> None:
    editing = Editing(database)
    made = await editing.apply(EDITOR, "main", [each for n in range(size) for each in given.object_type(f"Thing{n}")])
    things = [made.refs[f"Thing{n}"] for n in range(size)]
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, rid, 1, description="Theirs") for rid in things])
    mine = [given.update(Kind.OBJECT_TYPE, rid, 1, displayName="Mine") for rid in things]

    async with database.reading() as snapshot:
        plan = await planned(snapshot, await ontology(database), Proposal(mine, strict=False))

    assert len(plan.or_raise().changes) == size
    assert snapshot.statements == PLANNING


@pytest.mark.parametrize("size", [1, 40])
async def test_a_merge_that_breaks_rules_takes_the_same_statements_whatever_its_size(database: Database, size: int) -> None:
    editing = Editing(database)
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Car"), *given.object_type("Bus")])
    base = await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, made.refs["Bus"], 1, description="Red")])
    await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, made.refs["Car"], 1)])
    links = [given.link_type(made.refs["Person"], made.refs["Car"], f"owns{number}") for number in range(size)]
    seen = given.update(Kind.OBJECT_TYPE, made.refs["Bus"], 1, displayName="Omnibus")
    proposal = Proposal(with_rids([seen, *links]), strict=False, base_revision=base.revision)

    async with database.reading() as snapshot:
        plan = await planned(snapshot, await ontology(database), proposal)

    assert len(plan.conflicts) == size
    assert snapshot.statements == PLANNING + CROSSING


async def test_a_merge_that_changes_nothing_is_a_revision_without_changes(database: Database) -> None:
    editing = Editing(database)
    person = (await editing.apply(EDITOR, "main", given.object_type("Person"))).refs["Person"]

    merged = await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 1, displayName="Person")])

    assert (merged.revision, merged.changes, merged.change_set.merged_revision) == (2, (), 2)
    assert await database.pool.fetchval("SELECT counts FROM revision WHERE revision = 2") == {}
    assert await database.pool.fetchval("SELECT version FROM entity WHERE rid = $1", person) == 1


async def test_everything_that_happens_is_sent_to_its_topic_under_the_declared_key(database: Database) -> None:
    editing, change_sets, ontologies = Editing(database), ChangeSets(database), Ontologies(database)
    every = [
        *given.object_type("Car"), given.shared_property("shared"), given.value_type("value"), given.link_type("ref:Car", "ref:Car", "near"),
        given.interface("Shape"), given.type_group("group"), given.action_type("act"),
    ]  # fmt: skip
    made = await editing.apply(EDITOR, "main", every)
    updates = [given.update(each.kind, each.rid, 1, description="One more") for each in made.changes]
    updated = await editing.apply(EDITOR, "main", updates)
    for undone in (updated, made):
        await change_sets.rollback(EDITOR, undone.change_set.rid)
    opened = await change_sets.open(EDITOR, "main", title="Work")
    await change_sets.comment(EDITOR, opened.rid, "Soon.")
    await change_sets.close(EDITOR, opened.rid)
    second = await ontologies.create(ADMIN, api_name="second", display_name="Second")
    await ontologies.update(ADMIN, second.rid, expected_version=1, display_name="Two")
    await ontologies.archive(ADMIN, second.rid, expected_version=2)

    sent = await database.pool.fetch("SELECT topic, key, rid, ontology, payload FROM outbox ORDER BY id")

    declared = {topic.name: topic.key for topic in TOPICS}
    assert {row["topic"] for row in sent} == declared.keys()
    for row in sent:
        named = {"rid": row["rid"], "ontology": row["ontology"], "changeSet": (row["payload"] or {}).get("changeSet")}
        assert row["key"] == named[declared[row["topic"]]], row["topic"]


async def test_the_neighbourhood_shows_the_rules_what_the_whole_ontology_shows(database: Database) -> None:
    await tell(database)
    sample = await ontology(database, "sample")
    chance = random.Random(20261124)
    async with database.reading() as snapshot:
        entities = await whole.entities(snapshot, sample)
        every = Closure(entities)
        for _ in range(PROPOSALS):
            operations = [proposed(chance, entities) for _ in range(chance.choice((1, 1, 2, 4)))]
            heads = await neighbourhood.heads(snapshot, sample, (each.rid for each in operations))
            prepared = [prepare(operations, heads, {}, strict=False) for _ in range(2)]
            names = await neighbourhood.names(snapshot, sample, prepared[0])
            near = judge(prepared[0], await neighbourhood.closure(snapshot, sample, prepared[0]), names, strict=False)
            far = judge(prepared[1], every, names, strict=False)
            assert told(near) == told(far), operations


def told(plan: Plan) -> Any:
    broken = {(each.rule, each.rid, each.path, tuple(sorted(each.by))) for each in plan.violations}
    return broken, {(change.rid, change.action, change.after and repr(change.after.definition)) for change in plan.changes}


def proposed(chance: random.Random, entities: list[Entity]) -> Operation:
    """Something that an author could do to an entity, wise or not; every kind is as likely."""
    kind = chance.choice(list(Kind))
    entity = chance.choice([each for each in entities if each.kind is kind])
    words = entity.definition.canonical()
    match chance.choice(("delete", "cascade", "status", "type", "retarget", "retarget", "clear")):
        case "delete":
            return given.deletion(kind, entity.rid, entity.version)
        case "cascade":
            return given.deletion(kind, entity.rid, entity.version, cascade=True)
        case "type" if "type" in words:
            return given.update(kind, entity.rid, entity.version, type={"base": chance.choice(("BOOLEAN", "LONG", "VECTOR"))})
        case "retarget" if entity.references:
            reference = chance.choice(entity.references)
            others = [each.rid for each in entities if each.kind in reference.kinds]
            other = json.loads(json.dumps(words).replace(reference.target, chance.choice(others)))
            return given.update(kind, entity.rid, entity.version, **{key: other[key] for key in other if other[key] != words[key]})
        case "clear":
            optional = [
                key for key in words if key in {"implements", "extends", "properties", "constraints", "valueType", "typeGroups", "aliases"}
            ]
            return given.update(kind, entity.rid, entity.version, **dict.fromkeys(optional[:1]))
        case _:
            return given.update(kind, entity.rid, entity.version, status=chance.choice(("ACTIVE", "EXPERIMENTAL", "EXAMPLE")))
