"""Who follows the index learns when what was merged can be searched, whichever process wrote it."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from app.domain.kind import Kind
from app.persistence.sinks import OPENSEARCH
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.indexing import Indexing
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.web.cursors import Cursors
from resolvers.context import Services, Shared
from resolvers.schema import schema
from tests import given
from tests.given import EDITOR
from tests.search.test_indexing import Refusing
from tests.sockets import serving

FOLLOW = "subscription { indexStatusChanged%s { complete changes { rid status { state attempts } } } }"


@pytest_asyncio.fixture
async def served(database, database_url):
    def world(live, limits):
        services = Services(Editing(database), ChangeSets(database), Ontologies(database), Locks(database), live=live, sinks=(OPENSEARCH,))
        return schema(), Shared(database, services, Cursors("a secret of the tests only"), limits).open_context

    async with serving(database, database_url, world=world) as running:
        yield running


async def told(client) -> Any:
    message = await client.hear(20)
    assert "errors" not in message["payload"], message
    event = message["payload"]["data"]["indexStatusChanged"]
    return event["complete"], {each["rid"]: each["status"]["state"] for each in event["changes"]}


async def until(client, wanted) -> None:
    """Hear events until the newest state of each entity is as wanted; states are conflated, so steps may be left out."""
    known: dict[str, str] = {}
    while not wanted.items() <= known.items():
        known |= (await told(client))[1]


async def test_the_first_event_has_what_waits_and_then_what_changes(served, database, index, main):
    first = await served.editing.apply(EDITOR, "main", [given.type_group("one", ref="one")])
    indexing = Indexing(database, index)  # as the worker has it
    async with served.connected() as client:
        await client.subscribe(FOLLOW % "")
        assert await told(client) == (True, {first.refs["one"]: "PENDING"})

        await indexing.reach(main)
        await until(client, {first.refs["one"]: "INDEXED"})
        second = await served.editing.apply(EDITOR, "main", [given.type_group("two", ref="two")])
        await until(client, {second.refs["two"]: "PENDING"})
        await Indexing(database, Refusing(index, second.refs["two"])).reach(main)
        await until(client, {second.refs["two"]: "FAILED"})
        await indexing.rewrite(main, [second.refs["two"]])
        await until(client, {second.refs["two"]: "INDEXED"})


async def test_who_follows_learns_that_a_neighbour_was_renamed(served, database, index, main):
    made = await served.editing.apply(EDITOR, "main", [*given.object_type("Ship"), *given.object_type("Barge")])
    indexing = Indexing(database, index)
    await indexing.reach(main)
    async with served.connected() as client:
        await client.subscribe(FOLLOW % "")
        assert await told(client) == (True, {})

        await served.editing.apply(EDITOR, "main", [given.update(Kind.PROPERTY, made.refs["Ship.id"], 1, displayName="Name")])
        assert await told(client) == (False, {made.refs["Ship.id"]: "PENDING", made.refs["Ship"]: "PENDING"})
        await indexing.reach(main)
        await until(client, {made.refs["Ship.id"]: "INDEXED", made.refs["Ship"]: "INDEXED"})


async def test_a_filter_tells_only_of_what_it_names(served, database, index, main):
    made = await served.editing.apply(EDITOR, "main", [given.type_group("one", ref="one"), given.type_group("two", ref="two")])
    async with served.connected() as client:
        await client.subscribe(FOLLOW % f'(filter: {{ rids: ["{made.refs["two"]}"], states: [PENDING] }})')
        assert await told(client) == (True, {made.refs["two"]: "PENDING"})
