"""Views are compared with PostgreSQL entity by entity, put right exactly where they differ, and built anew while others write."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys

import pytest
import pytest_asyncio

from app.adapters.neo4j import Neo4jGraph
from app.adapters.opensearch import alias_of
from app.domain.digest import Trouble
from app.domain.document import Document, version
from app.domain.errors import InvalidState
from app.domain.job import JobState
from app.domain.kind import Kind
from app.persistence.sinks import NEO4J, OPENSEARCH
from app.ports.graph_store import Vertex
from app.services.editing import Editing
from app.services.graphing import Graphing
from app.services.indexing import Indexing
from app.services.jobs import Jobs
from app.services.reconciling import Reconciling
from app.services.syncing import Syncing
from tests import given
from tests.asking import Asking
from tests.given import ADMIN, EDITOR


@pytest_asyncio.fixture
async def store(neo4j):
    made = Neo4jGraph(neo4j, seconds=60)
    yield made
    await made.close()


@pytest.fixture
def editing(database):
    return Editing(database)


async def quiet(_):
    """Nobody follows."""


async def written(editing, count=12):
    """So many object types, with links between them, and one that was deleted."""
    operations = [operation for number in range(count) for operation in given.object_type(f"T{number}")]
    made = await editing.apply(EDITOR, "main", operations)
    await editing.apply(EDITOR, "main", [given.link_type(made.refs["T0"], made.refs[f"T{n}"], f"l{n}") for n in range(1, count)])
    gone = await editing.apply(EDITOR, "main", given.object_type("Gone"))
    await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, gone.refs["Gone"], 1, cascade=True)])
    return made


async def holding(view, ontology):
    return {copy.rid: copy.live async for copy in view.held(ontology)}


async def saying(view, ontology):
    return {copy.rid: copy.live async for copy in view.wanted(ontology)}


def live(copies):
    return {rid: copy for rid, copy in copies.items() if copy is not None}


async def test_a_view_that_is_right_is_proved_to_be(database, index, store, editing, main):
    await written(editing)
    for view in (Indexing(database, index), Graphing(database, store)):
        await view.reach(main)
        proof = await Reconciling(database, [view]).prove(view, main, "main")
        assert (proof.right, proof.revision, proof.head, proof.refused) == (True, 4, 4, 0)
        assert (proof.wanted.count, proof.wanted.digest) == (proof.held.count, proof.held.digest)
        assert proof.held.count == 12 * 2 + 11


async def test_what_a_view_has_not_come_to_yet_is_late_and_no_difference(database, index, store, editing, main):
    made = await written(editing)
    views = [Indexing(database, index), Graphing(database, store)]
    for view in views:
        await view.reach(main)
    await editing.apply(
        EDITOR, "main", [given.update(Kind.OBJECT_TYPE, made.refs["T1"], 1, displayName="Later"), *given.object_type("New")]
    )
    for view in views:
        proof = await Reconciling(database, views).prove(view, main, "main")
        assert (proof.right, proof.revision, proof.head) == (True, 4, 5)
        assert proof.wanted.digest != proof.held.digest


async def sabotage_index(index, database, main, view):
    """Some documents lost, old, of another content, and one that nobody wrote; says which is which."""
    copies = sorted(rid for rid, copy in (await saying(view, main)).items() if copy is not None)
    lost, other = random.Random(7).sample(copies, 2)
    stored = {document.rid: document async for document in index.stored(main)}
    await index._client.delete(
        index=alias_of(main), id=lost, params={"version": stored[lost].version, "version_type": "external_gte", "refresh": "true"}
    )
    ghost = f"{lost[:-4]}ffff"
    await index.put(main, [Document(ghost, 5, {**stored[other].body, "rid": ghost})])
    await index.put(main, [Document(other, stored[other].version, {**stored[other].body, "displayKey": "altered"})])
    return {lost: Trouble.MISSING, ghost: Trouble.EXTRA, other: Trouble.ALTERED}


async def sabotage_graph(store, database, main, view):
    copies = sorted(rid for rid, copy in (await saying(view, main)).items() if copy is not None)
    lost, old, other = random.Random(7).sample(copies, 3)
    held = {vertex.rid: vertex async for vertex in store.stored(main)}
    await store._written(("MATCH (e:Entity {rid: $rid}) DETACH DELETE e", {"rid": lost}))
    await store._written(("MATCH (e:Entity {rid: $rid}) SET e.version = $version", {"rid": old, "version": version(1, 0)}))
    ghost = f"{lost[:-4]}ffff"
    node = held[other].node
    await store.put(main, [Vertex(ghost, 5, node._replace(rid=ghost)), Vertex(other, held[other].version, node._replace(display_name="?"))])
    broken = {lost: Trouble.MISSING, old: Trouble.STALE, ghost: Trouble.EXTRA, other: Trouble.ALTERED}
    for rid, vertex in held.items():  # who referred to what was lost has lost the reference as well
        if any(link.target == lost for link in vertex.links) or (rid == other and vertex.links):
            broken.setdefault(rid, Trouble.ALTERED)
    return broken


@pytest.mark.parametrize("sink", [OPENSEARCH, NEO4J])
async def test_exactly_what_differs_is_named_and_put_right(database, index, store, editing, main, sink):
    await written(editing)
    view = Indexing(database, index) if sink == OPENSEARCH else Graphing(database, store)
    await view.reach(main)
    broken = await (sabotage_index(index, database, main, view) if sink == OPENSEARCH else sabotage_graph(store, database, main, view))
    reconciling = Reconciling(database, [view])

    proof = await reconciling.prove(view, main, "main")
    assert {each.rid: each.trouble for each in proof.differing} == broken

    mended = await reconciling.reconcile(view, main, "main")
    assert mended.mended == len(broken)
    assert live(await holding(view, main)) == live(await saying(view, main))
    assert (await reconciling.prove(view, main, "main")).right


async def test_a_document_that_has_lost_its_rid_is_named_and_put_right(database, index, editing, main):
    made = await written(editing)
    view, rid = Indexing(database, index), made.refs["T1"]
    await view.reach(main)
    [document] = [each async for each in index.stored(main, rids=[rid])]
    nameless = {name: value for name, value in document.body.items() if name != "rid"}
    await index.put(main, [Document(rid, document.version, nameless)])
    reconciling = Reconciling(database, [view])

    proof = await reconciling.reconcile(view, main, "main")
    assert ([(each.rid, each.trouble) for each in proof.differing], proof.mended) == ([(rid, Trouble.ALTERED)], 1)
    assert [each async for each in index.stored(main, rids=[rid])] == [document]


async def test_what_bears_a_version_that_never_was_is_named_and_goes_with_the_index(database, index, editing, main):
    made = await written(editing)
    view, rid = Indexing(database, index), made.refs["T1"]
    await view.reach(main)
    [document] = [each async for each in index.stored(main, rids=[rid])]
    await index.put(main, [Document(rid, document.version + 100, document.body)])
    reconciling = Reconciling(database, [view])

    proof = await reconciling.reconcile(view, main, "main")
    assert ([(each.rid, each.trouble) for each in proof.differing], proof.mended) == ([(rid, Trouble.AHEAD)], 0)

    await view.rebuild(main, quiet)
    assert (await reconciling.prove(view, main, "main")).right


async def test_mending_brings_nothing_newer_than_the_graph_is_at(database, store, editing, main):
    made = await written(editing)
    view = Graphing(database, store)
    await view.reach(main)
    later = [given.update(Kind.OBJECT_TYPE, made.refs["T1"], 1, displayName="Later"), *given.object_type("New")]
    newest = await editing.apply(EDITOR, "main", later)
    before = [vertex async for vertex in store.stored(main)]

    await view.mend(main, [made.refs["T1"], made.refs["T2"], newest.refs["New"]])

    assert [vertex async for vertex in store.stored(main)] == before


async def test_an_index_that_was_wiped_is_filled_again_by_the_next_merge(database, index, editing, main):
    made = await written(editing)
    view = Indexing(database, index)
    await view.reach(main)
    await index.drop(f"{alias_of(main)}*")
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, made.refs["T1"], 1, displayName="Later")])

    await view.reach(main)

    assert live(await holding(view, main)) == live(await saying(view, main))
    assert (await Reconciling(database, [view]).prove(view, main, "main")).right


async def test_a_full_sync_is_a_job_that_says_what_it_built(database, index, store, editing, main):
    await written(editing)
    views = [Indexing(database, index), Graphing(database, store)]
    jobs = Jobs(database)
    async with Syncing(database, jobs, Reconciling(database, views)).opened() as syncing:
        job = await syncing.submit(ADMIN, ontology="main")
        await syncing.underway.done()
    ended = await jobs.find(ADMIN, job.rid)
    assert ended.state is JobState.SUCCEEDED
    assert [(each["sink"], each["revision"], each["entities"], each["refused"], each["differing"]) for each in ended.result["synced"]] == [
        (OPENSEARCH, 4, 37, 0, 0), (NEO4J, 4, 37, 0, 0),
    ]  # fmt: skip
    for view in views:
        assert live(await holding(view, main)) == live(await saying(view, main))


async def test_where_no_sink_is_set_up_there_is_nothing_to_sync(database):
    syncing = Syncing(database, Jobs(database), Reconciling(database, []))
    with pytest.raises(InvalidState, match="nothing to sync"):
        await syncing.submit(ADMIN)


async def test_a_sink_that_is_not_set_up_is_named_with_those_that_are(database, index):
    syncing = Syncing(database, Jobs(database), Reconciling(database, [Indexing(database, index)]))
    with pytest.raises(InvalidState, match="The sink kafka is not set up; set up: opensearch"):
        await syncing.verify(None, ["opensearch", "kafka"])


FULL_SYNC = """mutation($i: FullSyncInput!) { fullSync(input: $i) { job { rid kind ontologyName } } }"""
SYNCED = "query($rid: ID!) { job(rid: $rid) { state synced { sink ontologyName revision entities refused differing } failure { code message } } }"


async def test_an_admin_asks_for_a_full_sync_and_reads_what_came_of_it(database, index, editing, main):
    await written(editing)
    async with Syncing(database, Jobs(database), Reconciling(database, [Indexing(database, index)])).opened() as syncing:
        ask = Asking(database, syncing=syncing)
        job = (await ask.data(FULL_SYNC, i={"ontology": "main", "sinks": ["OPENSEARCH"]}, actor=ADMIN))["fullSync"]["job"]
        await syncing.underway.done()
        assert await ask.codes(FULL_SYNC, i={"sinks": ["NEO4J"]}, actor=ADMIN) == ["INVALID_STATE"]
        assert await ask.codes(FULL_SYNC, i={"ontology": "nowhere"}, actor=ADMIN) == ["NOT_FOUND"]
        assert await ask.codes(FULL_SYNC, i={}, actor=EDITOR) == ["FORBIDDEN"]
        assert (job["kind"], job["ontologyName"]) == ("FULL_SYNC", "main")
        assert (await ask.data(SYNCED, rid=job["rid"]))["job"] == {
            "state": "SUCCEEDED", "failure": None,
            "synced": [{"sink": "OPENSEARCH", "ontologyName": "main", "revision": 4, "entities": 37, "refused": 0, "differing": 0}],
        }  # fmt: skip


async def test_the_command_proves_names_and_puts_right(database, database_url, opensearch, index, editing, main):
    made = await written(editing)
    await Indexing(database, index).reach(main)
    rid = made.refs["T3"]
    [document] = [each async for each in index.stored(main, rids=[rid])]
    await index.put(main, [Document(rid, document.version, {**document.body, "displayKey": "altered"})])

    async def oms(*arguments):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"DATABASE_URL": database_url, "OPENSEARCH_URL": opensearch},
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(), 240)
        return process.returncode, said.decode()

    code, said = await oms("verify", "--json")
    [proof] = json.loads(said)
    assert (code, proof["differing"], proof["postgres"]["entities"]) == (2, [{"rid": rid, "trouble": "ALTERED"}], 35)
    code, said = await oms("verify", "--repair")
    assert (code, f"opensearch: {rid} is ALTERED" in said) == (0, True)
    assert (await oms("verify"))[0] == 0
    code, said = await oms("sync", "full", "--json")
    assert (code, json.loads(said)[0]["entities"]) == (0, 37)
