"""What a request leaves behind goes at once: under an overload the collector of cycles comes too late for what has waited long."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from app.domain.actor import Actor, Role
from app.persistence.database import Database
from app.web.authentication import Authentication
from resolvers.transport.http import GraphQLEndpoint
from tests.resolvers.asking import Asking
from tests.web.server import reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES = 25
TURNS = 3
SETTLING = 5  # requests that fill what a process remembers
LIST = "{ ontology { objectTypes(first: 5) { totalCount nodes { apiName properties { nodes { apiName } } } } } }"
ONE = "query ($name: String!) { objectType(apiName: $name) { rid } ontology { rid } }"
SEARCH = "query ($text: String!) { ontology { search(query: $text) { nodes { apiName } } } }"
NOBODY = '{ ontology(apiName: "nobody") { rid } }'
MUTATION = """
mutation ($input: CreateObjectTypeInput!) {
    createObjectType(input: $input) { __typename ... on CreateObjectTypePayload { revision objectType { apiName } } }
}
"""


class Anybody:
    async def verify(self, token: str) -> Actor:
        return Actor(token, token, frozenset({Role(token)}))


def creation(name: str) -> dict[str, Any]:
    own = [{"apiName": "key", "displayName": "Key", "type": {"base": "STRING"}}]
    return {"input": {"ontology": "main", "object": {"apiName": name, "displayName": name, "primaryKey": "key", "properties": own}}}


QUESTIONS: dict[str, tuple[Callable[[int], tuple[str, dict[str, Any]]], bytes]] = {
    "a list": (lambda _: (LIST, {}), b'"totalCount"'),
    "one by its name": (lambda number: (ONE, {"name": f"Nobody{number}"}), b'"objectType":null'),
    "a search": (lambda number: (SEARCH, {"text": f"type{number}"}), b'"search"'),
    "a mutation": (lambda number: (MUTATION, creation(f"Made{number}")), b'"revision"'),
    "a name that is taken": (lambda _: (MUTATION, creation("Taken")), b'"NameTaken"'),
    "an ontology that is not there": (lambda _: (NOBODY, {}), b'"NOT_FOUND"'),
}


class Asked:
    """One connection to the endpoint on a real port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, document: str, variables: dict[str, Any]) -> bytes:
        body = orjson.dumps({"query": document, "variables": variables})
        head = f"POST /graphql HTTP/1.1\r\nhost: oms\r\nauthorization: Bearer {Role.EDITOR.value}\r\ncontent-type: application/json\r\n"
        self._writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        return (await reply(self._reader)).body


async def left(asked: Asked, question: Callable[[int], tuple[str, dict[str, Any]]], wanted: bytes, first: int = 0) -> int:
    """How many objects only the collector finds after so many requests, the fewest of three times: what each request leaves is found each time.

    What something else has left, such as a connection that was made or closed meanwhile, is found once.
    """
    each = TIMES + SETTLING
    return min([await _left_once(asked, question, wanted, first + turn * each) for turn in range(TURNS)])


async def _left_once(asked: Asked, question: Callable[[int], tuple[str, dict[str, Any]]], wanted: bytes, first: int) -> int:
    for number in range(first, first + SETTLING):
        await asked.send(*question(number))
    gc.collect()
    gc.disable()
    try:
        for number in range(first + SETTLING, first + SETTLING + TIMES):
            assert wanted in await asked.send(*question(number))
        await asyncio.sleep(0)
        return gc.collect()
    finally:
        gc.enable()


@pytest.fixture
async def opened(database):
    """A connection to the endpoint over a database, and the faults that it reported."""
    async with AsyncExitStack() as stack:

        async def connected(over: Database) -> Asked:
            asking = Asking(over)
            endpoint = GraphQLEndpoint(
                asking.execution, Authentication(Anybody()), asking.limits, lambda error, _: asking.faults.append(error)
            )
            server = await stack.enter_async_context(serving(endpoint))
            reader, writer = await server.connect()
            stack.callback(writer.close)
            return Asked(reader, writer)

        yield connected


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_request_leaves_nothing_to_the_collector(database, opened, name):
    question, wanted = QUESTIONS[name]
    asked = await opened(database)
    await asked.send(MUTATION, creation("Taken"))

    assert await left(asked, question, wanted) < TIMES, "less than one object a request"


async def test_a_request_that_is_refused_because_the_database_is_busy_leaves_nothing_to_the_collector(database_url, opened):
    async with Database.opened(database_url, size=1, acquire_seconds=0.01) as busy, AsyncExitStack() as held:
        asked = await opened(busy)
        connection = await busy.acquire()
        held.push_async_callback(busy.release, connection)

        assert await left(asked, QUESTIONS["one by its name"][0], b'"UNAVAILABLE"') < TIMES
