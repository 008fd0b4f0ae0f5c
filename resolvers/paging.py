"""Relay connections over keyset pages; a walk over pages sees the revision of its first page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, cast

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

from app.domain.errors import BadInput, CursorExpired, InvalidCursor, PageSizeOutOfRange
from app.persistence.reads.pages import Rows, Source, check_key, key_of
from app.persistence.reads.selection import COUNTED, EVERYTHING, At, Condition, Order, Selection
from dataloaders.loaders import Listed
from resolvers.cursors import scope

if TYPE_CHECKING:
    from asyncpg import Record
    from graphql import GraphQLResolveInfo, SelectionSetNode

    from resolvers.context import Context
    from resolvers.cursors import Place

T = TypeVar("T")
Made = Callable[["Record", "At | None"], Any]

First = Annotated[
    int | None,
    strawberry.argument(
        description="How many items from the start, or after `after`: 1 to 100; 10 where neither `first` nor `last` is given."
    ),
]
After = Annotated[
    str | None,
    strawberry.argument(description="Only items after the one with this cursor; the page is of the revision at which the cursor was made."),
]
Last = Annotated[
    int | None, strawberry.argument(description="How many items from the end, or before `before`: 1 to 100; not together with `first`.")
]
Before = Annotated[
    str | None,
    strawberry.argument(
        description="Only items before the one with this cursor; the page is of the revision at which the cursor was made."
    ),
]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether items follow the last one of this page.")
    has_previous_page: bool = strawberry.field(description="Whether items precede the first one of this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item; null where there is none.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item; null where there is none.")


@strawberry.type(description="An item of a list with its place in it.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="The item's place, for `after` and `before`; opaque, and valid for this list only.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items of the page with their cursors.")
    nodes: list[T] = strawberry.field(description="The items of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")
    total_count: int | None = strawberry.field(description="How many items the list has in all, counted up to 10,000.")
    total_count_is_lower_bound: bool | None = strawberry.field(description="Whether counting stopped at 10,000 and there are more.")


class Paged:
    """The value of a connection: leaves are made when they are read, so what nobody selected costs nothing."""

    def __init__(self, walk: Walk, rows: Rows, total: int | None, made: Made) -> None:
        self._walk = walk
        self._rows = rows
        self._made = made
        self.total_count = None if total is None else min(total, COUNTED)
        self.total_count_is_lower_bound = None if total is None else total > COUNTED

    @cached_property
    def nodes(self) -> list[Any]:
        made, at = self._made, self._walk.at
        return [made(record, at) for record in self._rows.records]

    @cached_property
    def edges(self) -> list[PagedEdge]:
        return [PagedEdge(node, record, self._walk) for node, record in zip(self.nodes, self._rows.records, strict=True)]

    @cached_property
    def page_info(self) -> PageInfo:
        selection, records, more = self._walk.selection, self._rows.records, self._rows.more
        return PageInfo(
            has_next_page=more if not selection.backward else selection.before is not None,
            has_previous_page=more if selection.backward else selection.after is not None,
            start_cursor=self._walk.cursor(records[0]) if records else None,
            end_cursor=self._walk.cursor(records[-1]) if records else None,
        )


class PagedEdge:
    """The value of an edge; columns that belong to the edge and not to the node are read from the record."""

    def __init__(self, node: Any, record: Record, walk: Walk) -> None:
        self.node = node
        self._record = record
        self._walk = walk

    @property
    def cursor(self) -> str:
        return self._walk.cursor(self._record)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._record[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True, slots=True)
class Walk:
    """One page of one list: which, from where, as of when."""

    context: Context
    source: Source
    parent: str
    at: At | None
    epoch: int
    selection: Selection
    scope: str

    def cursor(self, record: Record) -> str:
        """The place of a row."""
        return self.context.cursors.made(
            self.scope, self.epoch, self.at.revision if self.at else 0, key_of(self.source, self.selection, record)
        )


@dataclass(frozen=True, slots=True)
class Paging:
    """The four arguments of a connection, as the client sent them."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def size(self, default: int, most: int) -> tuple[int, bool]:
        """How many items, and whether from the end."""
        if self.first is not None and self.last is not None:
            raise BadInput("Give first or last, not both.", path="first")
        given = self.first if self.first is not None else self.last
        if given is not None and not 1 <= given <= most:
            raise PageSizeOutOfRange(given=given, limit=most)
        return default if given is None else given, self.last is not None


@dataclass(frozen=True, slots=True)
class List:
    """A list that can be paged: the rows below one parent, filtered and sorted; `epoch` where it has no revision."""

    source: Source
    parent: str
    at: At | None
    order: Order
    descending: bool = False
    where: Condition = EVERYTHING
    epoch: int = 0

    def walk(self, context: Context, paging: Paging) -> Walk:
        """The page that the arguments ask for."""
        limit, backward = paging.size(min(context.limits.default_page_size, context.limits.page_size), context.limits.page_size)
        epoch = self.at.epoch if self.at else self.epoch
        mark = scope(self.source.name, self.parent, self.order.value, self.descending, self.where)
        places = [None if text is None else self._place(context, text, mark, epoch) for text in (paging.after, paging.before)]
        at = self._as_of(places)
        after, before = (None if place is None else place.key for place in places)
        selection = Selection(self.order, self.descending, limit, backward, after, before, self.where)
        return Walk(context, self.source, self.parent, at, epoch, selection, mark)

    def _place(self, context: Context, text: str, mark: str, epoch: int) -> Place:
        place = context.cursors.read(text, mark, epoch)
        check_key(self.source, self.order, place.key)
        return place

    def _as_of(self, places: Sequence[Place | None]) -> At | None:
        if self.at is None:
            return None
        revisions = {place.revision for place in places if place is not None}
        if len(revisions) > 1:
            raise InvalidCursor("The two cursors are of different revisions.")
        revision = revisions.pop() if revisions else self.at.revision
        if revision > self.at.head:
            raise CursorExpired
        if revision != self.at.revision and not self.at.current:
            raise InvalidCursor("The cursor is of another revision than the list.")
        return self.at.back(revision)


async def connection(
    info: strawberry.Info[Any], listed: List, paging: Paging, made: Made, page: type[Paged] = Paged
) -> T:  # the field says which
    """The page of a list; what stands beside it at the same level is fetched with it."""
    context: Context = info.context
    walk = listed.walk(context, paging)
    key = Listed(walk.source, walk.at, walk.selection, walk.parent)
    if not selects(info._raw_info, "totalCount", "totalCountIsLowerBound"):  # noqa: SLF001 - Strawberry's own view of it is slow
        return cast("T", page(walk, await context.loaders.pages.load(key), None, made))
    everything = Listed(walk.source, walk.at, Selection(walk.selection.order, where=walk.selection.where), walk.parent)
    rows, total = await asyncio.gather(context.loaders.pages.load(key), context.loaders.totals.load(everything))
    return cast("T", page(walk, rows, total, made))


def selects(info: GraphQLResolveInfo[Any], *names: str) -> bool:
    """Whether any of the fields is selected directly below; one that a directive leaves out counts too."""
    waiting: list[SelectionSetNode | None] = [node.selection_set for node in info.field_nodes]
    seen: set[str] = set()
    while waiting:
        below = waiting.pop()
        for node in below.selections if below else ():
            if isinstance(node, FieldNode):
                if node.name.value in names:
                    return True
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                waiting.append(info.fragments[node.name.value].selection_set)
    return False
