"""What an Ontology Admin does about entities that are not in a sink: write them again, or give them up."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from app.domain.actor import Actor, Role
from app.domain.errors import InvalidState, ListTooLong, NotFound, Unavailable
from app.domain.rid import well_formed
from app.persistence import sinks, store
from app.ports.search_index import SinkDown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.persistence.database import Database
    from app.persistence.sinks import DeadLetter
    from app.services.reconciling import View

MOST = 1_000  # entities at once


class Repaired(NamedTuple):
    """Which entities were written or given up, and what the sinks still refuse of them."""

    rids: Sequence[str]
    refused: Sequence[DeadLetter]


class Repairs:
    """Everything is read from PostgreSQL again; nothing old is ever sent."""

    def __init__(self, database: Database, views: Sequence[View] = ()) -> None:
        self._database = database
        self._views = {view.sink: view for view in views}

    async def reindex(self, actor: Actor, rids: Sequence[str], *, only: Sequence[str] | None = None) -> Repaired:
        """Write these entities to every sink, or only to these, as they are now, whatever it has of them."""
        actor.require(Role.ADMIN)
        _bounded(rids)
        async with self._database.reading() as snapshot:
            places = await sinks.places(snapshot, rids)
        for rid in rids:
            if rid not in places:
                raise NotFound("entity", rid[:200])
        return await self._rewritten(actor, {(sink, rid): at for sink in self._wanted(only) for rid, at in places.items()}, "reindexed")

    async def retry(self, actor: Actor, rids: Sequence[str] | None = None, *, only: Sequence[str] | None = None) -> Repaired:
        """Write again what sinks refused: these entities, or up to a thousand of all; one that was not refused is left alone."""
        actor.require(Role.ADMIN)
        _bounded(rids or ())
        wanted = self._wanted(only)
        letters = await self.dead_letters(actor, rids=rids, limit=MOST)
        return await self._rewritten(actor, {(each.sink, each.rid): each.ontology for each in letters if each.sink in wanted}, "retried")

    async def discard(self, actor: Actor, rids: Sequence[str], *, only: Sequence[str] | None = None) -> Repaired:
        """Take what was refused off the list; the entities stay as they are, and stay FAILED until they are written."""
        actor.require(Role.ADMIN)
        _bounded(rids)
        async with self._database.writing() as work:
            places = await sinks.places(work, rids)
            gone = [(sink, rid) for sink in only or sinks.SINKS for rid in await sinks.discard(work, sink, rids)]
            for sink, rid in gone:
                store.audited(work, places[rid], actor, "dead_letter_discarded", "sink", rid, detail={"sink": sink})
        return Repaired(sorted({rid for _, rid in gone}), ())

    async def dead_letters(
        self, actor: Actor, *, ontology: str | None = None, rids: Sequence[str] | None = None, limit: int = 100
    ) -> list[DeadLetter]:
        """What the sinks refuse, the latest first."""
        actor.require(Role.ADMIN)
        async with self._database.reading() as snapshot:
            return await sinks.dead_letters(snapshot, ontology=ontology, rids=rids, limit=limit)

    def _wanted(self, only: Sequence[str] | None) -> list[str]:
        wanted = list(self._views) if only is None else list(dict.fromkeys(only))
        if not wanted or not set(wanted) <= set(self._views):
            raise InvalidState("There is no such sink to write to: PostgreSQL answers.")
        return wanted

    async def _rewritten(self, actor: Actor, places: Mapping[tuple[str, str], str], action: str) -> Repaired:
        """Each sink is written on its own, and what was written stays when another one is down."""
        together: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (sink, rid), ontology in places.items():
            together[sink, ontology].append(rid)
        for (sink, ontology), mine in together.items():
            try:
                await self._views[sink].rewrite(ontology, mine)
            except SinkDown:
                raise Unavailable(f"The sink {sink} cannot be written now.", retry_after=10) from None
            async with self._database.writing() as work:
                store.audited(work, ontology, actor, action, "sink", ontology, detail={"sink": sink, "rids": sorted(mine)})
        written = {rid for _, rid in places}
        letters = await self.dead_letters(actor, rids=sorted(written), limit=MOST)
        return Repaired(sorted(written), [each for each in letters if (each.sink, each.rid) in places])


def _bounded(rids: Sequence[str]) -> None:
    if len(rids) > MOST:
        raise ListTooLong(f"rids holds at most {MOST}, not {len(rids)}.", path="rids")
    for rid in rids:
        if not well_formed(rid):
            raise NotFound("entity", rid[:200])
