"""Pages and single entities for the REST face, each answer from one snapshot."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from app.domain.errors import BadInput, InvalidCursor, NotFound, PageSizeOutOfRange
from app.domain.object_type import PROPERTIES
from app.persistence import change_sets
from app.persistence.mapping import entity_of
from app.persistence.reads import entities
from app.persistence.reads.numbered import key_of_row
from app.persistence.reads.pages import Source, check_key, key_of, pages
from app.persistence.reads.selection import EVERYTHING, At, Condition, Order, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.entity import Entity
    from app.domain.kind import Kind
    from app.persistence.database import Snapshot
    from app.web.rest.call import Call

LONGEST_CURSOR = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, with the cursor of those that follow."""

    rows: Sequence[Mapping[str, Any]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of a list somebody wants."""

    order: Order
    size: int
    descending: bool = False
    after: str | None = None
    where: Condition = EVERYTHING

    @classmethod
    def of(cls, call: Call, order: Order, *, limit: int, descending: bool = False, where: Condition = EVERYTHING) -> Wanted:
        """What `pageSize` and `cursor` of the query say; PAGE_SIZE_OUT_OF_RANGE beyond the limit."""
        size = call.number("pageSize", min(20, limit), least=0) or 0
        if not 1 <= size <= limit:
            raise PageSizeOutOfRange(given=size, limit=limit)
        return cls(order, size, descending, call.query.get("cursor") or None, where)


async def standing(snapshot: Snapshot, ontology: str) -> tuple[At, str]:
    """The ontology at its head, by apiName or rid, and its apiName."""
    found = await change_sets.ontology_named(snapshot, ontology)
    return At(found.rid, found.head_revision, found.head_revision, await change_sets.epoch(snapshot)), found.api_name


def at_revision(at: At, revision: int | None) -> At:
    """The ontology as of a revision of its past."""
    if revision is None:
        return at
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


async def page(snapshot: Snapshot, source: Source, at: At | None, parent: str, wanted: Wanted, number: int = 1) -> Page:
    """One page below a parent: the one after the cursor, or the one with this number, counted from 1."""
    after = None if wanted.after is None else _key(source, wanted)
    selection = Selection(wanted.order, wanted.descending, wanted.size, after=after, where=wanted.where)
    if number > 1:
        after = await key_of_row(snapshot, source, at, parent, selection, wanted.size * (number - 1))
        if after is None:
            return Page((), None)
        selection = replace(selection, after=after)
    found = (await pages(snapshot, source, at, [parent], selection)).get(parent)
    if found is None:
        return Page((), None)
    following = _cursor(key_of(source, selection, found.records[-1])) if found.more and found.records else None
    return Page(found.records, following)


def _cursor(key: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([_written(part) for part in key])).rstrip(b"=").decode()


def _written(part: Any) -> Any:
    return {"at": part.isoformat()} if isinstance(part, datetime) else part


def _key(source: Source, wanted: Wanted) -> tuple[Any, ...]:
    """The sort key that a cursor holds; INVALID_CURSOR where it is none of this list."""
    text = wanted.after or ""
    try:
        held = (
            orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            if len(text) <= LONGEST_CURSOR
            else None
        )
        if not isinstance(held, list):
            raise InvalidCursor
        key = tuple(_moment(part["at"]) if isinstance(part, dict) else part for part in held)
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise InvalidCursor from None
    check_key(source, wanted.order, key)
    if any(isinstance(part, bool) or (isinstance(part, str) and "\0" in part) for part in key):
        raise InvalidCursor
    return key


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise InvalidCursor
    return moment
