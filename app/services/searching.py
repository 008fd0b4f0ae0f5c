"""Search by the engine, with PostgreSQL for what the engine has not got yet: an author always finds what was just merged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from app.domain.breaker import Breaker, CircuitOpen
from app.domain.document import micros
from app.domain.errors import CursorExpired
from app.domain.search import Count, Facet
from app.persistence import sinks
from app.persistence.documents import touched
from app.persistence.reads.pages import NOTHING, counted, key_of, pages
from app.persistence.reads.selection import Order, Selection
from app.persistence.search.asking import asked
from app.persistence.search.counting import facets, first
from app.persistence.search.matching import source
from app.persistence.search.suggesting import suggestions
from app.persistence.sinks import OPENSEARCH
from app.ports.search_index import NoRoom, SinkDown, WalkExpired
from app.services.walks import Walks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from app.persistence.database import Snapshot
    from app.persistence.reads.selection import At, Key
    from app.ports.search_index import Begun, Found, Hit, SearchIndex, Wanted

OVERLAY = 1_000  # entities that the engine may be behind; with more, PostgreSQL answers alone


class Position(NamedTuple):
    """Where a walk stands: how far the engine was when it began, the engine's state that it holds, and the last key of either side."""

    reached: int
    walk: str | None = None
    engine: tuple[str | int | float, ...] | None = None
    database: tuple[Key, ...] | None = None

    @property
    def flat(self) -> list[Any]:
        """As a cursor holds it."""
        return [self.reached, self.walk, len(self.engine or ()), *(self.engine or ()), *(self.database or ())]

    @classmethod
    def of(cls, flat: Sequence[Any]) -> Self:
        """What a cursor held."""
        reached, walk, size, *keys = flat
        return cls(reached, walk, tuple(keys[:size]) or None, tuple(keys[size:]) or None)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hit of either side, with the walk's position behind it."""

    rid: str
    score: int
    words: frozenset[str]
    position: Position


class Answer(NamedTuple):
    """A page of hits; what was not asked for is None."""

    hits: Sequence[Ranked]
    more: bool
    total: int | None
    counts: Sequence[Count] | None


class _Row(NamedTuple):
    rid: str
    score: int
    words: frozenset[str]
    key: tuple[Any, ...]  # as its side takes it back
    sort: tuple[Any, str]  # as both sides compare it


class Searching:
    """Answers from the engine while it can be asked."""

    def __init__(self, index: SearchIndex, breaker: Breaker, walks: Walks | None = None) -> None:
        self.breaker = breaker
        self._index = index
        self._walks = walks or Walks()

    async def page(self, snapshot: Snapshot, at: At, wanted: Wanted, position: Position | None = None) -> Answer | None:
        """A page as of the newest revision, or of a walk that began here; None where PostgreSQL has to answer all of it.

        CursorExpired where a walk cannot go on.
        """
        if position is None:
            return await self._first(snapshot, at, wanted)
        try:
            return await self._page(snapshot, at, wanted, position)
        except (WalkExpired, SinkDown, CircuitOpen):
            raise CursorExpired from None

    async def _first(self, snapshot: Snapshot, at: At, wanted: Wanted) -> Answer | None:
        """Where others begin walks as well, at the state of the engine that they hold; what was merged since is not in it."""
        mark = await sinks.watermark(snapshot, OPENSEARCH, at.ontology)
        if mark is None or mark.reached < 0:
            return None
        try:
            if not wanted.holds:
                return await self._page(snapshot, at, wanted, Position(mark.reached))
            held = await self._walks.begin(at.ontology, mark, lambda: self._held(at.ontology))
            try:
                return await self._page(snapshot, at, wanted, Position(held.reached, held.walk))
            except WalkExpired:  # such as by an engine that has started again
                self._walks.forget(at.ontology, held)
            held = await self._walks.begin(at.ontology, mark, lambda: self._held(at.ontology))
            return await self._page(snapshot, at, wanted, Position(held.reached, held.walk))
        except (WalkExpired, SinkDown, CircuitOpen, NoRoom):
            return None

    async def _page(self, snapshot: Snapshot, at: At, wanted: Wanted, position: Position) -> Answer | None:
        overlay = await touched(snapshot, at.ontology, position.reached, at.revision)
        if len(overlay) > OVERLAY:
            return None
        found = await self._asked(at, replace(wanted, without=tuple(overlay), after=position.engine, walk=position.walk))
        return await self._joined(snapshot, at, wanted, position, found, overlay)

    async def _held(self, ontology: str) -> str:
        return await self.breaker.run(lambda: self._index.hold(ontology), SinkDown)

    async def suggest(self, snapshot: Snapshot, at: At, begun: Begun) -> list[Record] | None:
        """The entities that may be meant, best first; None where PostgreSQL has to answer all of it."""
        mark = await sinks.watermark(snapshot, OPENSEARCH, at.ontology)
        if mark is None or mark.reached < 0:
            return None
        overlay = await touched(snapshot, at.ontology, mark.reached, at.revision)
        if len(overlay) > OVERLAY:
            return None
        try:
            rids = await self.breaker.run(lambda: self._index.suggest(at.ontology, replace(begun, without=tuple(overlay))), SinkDown)
        except (SinkDown, CircuitOpen):
            return None
        together = sorted({*rids, *overlay})  # both in one order, which is PostgreSQL's
        return await suggestions(snapshot, at, begun.text, begun.terms, begun.kinds, begun.limit, among=together)

    async def _asked(self, at: At, wanted: Wanted) -> Found:
        return await self.breaker.run(lambda: self._index.search(at.ontology, wanted), SinkDown)

    async def _joined(self, snapshot: Snapshot, at: At, wanted: Wanted, position: Position, found: Found, overlay: Sequence[str]) -> Answer:
        engine = [_Row(hit.rid, hit.score, hit.words, hit.key, (_compared(wanted, hit), hit.rid)) for hit in found.hits]
        more, total, counts = False, 0, list[Count]()
        rows: list[_Row] = []
        if overlay:
            rows, more, total, counts = await _overlaid(snapshot, at, wanted, position, overlay)
        hits: list[Ranked] = []
        here = position._replace(walk=found.walk)
        while (engine or rows) and len(hits) < wanted.limit:
            ours = not rows or (bool(engine) and (engine[0].sort > rows[0].sort) is wanted.descending)
            row = (engine if ours else rows).pop(0)
            here = here._replace(engine=row.key) if ours else here._replace(database=row.key)
            hits.append(Ranked(row.rid, row.score, row.words, here))
        summed = None if found.counts is None else _summed([*found.counts, *counts])
        return Answer(hits, bool(engine or rows or found.more or more), None if found.total is None else found.total + total, summed)


def _compared(wanted: Wanted, hit: Hit) -> str | int | float:
    return hit.score if wanted.order == Order.RELEVANCE.value else hit.key[0]


def _summed(counts: Sequence[Count]) -> list[Count]:
    together: Counter[tuple[Facet, str]] = Counter()
    for each in counts:
        together[each.facet, each.value] += each.hits
    return first([Count(facet, value, hits) for (facet, value), hits in together.items()])


async def _overlaid(
    snapshot: Snapshot, at: At, wanted: Wanted, position: Position, overlay: Sequence[str]
) -> tuple[list[_Row], bool, int, list[Count]]:
    """The same page of the entities that the engine has not got yet."""
    words = await asked(snapshot, at, wanted.terms)
    meant = frozenset(word for each in words for word in (*each.alike, *each.meant))
    among = source(wanted.query, words, among=overlay)
    page = Selection(Order(wanted.order), wanted.descending, wanted.limit, after=position.database, where=wanted.where)
    found = (await pages(snapshot, among, at, [at.ontology], page)).get(at.ontology, NOTHING)
    rows = []
    for record in found.records:
        key = tuple(key_of(among, page, record))
        compared = micros(key[0]) if isinstance(key[0], datetime) else key[0]
        rows.append(_Row(record["rid"], record["score"], meant, key, (compared, record["rid"])))
    everything = Selection(page.order, where=wanted.where)
    total = (await counted(snapshot, among, at, [at.ontology], everything)).get(at.ontology, 0) if wanted.totals else 0
    counts = await facets(snapshot, among, at, wanted.where) if wanted.facets else []
    return rows, found.more, total, counts
