"""From a commit to who follows it: a subscriber of another process, the search index, the graph database; all real, all idle but for this.

Both views are looked into directly, so what is found is what anybody would find.

python -m bench pipeline
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from urllib.parse import quote

import httpx2
import psutil
from websockets.asyncio.client import connect

from app.adapters.neo4j import Neo4jGraph
from app.adapters.opensearch import alias_of
from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.document import version
from app.domain.kind import Kind
from app.persistence.database import Database
from app.ports.search_index import SinkDown
from app.services.editing import Editing
from app.settings import read
from app.stack.stack import Stack
from bench.parts import WORKERS, Parts
from bench.relaying import Unseen
from bench.stage import STARTS, Row, api, database

MERGES = 100
APART = 0.3  # seconds between two of them
NAMES = ("kafka", "opensearch", "neo4j")
EDITOR = Actor("bench", "Bench", frozenset({Role.ADMIN}))
FOLLOW = "subscription { ontologyChanged { revision } }"
LOOK = 0.005  # seconds between two looks at a sink
BEGINS = 30.0  # seconds


async def measure() -> list[Row]:
    """Merges one by one."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-pipeline-") as folder:
        stack = Stack(Path(folder), read().oms_cache_dir.expanduser())
        began = time.perf_counter()
        told = await asyncio.to_thread(stack.start, NAMES, Unseen(), free_ports=True)
        started = time.perf_counter() - began
        memory = sum(_memory(state.pid) for state in stack.states() if state.pid)
        try:
            async with database() as (opened, url), api(url) as served:
                workers = Parts({**os.environ, **told, "DATABASE_URL": url, "WORKER_PORT": "0"})
                store = Neo4jGraph(told["NEO4J_URL"])
                try:
                    await _merged(opened, 0)
                    workers.start(*WORKERS)
                    places = Places(opened, told["OPENSEARCH_URL"], store)
                    await places.ready()
                    waits = await _waits(places, f"ws://127.0.0.1:{served.port}/graphql", served.token)
                finally:
                    workers.end()
                    await store.close()
        finally:
            await asyncio.to_thread(stack.stop, NAMES)
    return [
        _row("commit to a subscriber of another process", waits["subscriber"], 0.15),
        _row("commit to searchable", waits["index"], 1.0),
        _row("commit to the graph", waits["graph"], 2.0),
        Row("start of Kafka, OpenSearch and Neo4j together", f"{started:.0f} s", f"≤ {BEGINS:.0f} s", started <= BEGINS, f"{memory / 2**20:,.0f} MiB when idle",
            why="Java starts slowly where others hold the cores."),
    ]  # fmt: skip


class Places:
    """Where a merge is looked for."""

    def __init__(self, opened: Database, index: str, store: Neo4jGraph) -> None:
        self.opened, self._index, self._store = opened, index, store
        self._ontology = ""

    async def ready(self) -> None:
        """Everything has what was merged before."""
        revision = await self.found()
        async with asyncio.timeout(2 * STARTS):
            await asyncio.gather(self.in_index(f"t{revision - 1}"), self.in_graph(revision))

    async def found(self) -> int:
        """The newest revision of the ontology that is looked at."""
        self._ontology, revision = await self.opened.pool.fetchrow("SELECT rid, head_revision FROM ontology WHERE api_name = 'main'")
        return int(revision)

    async def in_index(self, name: str) -> None:
        """Until a search for the name finds it."""
        alias = f"{self._index}/{alias_of(self._ontology)}"
        async with httpx2.AsyncClient(trust_env=False) as client:
            while True:
                with suppress(httpx2.HTTPError):
                    answer = await client.get(f"{alias}/_count?q=nameKey:{quote(name)}")
                    if answer.status_code == httpx2.codes.OK and answer.json()["count"]:
                        return
                await asyncio.sleep(LOOK)

    async def in_graph(self, revision: int) -> None:
        """Until the graph is at the revision."""
        while True:
            with suppress(SinkDown):
                if await self._store.reached(self._ontology) >= version(1, revision):
                    return
            await asyncio.sleep(LOOK)


async def _merged(opened: Database, number: int) -> int:
    fields = {"apiName": f"t{number}", "displayName": f"Type {number}"}
    made = await Editing(opened).apply(EDITOR, "main", [Operation(Verb.CREATE, Kind.TYPE_GROUP, ref="t", fields=fields)])
    return made.revision


async def _waits(places: Places, address: str, token: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"subscriber": [], "index": [], "graph": []}
    async with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]  # a name of its own
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
        await socket.recv()
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
        await asyncio.sleep(1)
        for number in range(1, MERGES + 1):
            heard = asyncio.create_task(_timed(_heard(socket)))
            revision = await _merged(places.opened, number)
            at = time.perf_counter()
            indexed = asyncio.create_task(_timed(places.in_index(f"t{number}")))
            linked = asyncio.create_task(_timed(places.in_graph(revision)))
            for name, task in (("subscriber", heard), ("index", indexed), ("graph", linked)):
                found[name].append(max(0.0, await task - at))
            await asyncio.sleep(APART)
    return found


async def _heard(socket: object) -> None:
    await socket.recv()  # type: ignore[attr-defined]  # its class is the library's own


async def _timed(work: Awaitable[None]) -> float:
    await work
    return time.perf_counter()


def _memory(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)


def _row(what: str, waits: list[float], bound: float) -> Row:
    p50, p99 = quantiles(waits, n=100)[49], quantiles(waits, n=100)[98]
    return Row(
        f"{what}: p99 of {len(waits)}", f"{p99 * 1_000:.0f} ms (p50 {p50 * 1_000:.0f})", f"< {bound * 1_000:.0f} ms", p99 < bound,
        why="others held the cores.",
    )  # fmt: skip
