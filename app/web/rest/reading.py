"""Pages and single entities for the REST face, each answer from one snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.domain.errors import BadInput, InvalidCursor, NotFound, PageSizeOutOfRange
from app.domain.object_type import PROPERTIES
from app.persistence import change_sets
from app.persistence.mapping import entity_of
from app.persistence.reads import entities, ontologies
from app.persistence.reads.numbered import key_of_row
from app.persistence.reads.pages import Source, check_key, key_of, pages
from app.persistence.reads.selection import EVERYTHING, At, Condition, Order, Selection
from app.web.cursors import Cursors, scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.domain.entity import Entity
    from app.domain.kind import Kind
    from app.persistence.database import Snapshot
    from app.web.rest.call import Call

DEFAULT = 20  # items of a page where nothing is said


@dataclass(frozen=True, slots=True)
class Page:
    """Items in order, with the cursor of those that follow; `at` is the revision that the walk sees, where it has one."""

    rows: Sequence[Any]
    next_cursor: str | None
    at: At | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of a list somebody wants."""

    order: Order
    size: int
    descending: bool = False
    after: str | None = None
    where: Condition = EVERYTHING


@dataclass(frozen=True, slots=True)
class Lists:
    """How lists are read page by page: with signed cursors, up to so many items a page."""

    cursors: Cursors
    limit: int

    def wanted(self, call: Call, order: Order, *, descending: bool = False, where: Condition = EVERYTHING) -> Wanted:
        """What `pageSize` and `cursor` of the query say; PAGE_SIZE_OUT_OF_RANGE beyond the limit."""
        size = call.number("pageSize", min(DEFAULT, self.limit), least=0) or 0
        if not 1 <= size <= self.limit:
            raise PageSizeOutOfRange(given=size, limit=self.limit)
        return Wanted(order, size, descending, call.query.get("cursor") or None, where)

    async def page(
        self, snapshot: Snapshot, source: Source, parent: str, wanted: Wanted, *, at: At | None = None, epoch: int = 0, number: int = 1
    ) -> Page:
        """One page below a parent: the one after the cursor, or the one with this number, counted from 1.

        A walk over pages sees the revision of its first page; what has no revision says its `epoch` alone.
        """
        mark, epoch = scope(source.name, parent, wanted.order.value, wanted.descending, wanted.where), at.epoch if at else epoch
        after = None
        if wanted.after is not None:
            place = self.cursors.read(wanted.after, mark, epoch)
            check_key(source, wanted.order, place.key)
            after, at = place.key, _walked(at, place.revision)
        selection = Selection(wanted.order, wanted.descending, wanted.size, after=after, where=wanted.where)
        if number > 1:
            after = await key_of_row(snapshot, source, at, parent, selection, wanted.size * (number - 1))
            if after is None:
                return Page((), None, at)
            selection = replace(selection, after=after)
        found = (await pages(snapshot, source, at, [parent], selection)).get(parent)
        if found is None:
            return Page((), None, at)
        more = found.more and found.records
        key = key_of(source, selection, found.records[-1]) if more else ()
        return Page(found.records, self.cursors.made(mark, epoch, at.revision if at else 0, key) if more else None, at)

    def slice(self, items: Sequence[Any], wanted: Wanted, epoch: int, *named: object) -> Page:
        """One page of a list that was worked out; `named` says which list it is, so that no cursor of another one is taken."""
        mark, begin = scope(*named), 0
        if wanted.after is not None:
            [begin] = self.cursors.read(wanted.after, mark, epoch).key
        end = begin + wanted.size
        return Page(items[begin:end], self.cursors.made(mark, epoch, 0, (end,)) if end < len(items) else None)


def _walked(at: At | None, revision: int) -> At | None:
    """The ontology as the walk has seen it so far; a walk that began at one revision does not go on at another."""
    if at is None or revision == at.revision:
        return at
    if not at.current:
        raise InvalidCursor
    return at.back(revision)


async def standing(snapshot: Snapshot, ontology: str) -> tuple[At, str]:
    """The ontology at its head, by apiName or rid, and its apiName."""
    found = await change_sets.ontology_named(snapshot, ontology)
    return At(found.rid, found.head_revision, found.head_revision, await change_sets.epoch(snapshot)), found.api_name


async def at_point(snapshot: Snapshot, at: At, point: int | datetime | None) -> At:
    """The ontology as of a revision of its past, or as it was at a moment."""
    if point is None:
        return at
    revision = point if isinstance(point, int) else await ontologies.at_time(snapshot, at.ontology, point)
    if revision > at.head:
        raise BadInput(f"The ontology is at revision {at.head}.", path="asOf")
    return at.back(revision)


async def entity(snapshot: Snapshot, kind: Kind, rid: str) -> tuple[Entity, At, str]:
    """A present entity of the kind, with its ontology and that one's apiName; NotFound where there is none."""
    row = (await entities.anywhere(snapshot, [rid])).get(rid)
    if row is None or row["kind"] != kind.value:
        raise NotFound(kind.words, rid[:200])
    at = At(row["ontology"], row["head_revision"], row["head_revision"], row["epoch"])
    return present(row), at, row["ontology_name"]


async def owned(snapshot: Snapshot, at: At, owner: str) -> list[Entity]:
    """All properties of an object type, in their order."""
    found = (await pages(snapshot, entities.OWNED, at, [owner], Selection(Order.POSITION, limit=PROPERTIES))).get(owner)
    return [] if found is None else [present(row) for row in found.records]


def present(row: Mapping[str, Any]) -> Entity:
    """An entity from a row of a read, which leaves deleted ones out."""
    return entity_of({**row, "deleted": False})
