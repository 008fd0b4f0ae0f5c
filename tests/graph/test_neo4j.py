"""The graph in the real Neo4j: it answers as PostgreSQL does, or not at all."""

from __future__ import annotations

import asyncio
import socket

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from app.adapters.neo4j import LABELS, TYPES, Neo4jGraph
from app.domain.breaker import Breaker, Circuit
from app.domain.change_set import Operation
from app.domain.definition import Edge
from app.domain.document import version
from app.domain.kind import Kind
from app.persistence import sinks
from app.persistence.graph import PostgresGraph
from app.persistence.reads.selection import At
from app.persistence.sinks import NEO4J
from app.persistence.vertices import changed, vertices
from app.ports.search_index import SinkDown
from app.services import graph
from app.services.editing import Editing
from app.services.graphing import Graphing, Graphs
from tests import given
from tests.given import EDITOR
from tests.graph.contract import answers
from tests.services.test_laws import emptied
from tests.strategies import ontologies


@pytest_asyncio.fixture
async def store(neo4j: str):
    """A graph database that other tests fill at the same time: each has ontologies of its own, and touches no others."""
    made = Neo4jGraph(neo4j, seconds=120)
    await made.prepare()
    yield made
    await made.close()


async def wiped(store: Neo4jGraph, ontology: str) -> None:
    await store._written(("MATCH (n {ontology: $ontology}) DETACH DELETE n", {"ontology": ontology}))


@pytest.fixture
def editing(database):
    return Editing(database)


@pytest.fixture
def graphing(database, store):
    return Graphing(database, store)


async def at(database) -> At:
    row = await database.pool.fetchrow("SELECT rid, head_revision FROM ontology WHERE api_name = 'main'")
    return At(row["rid"], row["head_revision"], row["head_revision"], 1)


async def held(store: Neo4jGraph, ontology: str):
    return [vertex async for vertex in store.stored(ontology)]


async def wanted(database, now: At):
    async with database.reading() as snapshot:
        return await vertices(snapshot, 1, now.revision, await changed(snapshot, now.ontology, -1, now.revision))


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@drawn(ontologies(), st.randoms(use_true_random=False))
async def test_both_answer_alike(database, store, creations: list[Operation], random):
    await emptied(database)
    await wiped(store, (await at(database)).ontology)
    merged = await Editing(database).apply(EDITOR, "main", creations)
    rids = sorted(random.sample([change.rid for change in merged.changes], min(2, len(merged.changes))))
    now = await at(database)
    await Graphing(database, store).reach(now.ontology)

    async with database.reading() as snapshot:
        expected = await answers(PostgresGraph(snapshot, now), rids)
    async with store.at(now.ontology, version(1, now.revision)) as state:
        assert await answers(state, rids) == expected
        assert await state.held()
    assert await held(store, now.ontology) == await wanted(database, now)


async def test_what_is_changed_and_deleted_is_so_there_as_well(database, store, editing, graphing):
    merged = await editing.apply(
        EDITOR, "main", [*given.object_type("A"), *given.object_type("B"), given.link_type("ref:A", "ref:B", "ab")]
    )
    now = await at(database)
    await graphing.reach(now.ontology)
    await editing.apply(
        EDITOR,
        "main",
        [given.update(Kind.OBJECT_TYPE, merged.refs["A"], 1, displayName="Anew"), given.deletion(Kind.LINK_TYPE, merged.refs["ab"], 1)],
    )

    reached = await graphing.reach(now.ontology)

    now = await at(database)
    found = {vertex.rid: vertex for vertex in await held(store, now.ontology)}
    assert (reached.revision, reached.written) == (2, 2)
    assert (found[merged.refs["ab"]].node, found[merged.refs["ab"]].links) == (None, ())
    assert found[merged.refs["A"]].node.display_name == "Anew"
    assert list(found.values()) == await wanted(database, now)


async def test_nothing_is_written_twice_and_nothing_goes_back(database, store, editing, graphing):
    await editing.apply(EDITOR, "main", given.object_type("A"))
    now = await at(database)
    old = await wanted(database, now)
    rid = next(each.rid for each in old if each.node.kind is Kind.OBJECT_TYPE)
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, rid, 1, displayName="Newer")])
    now = await at(database)
    assert (await graphing.reach(now.ontology)).written == 2

    assert (await graphing.reach(now.ontology)).written == 0
    await store.put(now.ontology, old)  # a late writer
    assert await held(store, now.ontology) == await wanted(database, now)


async def test_of_several_workers_none_spoils_what_another_wrote(database, store, editing):
    merged = await editing.apply(EDITOR, "main", [*given.object_type("A"), *given.object_type("B")])
    now = await at(database)

    async def write():
        for number in range(1, 9):
            await editing.apply(
                EDITOR,
                "main",
                [
                    given.update(Kind.OBJECT_TYPE, merged.refs["A"], number, description=str(number)),
                    given.link_type(merged.refs["A"], merged.refs["B"], f"l{number}"),
                ],
            )

    async def follow():
        for _ in range(6):
            try:
                await Graphing(database, store).reach(now.ontology)
            except SinkDown:  # two of them waited for each other: the next try goes through
                await asyncio.sleep(0.05)

    await asyncio.gather(write(), follow(), follow(), follow())
    await Graphing(database, store).reach(now.ontology)

    now = await at(database)
    assert await held(store, now.ontology) == await wanted(database, now)
    async with store.at(now.ontology, version(1, now.revision)) as state:
        assert state is not None


async def test_a_graph_that_is_emptied_just_before_it_is_written_is_not_taken_for_whole(database, store, editing, graphing):
    await editing.apply(EDITOR, "main", given.object_type("A"))
    first = await at(database)
    await graphing.reach(first.ontology)
    async with database.reading() as snapshot:
        seen = await sinks.watermark(snapshot, NEO4J, first.ontology)
    await editing.apply(EDITOR, "main", given.object_type("B"))
    await store._written(("MATCH (n {ontology: $o}) DETACH DELETE n", {"o": first.ontology}))

    await graphing._write(first.ontology, seen._replace(head=first.revision + 1), seen.reached)
    await graphing.reach(first.ontology)

    now = await at(database)
    assert await held(store, now.ontology) == await wanted(database, now)


async def test_who_reads_while_it_is_written_gets_no_torn_answer(database, store, editing, graphing):
    await editing.apply(EDITOR, "main", given.object_type("A"))
    now = await at(database)
    await graphing.reach(now.ontology)
    [rid] = [each.rid for each in await wanted(database, now) if each.node.kind is Kind.OBJECT_TYPE]
    graphs = Graphs(store)

    async def question(state):
        found = await graph.impact(state, rid, depth=1, limit=10)
        await store.begin(now.ontology, version(1, now.revision + 1))
        return found

    async with database.reading() as snapshot:
        _, by_store = await graphs.ask(snapshot, now, question)
        _, between = await graphs.ask(snapshot, now, graph.statistics)
    assert (by_store, between) == (False, False)
    await store.finish(now.ontology, version(1, now.revision + 1))


async def test_it_answers_at_its_revision_only(database, store, editing, graphing):
    await editing.apply(EDITOR, "main", given.object_type("A"))
    now = await at(database)
    graphs = Graphs(store)
    async with database.reading() as snapshot:
        behind = await graphs.ask(snapshot, now, graph.statistics)
        await graphing.reach(now.ontology)
        there = await graphs.ask(snapshot, now, graph.statistics)
        past = await graphs.ask(snapshot, now.back(0), graph.statistics)
    assert (behind[1], there[1], past[1]) == (False, True, False)
    assert behind[0] == there[0]
    assert past[0].nodes == 0


async def test_a_store_that_was_emptied_is_filled_again(database, store, editing, graphing):
    await editing.apply(EDITOR, "main", given.object_type("A"))
    now = await at(database)
    await graphing.reach(now.ontology)
    await wiped(store, now.ontology)

    reached = await graphing.reach(now.ontology)

    assert reached.written == 2
    assert await held(store, now.ontology) == await wanted(database, now)


async def test_after_a_restore_nothing_of_the_lost_time_is_left(database, store, editing, graphing):
    await editing.apply(EDITOR, "main", given.object_type("A"))
    now = await at(database)
    await graphing.reach(now.ontology)
    ghost = [
        (each.__class__)(each.rid + "x", each.version + 5, each.node._replace(rid=each.rid + "x"))
        for each in await held(store, now.ontology)
    ]
    await store.put(now.ontology, ghost)  # merged after the backup was made
    await database.pool.execute("UPDATE installation SET epoch = 2")

    await graphing.reach(now.ontology)

    assert {vertex.rid for vertex in await held(store, now.ontology)} == {vertex.rid for vertex in await wanted(database, now)}
    async with database.reading() as snapshot:
        assert (await sinks.watermark(snapshot, NEO4J, now.ontology)).reached == 1


async def test_without_it_postgres_answers_and_the_breaker_opens(database, editing):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    away, breaker = Neo4jGraph(f"bolt://127.0.0.1:{port}"), Breaker(failures=2)
    await editing.apply(EDITOR, "main", given.object_type("A"))
    graphs, now = Graphs(away, breaker), await at(database)

    async with database.reading() as snapshot:
        found = [await graphs.ask(snapshot, now, graph.statistics) for _ in range(3)]

    assert [(statistics.nodes, by_store) for statistics, by_store in found] == [(2, False)] * 3
    assert breaker.state is Circuit.OPEN
    with pytest.raises(SinkDown):
        await Graphing(database, away).reach(now.ontology)
    async with database.reading() as snapshot:
        assert (await sinks.watermark(snapshot, NEO4J, now.ontology)).reached == -1
    await away.close()


@pytest.mark.parametrize(
    ("listens", "reason"), [(False, "the graph database cannot be reached"), (True, "the graph database does not answer")]
)
async def test_the_reason_of_an_outage_is_a_sentence_and_names_no_address(listens, reason):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        if not listens:
            nobody.close()
        away = Neo4jGraph(f"bolt://localhost:{nobody.getsockname()[1] if listens else 1}", seconds=0.5 if listens else 60)
        with pytest.raises(SinkDown) as down:
            await away.prepare()
        await away.close()
    assert str(down.value) == reason


async def test_a_rebuild_reads_each_entity_once(database, store, editing):
    await editing.apply(EDITOR, "main", [*given.object_type("A"), *given.object_type("B")])
    now, read = await at(database), list[str]()

    class Counted(Graphing):
        async def _vertices(self, ontology, rids, *, newest):
            read.extend(rids)
            return await super()._vertices(ontology, rids, newest=newest)

    async def quiet(_):
        pass

    graphing = Counted(database, store)
    await graphing.reach(now.ontology)
    await graphing.rebuild(now.ontology, quiet)

    assert sorted(read) == [vertex.rid for vertex in await held(store, now.ontology)]


async def test_what_is_referred_to_before_it_is_written_waits_for_it(database, store, editing):
    await editing.apply(EDITOR, "main", given.object_type("A"))
    now = await at(database)
    everything = await wanted(database, now)
    for each in everything:  # one by one, so that one of them refers to what is not there
        await store.put(now.ontology, [each])
    assert await held(store, now.ontology) == everything


def test_labels_and_types_are_ours():
    names = [*LABELS.values(), *TYPES.values()]
    assert len(set(names)) == len(Kind) + len(Edge)
    assert all(name.replace("_", "").isalpha() for name in names)
