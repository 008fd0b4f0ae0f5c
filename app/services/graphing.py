"""The graph database beside PostgreSQL: bringing it to what PostgreSQL says, and asking it where it is far enough."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import structlog

from app.domain.breaker import Breaker, CircuitOpen
from app.domain.digest import Copy, copy_of
from app.domain.document import version
from app.domain.errors import OmsError
from app.persistence import sinks
from app.persistence.graph import PostgresGraph
from app.persistence.sinks import NEO4J
from app.persistence.vertices import changed, vertices
from app.ports.graph_store import Vertex
from app.ports.search_index import SinkDown
from app.services.indexing import Reached, Rebuilt, chunks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from app.persistence.database import Database, Snapshot
    from app.persistence.reads.selection import At
    from app.persistence.sinks import Watermark
    from app.ports.graph_store import GraphState, GraphStore
    from app.ports.search_index import Refusal
    from app.services.indexing import Tell

CHUNK = 500  # vertices that are read and written at once
PATIENCE = 2.0  # seconds that a question may take there before PostgreSQL is asked

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Graphing:
    """Idempotent and safe beside others of its kind: a vertex's version decides which of two writes stays."""

    sink = NEO4J

    def __init__(self, database: Database, store: GraphStore) -> None:
        self._database = database
        self._store = store

    async def reach(self, ontology: str, revision: int | None = None) -> Reached:
        """Bring the graph of an ontology to at least the revision, or to the newest. SinkDown where it cannot be written.

        Everything is read as of one revision, so that the graph is at exactly that one afterwards. A store that knows less than
        the watermark says was emptied or replaced, and is filled from the beginning.
        """
        async with self._database.reading() as snapshot:
            mark = await sinks.watermark(snapshot, self.sink, ontology)
        if mark is None:
            return Reached(0, 0, (), answered=False)
        await self._store.prepare()
        known = mark.reached >= 0 and await self._store.reached(ontology) >= version(mark.epoch, mark.reached)
        after = mark.reached if known else -1
        if known and (after >= mark.head or (revision is not None and after >= revision)):
            return Reached(after, 0, ())
        return await self._write(ontology, mark, after)

    async def rewrite(self, ontology: str, rids: Sequence[str]) -> tuple[Refusal, ...]:
        """Write these entities as they are at the graph's revision, whatever it has of them. SinkDown where that failed.

        What PostgreSQL does not know is buried, and what bears a version that never was is put right as well.
        """
        await self._store.prepare()
        refused: list[Refusal] = []
        for begin in range(0, len(rids), CHUNK):
            chunk = sorted(rids[begin : begin + CHUNK])
            held = {copy.rid: copy.version async for copy in self.held(ontology, chunk)}
            stands, revision = await self._vertices(ontology, chunk, newest=False)
            invented = await self._invented(ontology, held, stands)
            async with self._database.reading() as snapshot:
                known = await sinks.places(snapshot, chunk)
                mark = await sinks.watermark(snapshot, self.sink, ontology)
            buried = [Vertex(rid, version(mark.epoch, mark.head)) for rid in chunk if rid not in known] if mark else []
            refused += await self._put(ontology, revision, [*stands, *buried], chunk, invented)
        await self._told(ontology)
        return tuple(refused)

    async def wanted(self, ontology: str, rids: Sequence[str] | None = None) -> AsyncIterator[Copy]:
        """What the graph must hold, as PostgreSQL says now, by chunks; of these entities, or of all."""
        async for chunk in chunks(self._database, ontology, CHUNK, rids):
            found, _ = await self._vertices(ontology, chunk, newest=True)
            for vertex in found:
                yield _copy(vertex)

    async def held(self, ontology: str, rids: Sequence[str] | None = None) -> AsyncIterator[Copy]:
        """What the graph holds. SinkDown where it cannot be read."""
        async for vertex in self._store.stored(ontology, rids=rids):
            yield _copy(vertex)

    async def mend(self, ontology: str, rids: Sequence[str]) -> None:
        """Write these entities as they are now; what PostgreSQL does not know is buried. SinkDown where that failed."""
        await self.rewrite(ontology, rids)

    async def rebuild(self, ontology: str, tell: Tell) -> Rebuilt:
        """Write everything anew, each entity by its version, so that who asks meanwhile meets a whole graph. SinkDown where it failed.

        What bears a version that never was, or nobody knows in PostgreSQL, is put right as well.
        """
        reached = await self.reach(ontology)
        count = 0
        async for chunk in chunks(self._database, ontology, CHUNK):
            await self.rewrite(ontology, chunk)
            count += len(chunk)
            await tell(count)
        ghosts = [copy.rid async for copy in self.held(ontology) if copy.live is not None]
        async with self._database.reading() as snapshot:
            known = await sinks.places(snapshot, ghosts)
        await self.mend(ontology, [rid for rid in ghosts if rid not in known])
        return Rebuilt(reached.revision, count)

    async def _invented(self, ontology: str, held: Mapping[str, int], stands: Sequence[Vertex]) -> dict[str, int]:
        """Versions that never were: what was held before PostgreSQL was read cannot be newer than what that says.

        `stands` is what was read since, as of the graph's revision; only what is newer than that is looked up as of the newest.
        """
        known = {each.rid: each.version for each in stands}
        suspects = [rid for rid, there in held.items() if there > known.get(rid, -1)]
        newest = {copy.rid: copy.version async for copy in self.wanted(ontology, suspects)} if suspects else {}
        return {rid: held[rid] for rid in suspects if held[rid] > newest.get(rid, -1)}

    async def _vertices(self, ontology: str, rids: Sequence[str], *, newest: bool) -> tuple[list[Vertex], int]:
        """As of the newest revision, or of the one that the graph is at, and which: who asks meanwhile must not meet what came later."""
        async with self._database.reading() as snapshot:
            mark = await sinks.watermark(snapshot, self.sink, ontology)
            if mark is None:
                return [], 0
            revision = mark.head if newest else mark.reached
            return await vertices(snapshot, mark.epoch, revision, rids), revision

    async def _write(self, ontology: str, mark: Watermark, after: int) -> Reached:
        target = version(mark.epoch, mark.head)
        async with self._database.reading() as snapshot:
            rids = await changed(snapshot, ontology, after, mark.head)
        await self._store.begin(ontology, target)
        refused: list[Refusal] = []
        for begin in range(0, len(rids), CHUNK):
            chunk = rids[begin : begin + CHUNK]
            async with self._database.reading() as snapshot:
                found = await vertices(snapshot, mark.epoch, mark.head, chunk)
            refused += await self._put(ontology, mark.head, found, chunk)
        if after < 0:
            await self._store.sweep(ontology, version(mark.epoch, 0))
        await self._told(ontology, mark, since=version(mark.epoch, after) if after >= 0 else -1)
        return Reached(mark.head, len(rids), tuple(refused))

    async def _put(
        self, ontology: str, revision: int, found: Sequence[Vertex], rids: Sequence[str], invented: Mapping[str, int] | None = None
    ) -> list[Refusal]:
        """Write what was found as of a revision, and note what was refused before anybody may believe that the graph is whole."""
        new = await self._store.put(ontology, found, invented=invented)
        async with self._database.writing() as work:
            await sinks.settle(work, self.sink, ontology, revision, rids, {each.rid: each.reason for each in new})
        if new:
            log.warning("The graph database refused entities.", count=len(new), first=new[0].reason)
        return new

    async def _told(self, ontology: str, mark: Watermark | None = None, *, since: int = -1) -> None:
        """Say in the graph how far it is, if it is further than it was, and whether it is whole; one after the other says so."""
        async with self._database.writing() as work:
            await sinks.hold(work, self.sink, ontology)
            whole = not await sinks.refuses(work, self.sink, ontology)
            await self._store.finish(ontology, version(mark.epoch, mark.head) if mark else -1, since=since, whole=whole)
            if mark is not None:
                await sinks.advance(work, self.sink, ontology, mark)


def _copy(vertex: Vertex) -> Copy:
    node = vertex.node
    words = None if node is None else [node.kind, node.api_name, node.display_name, node.status, [each[1:] for each in vertex.links]]
    return copy_of(vertex.rid, vertex.version, words)


class Graphs:
    """Asks the graph database where it is at the revision that is read, and PostgreSQL everywhere else."""

    def __init__(self, store: GraphStore | None = None, breaker: Breaker | None = None, *, patience: float = PATIENCE) -> None:
        self._store = store
        self._breaker = breaker or Breaker()
        self._patience = patience

    async def ask(self, snapshot: Snapshot, at: At, question: Callable[[GraphState], Awaitable[T]]) -> tuple[T, bool]:
        """The answer, and whether the graph database gave it. What it answers while it is moved on is thrown away."""
        if self._store is not None and at.current:
            try:
                found = await self._breaker.run(lambda: self._asked(at, question), SinkDown, TimeoutError)
            except (CircuitOpen, SinkDown, TimeoutError):
                found = None
            if found is not None:
                return found[0], True
        return await question(PostgresGraph(snapshot, at)), False

    async def _asked(self, at: At, question: Callable[[GraphState], Awaitable[T]]) -> tuple[T] | None:
        if self._store is None:
            return None
        async with asyncio.timeout(self._patience), self._store.at(at.ontology, version(at.epoch, at.revision)) as state:
            if state is None:
                return None
            try:
                answer = await question(state)
            except OmsError:
                return None  # PostgreSQL says it again, or knows better
            return (answer,) if await state.held() else None
