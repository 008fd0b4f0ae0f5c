"""Comparing a view with what PostgreSQL says, entity by entity, and mending exactly what differs; building it anew."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import structlog

from app.domain.digest import Difference, Sums, Trouble, bucket_of, trouble
from app.domain.document import version
from app.observability.metrics import DRIFT, RECONCILED_AT
from app.persistence import sinks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.domain.digest import Copy
    from app.persistence.database import Database
    from app.persistence.sinks import Watermark
    from app.ports.search_index import Refusal
    from app.services.indexing import Reached, Rebuilt, Tell

ROUNDS = 4  # in which what differs is looked at again, since others write meanwhile
PAUSE = 0.25  # seconds between two of them
CHUNK = 500  # entities that are looked at again together

log = structlog.get_logger(__name__)


class View(Protocol):
    """What PostgreSQL says, kept in another system. SinkDown from all of these where it does not answer."""

    @property
    def sink(self) -> str:
        """The system's name."""

    async def reach(self, ontology: str, revision: int | None = None) -> Reached:
        """Bring the view of an ontology to at least the revision, or to the newest."""

    def wanted(self, ontology: str, rids: Sequence[str] | None = None) -> AsyncIterator[Copy]:
        """What it must hold."""

    def held(self, ontology: str, rids: Sequence[str] | None = None) -> AsyncIterator[Copy]:
        """What it holds."""

    async def rewrite(self, ontology: str, rids: Sequence[str]) -> Sequence[Refusal]:
        """Write these entities, whatever it has of them; answers with what it refuses."""

    async def mend(self, ontology: str, rids: Sequence[str]) -> None:
        """Write these entities as they are now."""

    async def rebuild(self, ontology: str, tell: Tell) -> Rebuilt:
        """Build all of it anew, while it is asked and written to."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a view of one ontology stands beside PostgreSQL. Sums are of 32 bits an entity; those of a view that lags differ."""

    sink: str
    ontology: str  # by its apiName
    revision: int  # that the view has reached; -1 where it has nothing
    head: int
    wanted: Sums
    held: Sums
    differing: tuple[Difference, ...]
    refused: int = 0  # entities that differ since the sink refuses them, which their status says
    mended: int = 0

    @property
    def right(self) -> bool:
        """Whether everything up to its revision is in it as PostgreSQL says."""
        return not self.differing


class Reconciling:
    """Works beside those who write: what a view has not got yet is late, and no difference."""

    def __init__(self, database: Database, views: Sequence[View]) -> None:
        self._database = database
        self.views = views

    async def prove(self, view: View, ontology: str, name: str) -> Proof:
        """Compare all of it. The digests find the buckets that differ, these the entities, and a second look those that still do."""
        wanted, held = await _sums(view.wanted(ontology)), await _sums(view.held(ontology))
        suspects = wanted.differing(held)
        differing: tuple[Difference, ...] = ()
        refused = 0
        if suspects:
            mine, theirs = await _within(view.wanted(ontology), suspects), await _within(view.held(ontology), suspects)
            differing = await self._confirmed(view, ontology, sorted(rid for rid in mine | theirs if mine.get(rid) != theirs.get(rid)))
            known = await self._refused(view, differing)
            differing, refused = tuple(each for each in differing if each.rid not in known), len(known)
        mark = await self._mark(view, ontology)
        DRIFT.labels(view.sink, name).set(len(differing))
        RECONCILED_AT.labels(view.sink, name).set_to_current_time()
        return Proof(view.sink, name, mark.reached, mark.head, wanted, held, differing, refused)

    async def reconcile(self, view: View, ontology: str, name: str) -> Proof:
        """Compare all of it and mend what differs; the proof names what differed, and counts what was put right."""
        proof = await self.prove(view, ontology, name)
        if proof.right:
            return proof
        rids = [each.rid for each in proof.differing]
        log.warning("A view differs from PostgreSQL.", sink=view.sink, ontology=name, count=len(rids), first=rids[:3])
        await view.mend(ontology, rids)
        left = await self._confirmed(view, ontology, rids)
        known = await self._refused(view, left)
        return replace(proof, refused=proof.refused + len(known), mended=len(rids) - len(left))

    async def _confirmed(self, view: View, ontology: str, rids: Sequence[str]) -> tuple[Difference, ...]:
        """Those that differ however often one looks, without those that the view has not come to yet."""
        found: list[Difference] = []
        for begin in range(0, len(rids), CHUNK):
            suspects = list(rids[begin : begin + CHUNK])
            for left in reversed(range(ROUNDS)):
                differing = await self._looked_at(view, ontology, suspects)
                suspects = [each.rid for each in differing]
                if not suspects or not left:
                    found += differing
                    break
                await asyncio.sleep(PAUSE)
        return tuple(found)

    async def _looked_at(self, view: View, ontology: str, rids: Sequence[str]) -> list[Difference]:
        wanted = {copy.rid: copy async for copy in view.wanted(ontology, rids)}
        mark = await self._mark(view, ontology)
        held = {copy.rid: copy async for copy in view.held(ontology, rids)}
        there = version(mark.epoch, mark.reached)
        found = []
        for rid in rids:
            what: Trouble | None = trouble(wanted.get(rid), held.get(rid))
            late = rid in wanted and wanted[rid].version > there
            if what is not None and not late:
                found.append(Difference(rid, what))
        return found

    async def _refused(self, view: View, differing: Sequence[Difference]) -> set[str]:
        async with self._database.reading() as snapshot:
            return await sinks.refused(snapshot, view.sink, [each.rid for each in differing])

    async def _mark(self, view: View, ontology: str) -> Watermark:
        async with self._database.reading() as snapshot:
            return await sinks.watermark(snapshot, view.sink, ontology) or sinks.Watermark(1, -1, 0)


async def _sums(copies: AsyncIterator[Copy]) -> Sums:
    sums = Sums()
    async for copy in copies:
        sums.add(copy)
    return sums


async def _within(copies: AsyncIterator[Copy], buckets: frozenset[int]) -> dict[str, tuple[int, int]]:
    return {copy.rid: copy.live async for copy in copies if copy.live is not None and bucket_of(copy.rid) in buckets}
