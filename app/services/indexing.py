"""Bringing the search index to what PostgreSQL says: by revisions, or entity by entity."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import structlog

from app.domain.digest import Copy, copy_of, trouble
from app.domain.document import Document, version
from app.domain.errors import NotFound
from app.persistence import sinks
from app.persistence.background import off_loop
from app.persistence.documents import documents, touched
from app.persistence.sinks import OPENSEARCH
from app.ports.search_index import SinkDown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from app.persistence.database import Database
    from app.persistence.sinks import Watermark
    from app.ports.search_index import Refusal, SearchIndex

    Tell = Callable[[int], Awaitable[None]]

CHUNK = 250  # documents that are read and written at once
ROUNDS = 10  # in which a new index catches up with those who write, before they have to wait for it

log = structlog.get_logger(__name__)


class Reached(NamedTuple):
    """How far the index is now, how many documents that took, and which of them it refused."""

    revision: int
    written: int
    refused: tuple[Refusal, ...]
    answered: bool = True  # whether the sink was asked anything


class Rebuilt(NamedTuple):
    """How far a view that was built anew is, and of how many entities it was made."""

    revision: int
    entities: int


class Indexing:
    """Idempotent and safe beside others of its kind: a document's version decides which of two writes stays."""

    sink = OPENSEARCH

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._database = database
        self._index = index

    async def reach(self, ontology: str, revision: int | None = None) -> Reached:
        """Bring the index of an ontology to at least the revision, or to the newest. SinkDown where it cannot be written.

        Each chunk is read as it is now, which is never before the newest revision that was seen first; up to that one
        everything is in the index afterwards, so that is the number which is written down. An index that was not there, or
        was replaced by one that was built anew meanwhile, is written by the next round. Who names no revision is a guard that
        looks now and then: only for it the engine is asked whether the index is still there when nothing is to be written.
        """
        refused: tuple[Refusal, ...] = ()
        written = 0
        while True:
            async with self._database.reading() as snapshot:
                mark = await sinks.watermark(snapshot, self.sink, ontology)
                if mark is None:
                    return Reached(0, 0, (), answered=False)
                there = mark.reached >= mark.head or (revision is not None and mark.reached >= revision)
                if there and revision is not None:
                    return Reached(mark.reached, written, refused, answered=written > 0)
                rids = [] if there else await touched(snapshot, ontology, mark.reached, mark.head)
            if await self._index.prepare(ontology, looks=there) and mark.reached >= 0:
                await self._restart(ontology)
                continue
            if there:
                return Reached(mark.reached, written, refused)
            into = await self._index.searched(ontology)
            refused += await self._write(ontology, rids)
            written += len(rids)
            async with self._database.writing() as work:
                await sinks.hold(work, self.sink, ontology)
                same = await self._index.searched(ontology) == into  # else it was replaced by who died before saying so
                if same and await sinks.advance(work, self.sink, ontology, mark):
                    return Reached(mark.head, written, refused)

    async def rewrite(self, ontology: str, rids: Sequence[str]) -> tuple[Refusal, ...]:
        """Write the documents of these entities as they are now, whatever the index has of them. SinkDown where that failed."""
        await self._index.prepare(ontology)
        return await self._write(ontology, sorted(set(rids)))

    async def wanted(self, ontology: str, rids: Sequence[str] | None = None) -> AsyncIterator[Copy]:
        """What the index must hold, as PostgreSQL says now, by chunks; of these entities, or of all."""
        async for chunk in chunks(self._database, ontology, CHUNK, rids):
            async with self._database.reading() as snapshot:
                mark = await sinks.watermark(snapshot, self.sink, ontology)
                found = await documents(snapshot, mark.epoch, chunk) if mark else []
            for copy in await off_loop(partial(_copies, found), len(found)):
                yield copy

    async def held(self, ontology: str, rids: Sequence[str] | None = None) -> AsyncIterator[Copy]:
        """What the index holds. SinkDown where it cannot be read."""
        async for document in self._index.stored(ontology, rids=rids):
            yield _copy(document)

    async def mend(self, ontology: str, rids: Sequence[str]) -> None:
        """Write these entities as they are now; what PostgreSQL does not know is buried. SinkDown where that failed."""
        await self.rewrite(ontology, rids)
        async with self._database.reading() as snapshot:
            known = await sinks.places(snapshot, rids)
            mark = await sinks.watermark(snapshot, self.sink, ontology)
        if mark is not None:
            await self._index.put(ontology, [Document(rid, version(mark.epoch, mark.head)) for rid in rids if rid not in known])

    async def rebuild(self, ontology: str, tell: Tell) -> Rebuilt:
        """Build the index anew beside the one that is searched, and search that instead. SinkDown, and nothing changed, where it failed.

        What is merged meanwhile is written into both. At the end nobody may say how far the sink is until the new index has
        everything and is searched; what the worker wrote into the old one since then does not count, and it writes that again.
        """
        built, refused = await self._index.build(ontology), set[str]()
        searched = False
        try:
            reached, count = await self._filled(ontology, built, refused, tell)
            await self._proved(ontology, built, refused, reached)
            async with self._database.writing(long=True) as work:
                await sinks.hold(work, self.sink, ontology)
                mark, late = await self._since(ontology, reached)
                await self._build(ontology, late, built, refused)
                searched = True
                await self._index.swap(ontology, built)
                await sinks.replaced(work, self.sink, ontology, mark.epoch, mark.head)
                await sinks.take_over(work, self.sink, ontology, refused)
        except BaseException:
            if not searched:
                with suppress(SinkDown):
                    await asyncio.shield(self._index.drop(built))
            raise
        return Rebuilt(mark.head, count)

    async def _filled(self, ontology: str, built: str, refused: set[str], tell: Tell) -> tuple[int, int]:
        """Everything as it is now, then what was merged meanwhile, until that is little; the revision that is in it then."""
        mark, _ = await self._since(ontology, None)
        count = 0
        async for chunk in chunks(self._database, ontology, CHUNK):
            await self._build(ontology, chunk, built, refused)
            count += len(chunk)
            await tell(count)
        for _ in range(ROUNDS):
            newer, late = await self._since(ontology, mark.head)
            await self._build(ontology, late, built, refused)
            mark = newer
            if len(late) <= CHUNK:
                break
        return mark.head, count

    async def _build(self, ontology: str, rids: Sequence[str], built: str, refused: set[str]) -> None:
        """Write into the new index, and keep up which documents it refuses."""
        new = await self._write(ontology, rids, into=built)
        refused.difference_update(rids)
        refused.update(each.rid for each in new)

    async def _proved(self, ontology: str, built: str, refused: set[str], reached: int) -> None:
        """SinkDown where the new index is not what it must be: then it is not searched. What was merged since is late, and comes after."""
        wanted = {copy.rid: copy async for copy in self.wanted(ontology)}
        held = {copy.rid: copy async for copy in _copied(self._index.stored(ontology, name=built))}
        async with self._database.reading() as snapshot:
            mark = await sinks.watermark(snapshot, self.sink, ontology)
            late = set(await touched(snapshot, ontology, reached, mark.head)) if mark else set()
        suspects = (wanted.keys() | held.keys()) - late - refused
        wrong = {rid for rid in suspects if trouble(wanted.get(rid), held.get(rid))}
        if wrong:
            raise SinkDown(f"The new index differs from PostgreSQL in {len(wrong)} entities, {min(wrong)} among them, and is not searched.")

    async def _since(self, ontology: str, reached: int | None) -> tuple[Watermark, list[str]]:
        async with self._database.reading() as snapshot:
            mark = await sinks.watermark(snapshot, self.sink, ontology)
            if mark is None:
                raise NotFound("ontology", ontology)
            return mark, [] if reached is None else await touched(snapshot, ontology, reached, mark.head)

    async def _restart(self, ontology: str) -> None:
        """The index was not there although the watermark says that something is in it."""
        async with self._database.writing() as work:
            await sinks.restart(work, self.sink, ontology)

    async def _write(self, ontology: str, rids: Sequence[str], *, into: str | None = None) -> tuple[Refusal, ...]:
        refused: list[Refusal] = []
        for begin in range(0, len(rids), CHUNK):
            chunk = rids[begin : begin + CHUNK]
            async with self._database.reading() as snapshot:
                mark = await sinks.watermark(snapshot, self.sink, ontology)
                found = await documents(snapshot, mark.epoch, chunk) if mark else []
            new = await self._index.put(ontology, found, into=into)
            async with self._database.writing() as work:
                taken = chunk if into is None else ()  # what is not searched yet makes nothing good
                await sinks.settle(work, self.sink, ontology, mark.head if mark else 0, taken, {each.rid: each.reason for each in new})
            refused += new
        if refused:
            log.warning("The index refused documents.", count=len(refused), first=refused[0].reason)
        return tuple(refused)


async def chunks(database: Database, ontology: str, size: int, rids: Sequence[str] | None = None) -> AsyncIterator[list[str]]:
    """The entities of an ontology, deleted ones too, by rid and so many at once; or only these."""
    if rids is not None:
        for begin in range(0, len(rids), size):
            yield sorted(rids[begin : begin + size])
        return
    after = ""
    while True:
        async with database.reading() as snapshot:
            found = await sinks.rids(snapshot, ontology, after, size)
        if found:
            yield found
        if len(found) < size:
            return
        after = found[-1]


async def _copied(documents: AsyncIterator[Document]) -> AsyncIterator[Copy]:
    async for document in documents:
        yield _copy(document)


def _copies(documents: Sequence[Document]) -> list[Copy]:
    return [_copy(each) for each in documents]


def _copy(document: Document) -> Copy:
    return copy_of(document.rid, document.version, document.body)
