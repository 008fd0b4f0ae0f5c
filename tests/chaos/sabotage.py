"""An installation in one process: drawn steps write, spoil, wipe, shut and follow it, and the judge of the storms looks.

A second of it is worth what a minute of a storm is where nothing but the views is meant; it has no processes to kill and no topics.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from app.adapters.neo4j import Neo4jGraph
from app.adapters.opensearch import OpenSearchIndex
from app.domain.entity import Action
from app.domain.errors import VersionConflict
from app.domain.kind import Kind
from app.persistence.database import Database
from app.ports.search_index import SinkDown
from app.services.editing import Editing
from app.services.graphing import Graphing
from app.services.indexing import Indexing
from tests import given
from tests.chaos.judge import looked
from tests.chaos.ledger import Ledger, Told, Verdict
from tests.chaos.losses import wipe_the_graph, wipe_the_index
from tests.chaos.planted import planted
from tests.chaos.poison import set_on_indices, spoil_documents, spoil_vertices, squat_on_vertices
from tests.chaos.proxy import Link
from tests.chaos.world import Servers, World, cleared
from tests.given import EDITOR

CONVERGES = 2.0  # seconds that the judge waits, since nobody works any more
ONTOLOGY = "main"


class Step(NamedTuple):
    """One thing that is done, with the seed of what it chooses."""

    name: str
    seed: int = 0


class Sabotage:
    """Does steps; what was told stands in its ledger."""

    def __init__(self, world: World, reached: Sequence[Indexing | Graphing]) -> None:
        self.world = world
        self.ledger = Ledger()
        self._views = reached
        self._editing = Editing(world.database)
        self._mine: dict[str, int] = {}  # object types, with their versions
        self._count = 0

    async def do(self, step: Step) -> None:
        """What a sink refuses meanwhile comes again later, as it does in a worker."""
        with suppress(SinkDown):
            await STEPS[step.name](self, Random(step.seed))

    async def create(self, _: Random) -> None:
        """An object type with two properties, in a group."""
        self._count += 1
        key = f"key-{self._count}"
        fields = {"displayName": f"Name {key}", "description": key, "typeGroups": ["ref:g"]}
        made = given.object_type(f"Key{self._count}", ref="o", properties={"p": "STRING"}, **fields)
        refs = await self._applied(key, [given.type_group(f"group-{key}", ref="g"), *made])
        self._mine[refs["o"]] = 1

    async def rename(self, random: Random) -> None:
        """Who holds its name is written again as well."""
        await self._updated(random, displayName=f"Name of {self._count}")

    async def leave(self, random: Random) -> None:
        """It is in no group any more."""
        await self._updated(random, typeGroups=[])

    async def race(self, random: Random) -> None:
        """Two change the same version: one of them is refused."""
        if self._mine:
            rid = random.choice(sorted(self._mine))
            seen = self._mine[rid]
            for _ in range(2):
                self._mine[rid] = seen
                await self._updated(random, only=rid, displayName=f"Race of {self._count}")

    async def delete(self, random: Random) -> None:
        """With its properties."""
        if self._mine:
            rid = random.choice(sorted(self._mine))
            self._count += 1
            await self._applied(f"key-{self._count}", [given.deletion(Kind.OBJECT_TYPE, rid, self._mine.pop(rid), cascade=True)])

    async def signal(self, _: Random) -> None:
        """Both workers hear of the newest revision."""
        head = await self.world.database.pool.fetchval("SELECT head_revision FROM ontology WHERE api_name = $1", ONTOLOGY)
        await self._reached(head)

    async def look(self, _: Random) -> None:
        """Both workers look at the head, as they do now and then."""
        await self._reached(None)

    async def shut(self, random: Random) -> None:
        """Writing is refused for a while, in which something is written and signalled."""
        await set_on_indices(self.world, {"index.blocks.write": True})
        try:
            await self.create(random)
            await self.signal(random)
        finally:
            await set_on_indices(self.world, {"index.blocks.write": None})

    async def cut(self, random: Random) -> None:
        """Connections to both sinks end while something is written."""
        await self.create(random)
        working = asyncio.create_task(self._reached(None))
        for _ in range(random.randint(1, 3)):
            await asyncio.sleep(random.uniform(0, 0.05))
            for link in self.world.links.values():
                await link.cut()
        with suppress(SinkDown):
            await working

    async def _updated(self, random: Random, *, only: str | None = None, **fields: Any) -> None:
        if not self._mine:
            return
        self._count += 1
        rid, key = only or random.choice(sorted(self._mine)), f"key-{self._count}"
        operation = given.update(Kind.OBJECT_TYPE, rid, self._mine[rid], description=key, **fields)
        await self._applied(key, [operation], {rid: self._mine[rid]})

    async def _applied(self, key: str, operations: Sequence[Any], expected: Mapping[str, int] | None = None) -> dict[str, str]:
        try:
            merged = await self._editing.apply(EDITOR, ONTOLOGY, operations)
        except VersionConflict:
            return {}
        written = tuple((each.rid, each.after.version) for each in merged.changes if each.after is not None)
        gone = tuple(each.rid for each in merged.changes if each.action is Action.DELETED)
        self.ledger.told.append(Told(key, ONTOLOGY, merged.revision, written, gone, tuple((expected or {}).items())))
        self._mine.update({rid: version for rid, version in written if rid in self._mine})
        return merged.refs

    async def _reached(self, revision: int | None) -> None:
        """One after the other; that one is away keeps nobody from the other."""
        for view in self._views:
            with suppress(SinkDown):
                await view.reach(self.world.ontologies[ONTOLOGY], revision)


def _fault(fault: Callable[[World, Random], Awaitable[str]]) -> Callable[[Sabotage, Random], Awaitable[None]]:
    async def done(sabotage: Sabotage, random: Random) -> None:
        sabotage.world.done.append(await fault(sabotage.world, random))

    return done


STEPS: Mapping[str, Callable[[Sabotage, Random], Awaitable[None]]] = {
    "create": Sabotage.create, "rename": Sabotage.rename, "leave": Sabotage.leave, "race": Sabotage.race, "delete": Sabotage.delete,
    "signal": Sabotage.signal, "look": Sabotage.look, "shut": Sabotage.shut, "cut": Sabotage.cut, "wipe the index": _fault(wipe_the_index),
    "wipe the graph": _fault(wipe_the_graph), "spoil documents": _fault(spoil_documents), "spoil vertices": _fault(spoil_vertices),
    "squat": _fault(squat_on_vertices),
}  # fmt: skip

# What brings each bug to light, whatever was done before.
PROVOKING: Mapping[str, Sequence[str]] = {
    "entity-version-as-document-version": ("create", "signal", "rename", "signal"),
    "hard-deletes": ("create", "look", "delete", "signal"),
    "watermark-before-the-write": ("create", "look", "shut"),
    "an-outage-counts-as-done": ("create", "look", "shut"),
    "neighbours-are-forgotten": ("create", "look", "rename", "signal"),
    "old-links-stay": ("create", "look", "leave", "signal"),
    "the-last-of-a-batch-is-left-out": ("look", "create", "signal"),
    "what-was-not-signalled-is-not-read": ("create", "look", "create", "create", "signal"),
    "a-wiped-index-goes-unnoticed": ("create", "look", "wipe the index", "create", "signal"),
    "a-wiped-graph-goes-unnoticed": ("create", "look", "wipe the graph", "create", "signal"),
    "deletions-are-not-audited": ("create", "delete"),
    "versions-are-not-compared": ("create", "race"),
    "a-shut-index-refuses-documents": ("create", "look", "shut"),
    "a-refused-vertex-is-not-noted": ("create", "look", "squat", "rename", "signal"),
    "what-is-altered-is-not-named": ("create", "create", "look", "spoil documents"),
    "a-vertex-without-a-number-stays": ("create", "create", "create", "look", "spoil vertices"),
}


@asynccontextmanager
async def installation(database: Database, servers: Servers, home: str) -> AsyncIterator[World]:
    """Over an emptied database, with proxies before the sinks; what it made in them is removed."""
    rows = await database.pool.fetch("SELECT rid, api_name FROM ontology")
    index, store = OpenSearchIndex(servers.opensearch, seconds=60), Neo4jGraph(servers.neo4j, seconds=60)
    links = {
        "opensearch": Link("opensearch", urlsplit(servers.opensearch).port or 9200),
        "neo4j": Link("neo4j", urlsplit(servers.neo4j).port or 7687),
    }
    environment = {
        "OMS_ENV": "development", "OMS_DATA_DIR": home, "DATABASE_URL": servers.database, "OPENSEARCH_URL": servers.opensearch,
        "NEO4J_URL": servers.neo4j,
    }  # fmt: skip
    world = World(
        servers, "", "", database, index, store, links, [], [], [], {row["api_name"]: row["rid"] for row in rows}, environment, within=True
    )
    try:
        for link in links.values():
            await link.listen()
        await store.prepare()
        yield world
    finally:
        await cleared(world)
        for link in links.values():
            await link.close()


async def sabotaged(world: World, steps: Sequence[Step], bug: str = "") -> Verdict:
    """Do the steps with a bug in the code, have the workers look once more, and judge what became of it without the bug."""
    index = OpenSearchIndex(f"http://127.0.0.1:{world.links['opensearch'].port}", seconds=60)
    store = Neo4jGraph(f"bolt://127.0.0.1:{world.links['neo4j'].port}", seconds=60)
    try:
        world.bug = bug
        with planted(bug):
            sabotage = Sabotage(world, (Indexing(world.database, index), Graphing(world.database, store)))
            for step in steps:
                await sabotage.do(step)
            await sabotage.do(Step("look"))
        return await looked(world, sabotage.ledger, CONVERGES)
    finally:
        await index.close()
        await store.close()
