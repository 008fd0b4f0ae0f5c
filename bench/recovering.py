"""From a kill -9 until everything works again: of each process of ours, and of each server that they need; all real.

Whatever is killed is started again at once. It has recovered when a mutation is acknowledged over HTTP, is found by the search
index and is in the graph database: the time counts from the kill, with the start of what was killed.

python -m bench recovering
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

import httpx2
import psutil

from app.adapters.neo4j import Neo4jGraph
from app.persistence.database import Database
from app.persistence.migrate import migrate
from app.settings import read
from app.stack.stack import SERVERS, Stack
from bench.parts import PARTS, Parts
from bench.pipeline import Places
from bench.relaying import Unseen
from bench.stage import STARTS, Row

BOUND = 30.0  # seconds
NAMES = ("postgres", "redis", "kafka", "opensearch", "neo4j")
APPLY = "mutation($i: ApplyChangesInput!) { applyChanges(input: $i) { __typename ... on ApplyChangesPayload { revision } } }"
TRIES = 0.1  # seconds between two tries of who is not answered


async def measure() -> list[Row]:
    """Each is killed once, one after the other."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-recovering-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101 - at the start, and PostgreSQL as another account goes through it
        stack = Stack(Path(folder) / "services", read().oms_cache_dir.expanduser())
        told = await asyncio.to_thread(stack.start, NAMES, Unseen(), free_ports=True)
        await asyncio.to_thread(migrate, told["DATABASE_URL"])
        port = _free_port()
        environment = {**os.environ, **told, "OMS_DATA_DIR": folder, "PORT": str(port), "WORKER_PORT": "0", "OMS_ENV": "development"}
        parts, store = Parts(environment), Neo4jGraph(told["NEO4J_URL"])
        try:
            async with Database.opened(told["DATABASE_URL"], size=2) as opened:
                parts.start(*PARTS)
                people = People(f"http://127.0.0.1:{port}/graphql", _token(environment), Places(opened, told["OPENSEARCH_URL"], store))
                await people.ready()
                return [await _row(people, parts, stack, name) for name in (*PARTS, *NAMES)]
        finally:
            parts.end()
            await store.close()
            await asyncio.to_thread(stack.stop, NAMES)


class People:
    """Somebody who changes something and looks for it."""

    def __init__(self, address: str, token: str, places: Places) -> None:
        self._address = address
        self._headers = {"authorization": f"Bearer {token}"}
        self._places = places
        self._number = 0

    async def ready(self) -> None:
        """Everything has begun to work."""
        await self._places.found()
        async with asyncio.timeout(4 * STARTS):
            await self.served()

    async def served(self) -> tuple[float, float]:
        """When a mutation was acknowledged, and when both sinks had it."""
        self._number += 1
        name = f"t{self._number}"
        revision = await self._acknowledged(name)
        acknowledged = time.perf_counter()
        await asyncio.gather(self._places.in_index(name), self._places.in_graph(revision))
        return acknowledged, time.perf_counter()

    async def _acknowledged(self, name: str) -> int:
        fields = {"apiName": name, "displayName": name}
        operations = [{"verb": "CREATE", "kind": "TYPE_GROUP", "fields": fields}]
        asked = {"query": APPLY, "variables": {"i": {"ontology": "main", "idempotencyKey": name, "operations": operations}}}
        async with httpx2.AsyncClient(trust_env=False, timeout=10, headers=self._headers) as client:
            while True:
                with suppress(httpx2.HTTPError, ValueError, KeyError, TypeError):  # it is not answered, or not with a revision
                    return int((await client.post(self._address, json=asked)).json()["data"]["applyChanges"]["revision"])
                await asyncio.sleep(TRIES)


async def _row(people: People, parts: Parts, stack: Stack, name: str) -> Row:
    load = os.getloadavg()[0]
    again = _part(parts, name) if name in PARTS else _server(stack, name)
    began = time.perf_counter()
    _, (acknowledged, served) = await asyncio.gather(again(), people.served())
    took, title = served - began, SERVERS[name].title if name in SERVERS else name
    return Row(
        f"kill -9 of {title}: until the next merge is searchable and in the graph", f"{took:.1f} s", f"≤ {BOUND:.0f} s", took <= BOUND,
        f"acknowledged after {max(0.0, acknowledged - began):.1f} s; load of the machine {load:.1f}",
        why="the start alone took most of it, while others held the cores.",
    )  # fmt: skip


def _part(parts: Parts, name: str) -> Callable[[], Awaitable[None]]:
    async def again() -> None:
        parts.kill(name)
        parts.start(name)

    return again


def _server(stack: Stack, name: str) -> Callable[[], Awaitable[None]]:
    async def again() -> None:
        process = stack.process(SERVERS[name])
        assert process.pid is not None
        for each in (psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                each.kill()
        await asyncio.to_thread(process.kill)
        await asyncio.to_thread(stack.start, [name], Unseen(), free_ports=True)  # where it was before

    return again


def _token(environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "app.cli", "token", "--role", "editor", "--name", "Bench"]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=True).stdout.strip()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])
