"""Load from a process of its own: closed loops (each client waits for its answer) and open ones (requests come when they come).

An open loop measures from the moment at which a request was due, not from when it could be sent: so a server that stands
still for a second is seen to make everybody wait who came in that second.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import uvloop

from bench.http import Client
from bench.ontology import FIRST, number
from bench.stage import Api

MOST_CONNECTIONS = 500
PATIENCE = 10  # seconds after the last request was due
PROPERTIES = 5
MUTATION = """
mutation ($input: CreateObjectTypeInput!) {
  createObjectType(input: $input) { __typename ... on CreateObjectTypePayload { revision objectType { rid apiName version } } }
}
"""
ONE = """
query ($name: String!) {
  objectType(apiName: $name) { rid displayName status version properties(first: 10) { nodes { apiName baseType required } } }
}
"""
PAGE = """
query ($after: String) {
  ontology { objectTypes(first: 10, after: $after) { nodes { rid apiName displayName version } pageInfo { hasNextPage endCursor } } }
}
"""
HISTORY = "query { ontology { changeSets(first: 10) { nodes { rid title status author mergedRevision } } } }"
SEARCH = "query ($text: String!) { ontology { search(query: $text, first: 10) { nodes { rid apiName displayName } } } }"


@dataclass(frozen=True)
class Waits:
    """How long answers took, in seconds from when their requests were due, in order; and how many were refused."""

    seconds: list[float]
    failed: int
    rate: float  # answers a second

    def percentile(self, share: float) -> float:
        return self.seconds[min(int(len(self.seconds) * share), len(self.seconds) - 1)]


def creation(name: str, properties: int = PROPERTIES) -> dict[str, object]:
    """The variables of MUTATION: one object type with its key and more properties."""
    own = [{"apiName": f"property{place}", "displayName": "Property", "type": {"base": "STRING"}} for place in range(properties)]
    words = {"apiName": f"Type{name}", "displayName": f"Type {name}", "primaryKey": "property0", "properties": own}
    return {"input": {"ontology": "main", "object": words}}


def mixture(types: int) -> tuple[str, dict[str, object]]:
    """80 % reads, 15 % searches, 5 % mutations."""
    drawn = random.random()
    if drawn < 0.05:
        return MUTATION, creation(number())
    some = f"Type{FIRST + random.randrange(types - 1)}"
    if drawn < 0.20:
        return SEARCH, {"text": some}
    if drawn < 0.70:
        return ONE, {"name": some}
    return (PAGE, {"after": None}) if drawn < 0.90 else (HISTORY, {})


async def _closed(port: int, token: str, count: int, seconds: float) -> float:
    began = time.monotonic()

    async def client() -> int:
        connection, done = await Client(port, token).open(), 0
        while time.monotonic() < began + seconds:
            answer = await connection.send(connection.encoded(MUTATION, creation(number())))
            assert b'"CreateObjectTypePayload"' in answer, answer
            done += 1
        connection.close()
        return done

    done = await asyncio.gather(*(client() for _ in range(count)))
    return sum(done) / (time.monotonic() - began)


async def _open(port: int, token: str, rate: float, seconds: float, types: int) -> Waits:
    free: list[Client] = []
    waits: list[float] = []
    failed = 0
    room = asyncio.Semaphore(MOST_CONNECTIONS)

    async def request(due: float, query: str, variables: dict[str, object]) -> None:
        nonlocal failed
        async with room:
            while free and free[-1].closed:
                free.pop()
            try:
                client = free.pop() if free else await Client(port, token).open()
                answer = await client.send(client.encoded(query, variables))
            except (OSError, RuntimeError):  # hung up on
                answer = b'"errors"'
            else:
                free.append(client)
        waits.append(time.monotonic() - due)
        failed += b'"errors"' in answer or b'"data":null' in answer

    began, running = time.monotonic(), []
    for place in range(int(rate * seconds)):
        due = began + place / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        running.append(asyncio.create_task(request(due, *mixture(types))))
    _, unanswered = await asyncio.wait(running, timeout=PATIENCE)
    took = time.monotonic() - began
    for task in unanswered:
        task.cancel()
    failed += len(unanswered)
    for client in free:
        client.close()
    return Waits(sorted([*waits, *([took] * len(unanswered))]), failed, len(waits) / took)


def closed(port: int, token: str, count: int, seconds: float) -> float:
    """Mutations a second that so many clients get, each one after the other."""
    return uvloop.run(_closed(port, token, count, seconds))


def open_(port: int, token: str, rate: float, seconds: float, types: int) -> Waits:
    """The mixture at a rate, against an ontology of so many object types."""
    return uvloop.run(_open(port, token, rate, seconds, types))


async def apart(load: Callable[..., Any], served: Api, *arguments: Any) -> Any:
    """What a load finds, run in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return await asyncio.get_running_loop().run_in_executor(process, load, served.port, served.token, *arguments)
