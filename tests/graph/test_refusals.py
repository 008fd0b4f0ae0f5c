"""What Neo4j refuses is put aside with its reason, PostgreSQL answers meanwhile, and an admin has it written again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import pytest_asyncio

from app.adapters.neo4j import Neo4jGraph
from app.domain.document import version
from app.domain.kind import Kind
from app.persistence.reads.selection import At
from app.persistence.sinks import NEO4J
from app.services.editing import Editing
from app.services.graphing import Graphing, Graphs
from app.services.reconciling import Reconciling
from app.services.repairs import Repairs
from tests import given
from tests.asking import Asking
from tests.given import ADMIN, EDITOR

STATUS = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Entity { rid indexStatus { state } } } }"
LETTERS = "{ deadLetters { sink rid attempts reason } }"
RETRY = "mutation { retryFailedEvents(input: {}) { rids refused { sink rid } } }"
REINDEX = "mutation($ids: [ID!]!) { reindex(input: {rids: $ids, sinks: [NEO4J]}) { rids refused { rid } } }"
DISCARD = "mutation($ids: [ID!]!) { discardFailedEvents(input: {rids: $ids, sinks: [NEO4J]}) { rids } }"


class Spoiling:
    """The real graph database, but one vertex is spoilt on its way: its name is no text, which Neo4j does not take."""

    def __init__(self, store, rid):
        self._store, self.rid = store, rid

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def put(self, ontology, vertices, **options):
        spoilt = [
            replace(each, node=each.node._replace(display_name={"no": "text"})) if each.rid == self.rid and each.node else each
            for each in vertices
        ]
        return await self._store.put(ontology, spoilt, **options)


class Slow:
    """The real graph database, but who wrote does not go on until they may."""

    def __init__(self, store):
        self._store, self.written, self.goes_on = store, asyncio.Event(), asyncio.Event()

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def put(self, ontology, vertices, **options):
        refused = await self._store.put(ontology, vertices, **options)
        self.written.set()
        await self.goes_on.wait()
        return refused


@pytest_asyncio.fixture
async def store(neo4j):
    made = Neo4jGraph(neo4j, seconds=120)
    await made.prepare()
    yield made
    await made.close()


@pytest.fixture
def graphing(database, store):
    return Graphing(database, store)


@pytest.fixture
def ask(database, graphing):
    return Asking(database, repairs=Repairs(database, [graphing]), sinks=(NEO4J,))


async def served_by_the_graph(database, store, revision):
    """Whether the graph database answers, and how many nodes the answer knows."""
    async with database.reading() as snapshot:
        main = await snapshot.fetch("SELECT rid FROM ontology WHERE api_name = 'main'")
        statistics, served = await Graphs(store, patience=60).ask(
            snapshot, At(main[0]["rid"], revision, revision, 1), lambda state: state.statistics(1)
        )
    return served, statistics.nodes


async def states(ask, rids):
    return {each["rid"]: [status["state"] for status in each["indexStatus"]] for each in (await ask.data(STATUS, ids=rids))["nodes"]}


async def test_what_is_refused_is_put_aside_the_rest_goes_on_and_postgres_answers_until_it_is_written(database, store, graphing, ask):
    made = await Editing(database).apply(EDITOR, "main", [*given.object_type("Ship"), given.type_group("fleet"), given.type_group("other")])
    fleet, rids = made.refs["fleet"], sorted(made.refs.values())

    reached = await Graphing(database, Spoiling(store, fleet)).reach(made.ontology)

    assert (reached.revision, [each.rid for each in reached.refused]) == (1, [fleet])
    assert sorted([vertex.rid async for vertex in store.stored(made.ontology)]) == [rid for rid in rids if rid != fleet]
    assert await states(ask, rids) == {rid: ["FAILED" if rid == fleet else "INDEXED"] for rid in rids}
    [letter] = (await ask.data(LETTERS, actor=ADMIN))["deadLetters"]
    assert (letter["sink"], letter["rid"], letter["attempts"]) == ("NEO4J", fleet, 1)
    assert await served_by_the_graph(database, store, 1) == (False, 4)

    grown = await Editing(database).apply(EDITOR, "main", [given.type_group("more")])
    await graphing.reach(made.ontology)  # what came later is written, and what was refused is still missing
    assert await served_by_the_graph(database, store, grown.revision) == (False, 5)

    assert (await ask.data(DISCARD, ids=[fleet], actor=ADMIN))["discardFailedEvents"]["rids"] == [fleet]
    assert (await ask.data(RETRY, actor=ADMIN))["retryFailedEvents"]["rids"] == []
    assert await served_by_the_graph(database, store, grown.revision) == (False, 5)

    answer = (await ask.data(REINDEX, ids=[fleet], actor=ADMIN))["reindex"]
    assert (answer["rids"], answer["refused"]) == ([fleet], [])
    assert await states(ask, rids) == {rid: ["INDEXED"] for rid in rids}
    assert await served_by_the_graph(database, store, grown.revision) == (True, 5)


async def test_a_retry_reads_the_entity_again_and_says_what_is_still_refused(database, store, graphing, ask):
    made = await Editing(database).apply(EDITOR, "main", [given.type_group("fleet"), given.type_group("other")])
    fleet, other = made.refs["fleet"], made.refs["other"]
    spoiling = Graphing(database, Spoiling(store, fleet))
    await spoiling.reach(made.ontology)
    await Graphing(database, Spoiling(store, other)).rewrite(made.ontology, [other])

    still = Asking(database, repairs=Repairs(database, [spoiling]), sinks=(NEO4J,))
    answer = (await still.data(RETRY, actor=ADMIN))["retryFailedEvents"]
    assert (answer["rids"], answer["refused"]) == (sorted([fleet, other]), [{"sink": "NEO4J", "rid": fleet}])
    await Editing(database).apply(EDITOR, "main", [given.update(Kind.TYPE_GROUP, fleet, 1, displayName="배")])
    await graphing.reach(made.ontology)
    assert (await ask.data(LETTERS, actor=ADMIN))["deadLetters"] == []
    assert (await Reconciling(database, [graphing]).prove(graphing, made.ontology, "main")).right
    assert await served_by_the_graph(database, store, 2) == (True, 2)


async def test_a_version_that_never_was_is_put_right_by_a_repair_and_by_a_full_sync(database, store, graphing):
    made = await Editing(database).apply(EDITOR, "main", [given.type_group("fleet"), given.type_group("other")])
    await graphing.reach(made.ontology)
    held = {vertex.rid: vertex async for vertex in store.stored(made.ontology)}
    fleet, ghost = made.refs["fleet"], f"{made.refs['other'][:-4]}ffff"
    reconciling = Reconciling(database, [graphing])

    async def quiet(_):
        pass

    for put_right in (lambda: reconciling.reconcile(graphing, made.ontology, "main"), lambda: graphing.rebuild(made.ontology, quiet)):
        ahead = version(1, 9)
        await store.put(made.ontology, [
            replace(held[fleet], version=ahead), replace(held[fleet], rid=ghost, version=ahead, node=held[fleet].node._replace(rid=ghost)),
        ])  # fmt: skip
        proof = await reconciling.prove(graphing, made.ontology, "main")
        assert {each.rid: each.trouble.value for each in proof.differing} == {fleet: "AHEAD", ghost: "EXTRA"}
        await put_right()
        assert (await reconciling.prove(graphing, made.ontology, "main")).right
        assert {vertex.rid: vertex async for vertex in store.stored(made.ontology) if vertex.node} == held


@pytest.mark.parametrize(
    ("spoiling", "trouble"),
    [
        ("MATCH (e:Entity {rid: $rid}) SET e.kind = 'a kind of a later release'", "ALTERED"),
        ("MATCH (e:Entity {rid: $rid}) SET e.status = 7", "ALTERED"),
        ("MATCH (e:Entity {rid: $rid}) REMOVE e.displayName", "ALTERED"),
        ("MATCH (e:Entity {rid: $rid}) SET e.version = 'text'", "MISSING"),
        ("MATCH (e:Entity {rid: $rid}) REMOVE e.deleted", "MISSING"),
        ("MATCH (e:Entity {rid: $rid}), (m:Entity {rid: $other}) CREATE (e)-[:GROUP {edge: 'unheard of'}]->(m)", "ALTERED"),
    ],
)
async def test_what_no_release_writes_is_named_and_put_right(database, store, graphing, spoiling, trouble):
    made = await Editing(database).apply(EDITOR, "main", [given.type_group("fleet"), given.type_group("other")])
    await graphing.reach(made.ontology)
    held, fleet = [vertex async for vertex in store.stored(made.ontology)], made.refs["fleet"]
    await store._written((spoiling, {"rid": fleet, "other": made.refs["other"]}))
    reconciling = Reconciling(database, [graphing])

    proof = await reconciling.reconcile(graphing, made.ontology, "main")
    assert ([(each.rid, each.trouble.value) for each in proof.differing], proof.mended) == ([(fleet, trouble)], 1)
    assert [vertex async for vertex in store.stored(made.ontology)] == held


async def test_postgres_answers_where_the_graph_holds_what_this_release_does_not_know(database, store, graphing):
    made = await Editing(database).apply(EDITOR, "main", [given.type_group("fleet"), given.type_group("other")])
    await graphing.reach(made.ontology)
    await store._written(("MATCH (e:Entity {rid: $rid}) SET e.kind = 'a kind of a later release'", {"rid": made.refs["fleet"]}))

    async with database.reading() as snapshot:
        at = At(made.ontology, made.revision, made.revision, 1)
        nodes, served = await Graphs(store, patience=60).ask(snapshot, at, lambda state: state.nodes(list(made.refs.values())))
    assert (served, {node.kind for node in nodes.values()}) == (False, {Kind.TYPE_GROUP})


async def test_a_rid_that_a_stranger_sits_on_is_refused_with_the_reason_and_written_when_they_are_gone(database, store, graphing, ask):
    made = await Editing(database).apply(EDITOR, "main", [given.type_group("fleet"), given.type_group("other")])
    fleet = made.refs["fleet"]
    await store._declared("CREATE CONSTRAINT tests_squatting IF NOT EXISTS FOR (e:TypeGroup) REQUIRE e.rid IS UNIQUE")
    await store._written(("CREATE (:TypeGroup {rid: $rid, ontology: $ontology})", {"rid": fleet, "ontology": made.ontology}))

    reached = await graphing.reach(made.ontology)
    assert [(each.rid, "already exists" in each.reason) for each in reached.refused] == [(fleet, True)]
    assert [vertex.rid async for vertex in store.stored(made.ontology)] == [made.refs["other"]]
    proof = await Reconciling(database, [graphing]).reconcile(graphing, made.ontology, "main")
    assert (proof.right, proof.refused) == (True, 1)

    await store._written(("MATCH (e:TypeGroup {rid: $rid}) WHERE NOT e:Entity DETACH DELETE e", {"rid": fleet}))
    assert (await ask.data(RETRY, actor=ADMIN))["retryFailedEvents"] == {"rids": [fleet], "refused": []}
    assert await served_by_the_graph(database, store, 1) == (True, 2)


async def test_who_says_late_that_an_earlier_version_was_written_does_not_strike_out_that_the_later_one_was_refused(
    database, store, graphing, ask
):
    made = await Editing(database).apply(EDITOR, "main", [given.type_group("fleet")])
    fleet, slow = made.refs["fleet"], Slow(store)
    earlier = asyncio.create_task(Graphing(database, slow).reach(made.ontology))
    await slow.written.wait()
    await Editing(database).apply(EDITOR, "main", [given.update(Kind.TYPE_GROUP, fleet, 1, displayName="Later")])
    assert [each.rid for each in (await Graphing(database, Spoiling(store, fleet)).reach(made.ontology)).refused] == [fleet]

    slow.goes_on.set()
    await earlier

    assert [each["rid"] for each in (await ask.data(LETTERS, actor=ADMIN))["deadLetters"]] == [fleet]
    assert await states(ask, [fleet]) == {fleet: ["FAILED"]}
    assert await served_by_the_graph(database, store, 2) == (False, 1)


async def test_what_refers_to_what_is_refused_keeps_its_reference_when_a_graph_is_filled_anew(database, store, graphing):
    made = await Editing(database).apply(EDITOR, "main", given.object_type("Ship"))

    reached = await Graphing(database, Spoiling(store, made.refs["Ship"])).reach(made.ontology)

    assert [each.rid for each in reached.refused] == [made.refs["Ship"]]
    [key] = [vertex async for vertex in store.stored(made.ontology)]
    assert (key.rid, [link.target for link in key.links]) == (made.refs["Ship.id"], [made.refs["Ship"]])
    proof = await Reconciling(database, [graphing]).prove(graphing, made.ontology, "main")
    assert (proof.differing, proof.refused) == ((), 1)
