"""Everybody sees what can be searched, and an admin sees, retries and discards what cannot."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest

from app.domain.kind import Kind
from app.persistence.documents import documents
from app.persistence.sinks import NEO4J, OPENSEARCH, Incidents, advance, watermark
from app.services.editing import Editing
from app.services.indexing import Indexing
from app.services.repairs import Repairs
from tests import given
from tests.asking import Asking
from tests.given import ADMIN, EDITOR, VIEWER
from tests.search.test_indexing import Refusing

STATUS = "query($rid: ID!) { node(id: $rid) { ... on Entity { indexStatus { sink state version reason attempts } } } }"
SINKS = "{ serverStatus { sinks { sink failingSince reason attempts behind deadLetters } } }"
LETTERS = "{ deadLetters { sink rid revision reason attempts entity { apiName } } }"


def mutation(name):
    kind = f"{name[0].upper()}{name[1:]}"
    return f"mutation($i: {kind}Input!) {{ {name}(input: $i) {{ clientMutationId rids refused {{ rid reason }} }} }}"


@pytest.fixture
def editing(database):
    return Editing(database)


@pytest.fixture
def ask(database, index):
    return Asking(database, repairs=Repairs(database, [Indexing(database, index)]), sinks=(OPENSEARCH,))


async def status(ask, rid):
    [found] = (await ask.data(STATUS, rid=rid))["node"]["indexStatus"]
    return found["state"], found["version"], found["attempts"]


async def test_an_entity_is_pending_until_the_sink_has_its_version(ask, index, database, editing, main):
    made = await editing.apply(EDITOR, "main", [*given.object_type("Ship"), *given.object_type("Barge")])
    ship = made.refs["Ship"]
    assert await status(ask, ship) == ("PENDING", 1, None)

    await Indexing(database, index).reach(main)
    assert await status(ask, ship) == ("INDEXED", 1, None)
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, ship, 1, displayName="Barge")])
    assert await status(ask, ship) == ("PENDING", 2, None)
    assert await status(ask, made.refs["Barge.id"]) == ("INDEXED", 1, None)

    await Incidents(database, OPENSEARCH).begin("the engine does not answer", 3, 300)
    assert await status(ask, ship) == ("FAILED", 2, 3)
    [sink] = (await ask.data(SINKS))["serverStatus"]["sinks"]
    assert (sink["sink"], sink["attempts"], sink["behind"], sink["deadLetters"]) == ("OPENSEARCH", 3, 1, 0)
    assert sink["failingSince"]


EACH = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Entity { rid apiName indexStatus { sink state } } } }"
WORDS = {
    "Barge": Kind.OBJECT_TYPE, "Ship.id": Kind.PROPERTY, "sails": Kind.LINK_TYPE, "Moving": Kind.INTERFACE, "Floating": Kind.INTERFACE,
    "Being": Kind.INTERFACE, "fleet": Kind.TYPE_GROUP, "speed": Kind.SHARED_PROPERTY,
}  # fmt: skip


@pytest.mark.parametrize("renamed", WORDS)
async def test_what_is_made_of_a_neighbour_is_pending_until_the_sink_has_the_neighbour(database, editing, main, renamed):
    ask = Asking(database, sinks=(NEO4J, OPENSEARCH))
    made = await editing.apply(EDITOR, "main", world())
    rids = sorted(made.refs.values())
    await reached(database, main)

    async def pending():
        found = (await ask.data(EACH, ids=rids))["nodes"]
        return {
            (each["rid"], status["sink"]) for each in found for status in each["indexStatus"] if status["state"] == "PENDING"
        }  # fmt: skip

    async def written():
        async with database.reading() as snapshot:
            return {each.rid: each.version for each in await documents(snapshot, 1, rids)}

    assert await pending() == set()
    before = await written()
    await editing.apply(EDITOR, "main", [given.update(WORDS[renamed], made.refs[renamed], 1, displayName="Something else")])
    after = await written()

    assert await pending() == {(made.refs[renamed], "NEO4J")} | {(rid, "OPENSEARCH") for rid in rids if after[rid] != before[rid]}
    assert ask.statements <= 4  # however many there are
    await reached(database, main)
    assert await pending() == set()


def world():
    """Everything that a document can be made of."""
    return [
        given.shared_property("speed"), given.type_group("fleet"), given.interface("Being"),
        given.interface("Floating", extends=["ref:Being"]),
        given.interface("Moving", extends=["ref:Floating"]),
        given.interface("Fast", properties=[{"key": "speed", "sharedProperty": "ref:speed"}]),
        *given.object_type("Barge"),
        *given.object_type("Ship", implements=[{"interface": "ref:Moving"}], typeGroups=["ref:fleet"]),
        given.link_type("ref:Ship", "ref:Barge", "sails"),
    ]  # fmt: skip


async def reached(database, ontology):
    """As workers say when both sinks have everything."""
    for sink in (OPENSEARCH, NEO4J):
        async with database.writing() as work:
            mark = await watermark(work, sink, ontology)
            assert await advance(work, sink, ontology, mark)


async def test_the_status_has_no_past(ask, editing, main):
    made = await editing.apply(EDITOR, "main", [given.type_group("one", ref="one")])
    query = "query($rid: ID!, $at: RevisionOrTime) { ontology(asOf: $at) { entity(rid: $rid) { indexStatus { state } } } }"
    assert await ask.codes(query, rid=made.refs["one"], at=1) == ["BAD_USER_INPUT"]
    assert (await ask.data(query, rid=made.refs["one"], at=None))["ontology"]["entity"]["indexStatus"] == [{"state": "PENDING"}]


async def test_where_no_sink_is_set_up_there_is_no_status(database, editing):
    made = await editing.apply(EDITOR, "main", given.object_type("Ship"))
    ask = Asking(database)

    assert (await ask.data(STATUS, rid=made.refs["Ship"]))["node"]["indexStatus"] == []
    assert (await ask.data(SINKS))["serverStatus"]["sinks"] == []
    assert await ask.codes(mutation("reindex"), i={"rids": [made.refs["Ship"]]}, actor=ADMIN) == ["INVALID_STATE"]


async def test_an_admin_sees_retries_and_discards_what_was_refused(ask, index, database, editing, main):
    made = await editing.apply(EDITOR, "main", given.object_type("Ship"))
    ship, key = made.refs["Ship"], made.refs["Ship.id"]
    refusing = Indexing(database, Refusing(index, ship))
    await refusing.reach(main)

    [letter] = (await ask.data(LETTERS, actor=ADMIN))["deadLetters"]
    assert (letter["rid"], letter["attempts"], letter["entity"]) == (ship, 1, {"apiName": "Ship"})
    assert await status(ask, ship) == ("FAILED", 1, 1)
    still = Asking(database, repairs=Repairs(database, [refusing]), sinks=(OPENSEARCH,))
    answer = (await still.data(mutation("retryFailedEvents"), i={"clientMutationId": "m"}, actor=ADMIN))["retryFailedEvents"]
    assert (answer["clientMutationId"], answer["rids"], [each["rid"] for each in answer["refused"]]) == ("m", [ship], [ship])

    gone = (await ask.data(mutation("discardFailedEvents"), i={"rids": [ship, key]}, actor=ADMIN))["discardFailedEvents"]
    assert gone["rids"] == [ship]
    assert (await ask.data(LETTERS, actor=ADMIN))["deadLetters"] == []
    assert (await status(ask, ship))[0] == "FAILED"

    answer = (await ask.data(mutation("reindex"), i={"rids": [ship, key]}, actor=ADMIN))["reindex"]
    assert (answer["rids"], answer["refused"]) == (sorted([ship, key]), [])
    assert await status(ask, ship) == ("INDEXED", 1, None)
    told = await database.pool.fetch("SELECT action FROM audit_log WHERE entity = 'sink' ORDER BY id")
    assert [row["action"] for row in told] == ["retried", "dead_letter_discarded", "reindexed"]


@pytest.mark.parametrize("name", ["reindex", "retryFailedEvents", "discardFailedEvents"])
async def test_only_an_admin_repairs(ask, index, editing, database, main, name):
    made = await editing.apply(EDITOR, "main", given.object_type("Ship"))
    await Indexing(database, Refusing(index, made.refs["Ship"])).reach(main)

    for actor in (VIEWER, EDITOR):
        assert await ask.codes(mutation(name), i={"rids": [made.refs["Ship"]]}, actor=actor) == ["FORBIDDEN"]
        assert await ask.codes(LETTERS, actor=actor) == ["FORBIDDEN"]
    assert await database.pool.fetchval("SELECT attempts FROM dead_letter") == 1
    assert await database.pool.fetchval("SELECT count(*) FROM dead_letter WHERE discarded") == 0


async def test_what_cannot_be_reindexed_is_refused(ask, main):
    assert await ask.codes(mutation("reindex"), i={"rids": ["ri.ontology.main.object-type.none"]}, actor=ADMIN) == ["NOT_FOUND"]
    assert await ask.codes(mutation("reindex"), i={"rids": ["x"] * 1_001}, actor=ADMIN) == ["LIST_TOO_LONG"]


async def test_the_commands_list_replay_and_discard(index, editing, database, database_url, opensearch, main):
    made = await editing.apply(EDITOR, "main", [given.type_group("one", ref="one"), given.type_group("two", ref="two")])
    one, two = made.refs["one"], made.refs["two"]
    await Indexing(database, Refusing(index, one)).reach(main)
    await Indexing(database, Refusing(index, two)).rewrite(main, [two])

    async def oms(*arguments):
        command = [sys.executable, "-m", "app.cli", "dead-letters", *arguments]
        around = os.environ | {"DATABASE_URL": database_url, "OPENSEARCH_URL": opensearch}
        run = await asyncio.to_thread(subprocess.run, command, env=around, capture_output=True, text=True, timeout=240, check=False)
        return run.returncode, run.stdout, run.stderr

    status, listed, _ = await oms("list", "--json")
    assert (status, {each["rid"] for each in json.loads(listed)}) == (0, {one, two})
    assert (await oms("discard", one))[:2] == (0, "Took 1 of 1 off the list.\n")
    assert (await oms("replay"))[:2] == (0, "Wrote 1 of 1 documents.\n")
    assert json.loads((await oms("list", "--json"))[1]) == []
    assert {rid: each.body is not None async for rid, each in stored(index, main)} == {two: True}


async def stored(index, ontology):
    async for each in index.stored(ontology):
        yield each.rid, each
