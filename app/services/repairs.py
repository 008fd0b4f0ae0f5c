"""What an Ontology Admin does about documents that are not in the index: write them again, or give them up."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from app.domain.actor import Actor, Role
from app.domain.errors import InvalidState, ListTooLong, NotFound, Unavailable
from app.domain.rid import well_formed
from app.persistence import sinks, store
from app.persistence.sinks import OPENSEARCH
from app.ports.search_index import SinkDown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.persistence.database import Database
    from app.persistence.sinks import DeadLetter
    from app.services.indexing import Indexing

MOST = 1_000  # entities at once


class Repaired(NamedTuple):
    """Which entities were written or given up, and what the index still refuses of them."""

    rids: Sequence[str]
    refused: Sequence[DeadLetter]


class Repairs:
    """Everything is read from PostgreSQL again; nothing old is ever sent."""

    def __init__(self, database: Database, indexing: Indexing | None) -> None:
        self._database = database
        self._indexing = indexing

    async def reindex(self, actor: Actor, rids: Sequence[str]) -> Repaired:
        """Write these entities to the index as they are now, whatever it has of them."""
        actor.require(Role.ADMIN)
        _bounded(rids)
        async with self._database.reading() as snapshot:
            places = await sinks.places(snapshot, rids)
        for rid in rids:
            if rid not in places:
                raise NotFound("entity", rid[:200])
        return await self._rewritten(actor, places, "reindexed")

    async def retry(self, actor: Actor, rids: Sequence[str] | None = None) -> Repaired:
        """Write again what the index refused: these entities, or up to a thousand of all; one that was not refused is left alone."""
        actor.require(Role.ADMIN)
        _bounded(rids or ())
        letters = await self.dead_letters(actor, rids=rids, limit=MOST)
        return await self._rewritten(actor, {letter.rid: letter.ontology for letter in letters}, "retried")

    async def discard(self, actor: Actor, rids: Sequence[str]) -> Repaired:
        """Take refused documents off the list; the entities stay as they are, and stay FAILED until they are written."""
        actor.require(Role.ADMIN)
        _bounded(rids)
        async with self._database.writing() as work:
            places = await sinks.places(work, rids)
            gone = await sinks.discard(work, OPENSEARCH, rids)
            for rid in gone:
                store.audited(work, places[rid], actor, "dead_letter_discarded", "sink", rid)
        return Repaired(gone, ())

    async def dead_letters(
        self, actor: Actor, *, ontology: str | None = None, rids: Sequence[str] | None = None, limit: int = 100
    ) -> list[DeadLetter]:
        """What the index refuses, the latest first."""
        actor.require(Role.ADMIN)
        async with self._database.reading() as snapshot:
            return await sinks.dead_letters(snapshot, ontology=ontology, sink=OPENSEARCH, rids=rids, limit=limit)

    async def _rewritten(self, actor: Actor, places: Mapping[str, str], action: str) -> Repaired:
        if self._indexing is None:
            raise InvalidState("There is no search index to write to: PostgreSQL answers searches.")
        by_ontology: dict[str, list[str]] = defaultdict(list)
        for rid, ontology in places.items():
            by_ontology[ontology].append(rid)
        try:
            for ontology, mine in by_ontology.items():
                await self._indexing.rewrite(ontology, mine)
        except SinkDown:
            raise Unavailable("The search index cannot be written now.", retry_after=10) from None
        async with self._database.writing() as work:
            for ontology, mine in by_ontology.items():
                store.audited(work, ontology, actor, action, "sink", ontology, detail={"sink": OPENSEARCH, "rids": sorted(mine)})
        return Repaired(sorted(places), await self.dead_letters(actor, rids=sorted(places), limit=MOST))


def _bounded(rids: Sequence[str]) -> None:
    if len(rids) > MOST:
        raise ListTooLong(f"rids holds at most {MOST}, not {len(rids)}.", path="rids")
    for rid in rids:
        if not well_formed(rid):
            raise NotFound("entity", rid[:200])
