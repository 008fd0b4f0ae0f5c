"""Bringing the search index to what PostgreSQL says: by revisions, or entity by entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import structlog

from app.persistence import sinks
from app.persistence.documents import documents, touched
from app.persistence.sinks import OPENSEARCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.persistence.database import Database
    from app.ports.search_index import Refusal, SearchIndex

CHUNK = 250  # documents that are read and written at once

log = structlog.get_logger(__name__)


class Reached(NamedTuple):
    """How far the index is now, how many documents that took, and which of them it refused."""

    revision: int
    written: int
    refused: tuple[Refusal, ...]


class Indexing:
    """Idempotent and safe beside others of its kind: a document's version decides which of two writes stays."""

    sink = OPENSEARCH

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._database = database
        self._index = index

    async def reach(self, ontology: str, revision: int | None = None) -> Reached:
        """Bring the index of an ontology to at least the revision, or to the newest. SinkDown where it cannot be written.

        Each chunk is read as it is now, which is never before the newest revision that was seen first; up to that one
        everything is in the index afterwards, so that is the number which is written down.
        """
        async with self._database.reading() as snapshot:
            mark = await sinks.watermark(snapshot, self.sink, ontology)
            if mark is None or (revision is not None and mark.reached >= revision) or mark.reached >= mark.head:
                return Reached(mark.reached if mark else 0, 0, ())
            rids = await touched(snapshot, ontology, mark.reached, mark.head)
        await self._index.prepare(ontology)
        refused = await self._write(ontology, rids)
        async with self._database.writing() as work:
            await sinks.advance(work, self.sink, ontology, mark.epoch, mark.head)
        return Reached(mark.head, len(rids), refused)

    async def rewrite(self, ontology: str, rids: Sequence[str]) -> tuple[Refusal, ...]:
        """Write the documents of these entities as they are now, whatever the index has of them. SinkDown where that failed."""
        await self._index.prepare(ontology)
        return await self._write(ontology, sorted(set(rids)))

    async def _write(self, ontology: str, rids: Sequence[str]) -> tuple[Refusal, ...]:
        refused: list[Refusal] = []
        for begin in range(0, len(rids), CHUNK):
            chunk = rids[begin : begin + CHUNK]
            async with self._database.reading() as snapshot:
                mark = await sinks.watermark(snapshot, self.sink, ontology)
                found = await documents(snapshot, mark.epoch, chunk) if mark else []
            new = await self._index.put(ontology, found)
            async with self._database.writing() as work:
                await sinks.settle(work, self.sink, ontology, mark.head if mark else 0, chunk, {each.rid: each.reason for each in new})
            refused += new
        if refused:
            log.warning("The index refused documents.", count=len(refused), first=refused[0].reason)
        return tuple(refused)
