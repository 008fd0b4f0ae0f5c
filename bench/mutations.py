"""Creating an object type with five properties over HTTP, 16 at once, beside pgbench that writes the same rows.

One API process; the client has a process of its own. The peer runs before and after ours, since the tables grow meanwhile.

python -m bench mutations
"""

from __future__ import annotations

import asyncio
import random
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import uvloop

from bench.http import Client
from bench.peer import DIGITS, pgbench, script
from bench.stage import Row, api, database

CLIENTS = 16
SECONDS = 8
WARM = 2  # seconds
PROPERTIES = 5
MUTATION = """
mutation ($input: CreateObjectTypeInput!) {
  createObjectType(input: $input) { __typename ... on CreateObjectTypePayload { revision objectType { rid apiName version } } }
}
"""


def number() -> str:
    """What makes a name new."""
    return str(random.randrange(10 ** (DIGITS - 1), 10**DIGITS))


def variables(name: str) -> dict[str, object]:
    """One object type with its key and four more properties."""
    properties = [{"apiName": f"property{place}", "displayName": "Property", "type": {"base": "STRING"}} for place in range(PROPERTIES)]
    words = {"apiName": f"Type{name}", "displayName": f"Type {name}", "primaryKey": "property0", "properties": properties}
    return {"input": {"ontology": "main", "object": words}}


async def _client(port: int, token: str, until: float) -> int:
    client, done = await Client(port, token).open(), 0
    while time.monotonic() < until:
        answer = await client.send(client.encoded(MUTATION, variables(number())))
        assert b'"CreateObjectTypePayload"' in answer, answer
        done += 1
    client.close()
    return done


async def _clients(port: int, token: str, count: int, seconds: float) -> float:
    began = time.monotonic()
    done = await asyncio.gather(*(_client(port, token, began + seconds) for _ in range(count)))
    return sum(done) / (time.monotonic() - began)


def clients(port: int, token: str, count: int, seconds: float) -> float:
    """Mutations a second that so many clients get, one after the other each; called in a process of its own."""
    return uvloop.run(_clients(port, token, count, seconds))


async def measure() -> list[Row]:
    """Peer, ours, peer, against one server."""
    loop = asyncio.get_running_loop()
    async with database() as (opened, url), api(url) as served:
        name = number()
        first = await Client(served.port, served.token).open()
        await first.send(first.encoded(MUTATION, variables(name)))
        text = await script(opened, name)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            await loop.run_in_executor(apart, clients, served.port, served.token, CLIENTS, WARM)
            peers = [await pgbench(url, text, clients=CLIENTS, seconds=SECONDS // 2)]
            ours = await loop.run_in_executor(apart, clients, served.port, served.token, CLIENTS, SECONDS)
            peers.append(await pgbench(url, text, clients=CLIENTS, seconds=SECONDS // 2))
    peer = sum(peers) / len(peers)
    ratio = ours / peer
    return [
        Row(
            "mutations over HTTP: creating an object type with 5 properties, 16 clients",
            f"{ours:.0f} a second",
            "≥ 0.25x (beyond: 0.4x)",
            ratio >= 0.25,
            f"pgbench, the same rows into the same tables: {peer:.0f} a second",
            f"{ratio:.2f}x",
            "one Python process plans, judges and encodes what pgbench only sends",
        )
    ]
