"""Relay connections over keyset pages; a walk over pages sees the revision of its first page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Generic, NamedTuple, TypeVar, cast

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

from app.domain.errors import BadInput, CursorExpired, InvalidCursor, PageSizeOutOfRange
from app.persistence.reads.pages import Rows, Source, check_key, key_of
from app.persistence.reads.selection import EVERYTHING, At, Condition, Order, Selection
from app.web.cursors import scope
from dataloaders.loaders import Listing
from dataloaders.wanted import Wanted

if TYPE_CHECKING:
    from asyncpg import Record
    from graphql import GraphQLResolveInfo, SelectionSetNode

    from app.persistence.reads.totals import Total
    from app.persistence.reads.written import Shape
    from app.web.cursors import Place
    from resolvers.context import Context

UNKEPT: Any = ()  # by the executor that asks for each parent by itself
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
    total_count: int | None = strawberry.field(
        description="How many items the list has in all: exact for all entities of a kind, otherwise counted up to 10,000."
    )
    total_count_is_lower_bound: bool | None = strawberry.field(description="Whether counting stopped at 10,000 and there are more.")


class Paged:
    """The value of a connection: leaves are made when they are read, so what nobody selected costs nothing."""

    def __init__(self, walk: Walk, rows: Rows, total: Total | None, made: Made) -> None:
        self._walk = walk
        self._rows = rows
        self._made = made
        self._total = total
        self._nodes: list[Any] | None = None

    @property
    def total_count(self) -> int | None:
        return None if self._total is None else self._total.rows

    @property
    def total_count_is_lower_bound(self) -> bool | None:
        return None if self._total is None else self._total.more

    @property
    def at(self) -> At | None:
        """As of when."""
        return self._walk.at

    def rows(self, made: Made) -> Sequence[Record] | None:
        """What its items are made from, where they are made by this function."""
        return self._rows.records if self._made is made else None

    @property
    def written(self) -> Sequence[str | None] | None:
        """Its items as texts of JSON, where the plan wanted them so."""
        return None if self._walk.selection.shape is None else self._rows.records

    @property
    def nodes(self) -> list[Any]:
        if self._nodes is None:  # not a cached_property, which takes a lock
            made, at = self._made, self._walk.at
            self._nodes = [made(record, at) for record in self._rows.records]
        return self._nodes

    @property
    def edges(self) -> list[PagedEdge]:
        return [PagedEdge(node, record, self._walk) for node, record in zip(self.nodes, self._rows.records, strict=True)]

    @property
    def page_info(self) -> PagedInfo:
        return PagedInfo(self._walk, self._rows)


class PagedInfo:
    """The value of `pageInfo`: a cursor is signed when it is read."""

    def __init__(self, walk: Walk, rows: Rows) -> None:
        self._walk = walk
        self._rows = rows

    @property
    def has_next_page(self) -> bool:
        selection = self._walk.selection
        return self._rows.more if not selection.backward else selection.before is not None

    @property
    def has_previous_page(self) -> bool:
        selection = self._walk.selection
        return self._rows.more if selection.backward else selection.after is not None

    @property
    def start_cursor(self) -> str | None:
        return self._walk.cursor(self._rows.records[0]) if self._rows.records else None

    @property
    def end_cursor(self) -> str | None:
        return self._walk.cursor(self._rows.records[-1]) if self._rows.records else None


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


class Walk(NamedTuple):
    """One page of one list: which, from where, as of when."""

    context: Context
    listing: Listing
    parent: str
    epoch: int

    @property
    def at(self) -> At | None:
        """As of when."""
        return self.listing.at

    @property
    def selection(self) -> Selection:
        """From where to where."""
        return self.listing.selection

    def cursor(self, record: Record) -> str:
        """The place of a row."""
        source, at, selection = self.listing
        revision = at.revision if at else 0
        return self.context.cursors.made(self.scope(), self.epoch, revision, key_of(source, selection, record))

    def scope(self) -> str:
        """A digest of the list that the page is of."""
        source, _, selection = self.listing
        return scope(source.name, self.parent, selection.order.value, selection.descending, selection.where)


class Paging(NamedTuple):
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


class List(NamedTuple):
    """A list that can be paged: the rows below one parent, filtered and sorted; `epoch` where it has no revision."""

    source: Source
    parent: str
    at: At | None
    order: Order
    descending: bool = False
    where: Condition = EVERYTHING
    epoch: int = 0

    def walk(self, context: Context, paging: Paging, columns: frozenset[str] | None = None, shape: Shape | None = None) -> Walk:
        """The page that the arguments ask for, and as much of its entities as is wanted, or their JSON."""
        limit, backward = paging.size(min(context.limits.default_page_size, context.limits.page_size), context.limits.page_size)
        epoch = self.at.epoch if self.at else self.epoch
        selection = Selection(self.order, self.descending, limit, backward, where=self.where, only=columns, shape=shape)
        walk = Walk(context, Listing(self.source, self.at, selection), self.parent, epoch)
        if paging.after is None and paging.before is None:
            return walk
        mark = walk.scope()
        places = [None if text is None else self._place(context, text, mark, epoch) for text in (paging.after, paging.before)]
        after, before = (None if place is None else place.key for place in places)
        return walk._replace(listing=Listing(self.source, self._as_of(places), replace(selection, after=after, before=before)))

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


def connection(info: strawberry.Info[Any], listed: List, paging: Paging, made: Made, page: type[Paged] = Paged) -> T:  # type: ignore[type-var]  # the field says which
    """The page of a list; what stands beside it at the same level is fetched with it."""
    context: Context = info.context
    walk, counted = _walked(info, listed, paging, made if page is Paged else None)
    if counted:
        return cast("T", _counted(context, walk, made, page))
    return cast("T", Wanted(context.loaders.pages(walk.listing), (walk.parent,), paged, walk, made, page))


def _walked(info: strawberry.Info[Any], listed: List, paging: Paging, made: Made | None) -> tuple[Walk, bool]:
    """The page, and whether its total is selected. Pages of one field differ in their parents alone, and are worked out once."""
    asked = (listed.source, listed.at, listed.order, listed.descending, listed.where, listed.epoch, paging)
    known = getattr(info, "walked", UNKEPT)
    if known and known[0] == asked:
        return known[1]._replace(parent=listed.parent), known[2]
    written = getattr(info, "written", None)
    shape = written.shape if written is not None and written.made == made else None
    walk = listed.walk(info.context, paging, only(info), shape)
    counted = selects(info._raw_info, "totalCount", "totalCountIsLowerBound")  # noqa: SLF001 - Strawberry's own view of it is slow
    if known is not UNKEPT and paging.after is None and paging.before is None:  # a cursor is one parent's
        info.walked = (asked, walk, counted)  # type: ignore[attr-defined]  # as the levels' own has it
    return walk, counted


def paged(found: list[Rows], walk: Walk, made: Made, page: type[Paged]) -> Paged:
    """The value of a connection, from its rows."""
    return page(walk, found[0], None, made)


async def _counted(context: Context, walk: Walk, made: Made, page: type[Paged]) -> Paged:
    everything = Listing(walk.listing.source, walk.at, Selection(walk.selection.order, where=walk.selection.where))
    loaders = context.loaders
    rows, total = await asyncio.gather(loaders.pages(walk.listing).load(walk.parent), loaders.totals(everything).load(walk.parent))
    return page(walk, rows, total, made)


def bounded(first: int, most: int) -> int:
    """How many items of a list that is no connection; PAGE_SIZE_OUT_OF_RANGE beyond the limit."""
    if not 1 <= first <= most:
        raise PageSizeOutOfRange(given=first, limit=most)
    return first


def sliced(
    info: strawberry.Info[Any], items: Sequence[Any], paging: Paging, made: Callable[[Any], T], epoch: int, *named: object
) -> Connection[T]:
    """A page of a list that was worked out in memory; `named` says which list it is, so that no cursor of another one is taken."""
    context: Context = info.context
    limit, backward = paging.size(min(context.limits.default_page_size, context.limits.page_size), context.limits.page_size)
    mark = scope(*named)
    after, before = (
        None if text is None else int(context.cursors.read(text, mark, epoch).key[0]) for text in (paging.after, paging.before)
    )
    start, stop = 0 if after is None else after + 1, len(items) if before is None else min(before, len(items))
    start, stop = (max(start, stop - limit), stop) if backward else (start, min(stop, start + limit))
    found = [(context.cursors.made(mark, epoch, 0, (place,)), made(items[place])) for place in range(start, stop)]
    page_info = PageInfo(
        has_next_page=stop < len(items),
        has_previous_page=start > 0,
        start_cursor=found[0][0] if found else None,
        end_cursor=found[-1][0] if found else None,
    )
    return Connection(
        edges=[Edge(cursor=cursor, node=node) for cursor, node in found], nodes=[node for _, node in found], page_info=page_info,
        total_count=len(items), total_count_is_lower_bound=False,
    )  # fmt: skip


def only(info: strawberry.Info[Any]) -> frozenset[str] | None:
    """The columns of entities that the executor's plan will read of what the field returns; None where it does not know."""
    return getattr(info, "only", None)


def selects(info: GraphQLResolveInfo[Any], *names: str) -> bool:
    """Whether any of the fields is selected directly below; one that a directive leaves out counts too."""
    return any(node.name.value in names for node in selected(info, info.field_nodes))


def selected(info: GraphQLResolveInfo[Any], nodes: Sequence[FieldNode]) -> Iterator[FieldNode]:
    """The fields that are selected directly below these."""
    waiting: list[SelectionSetNode | None] = [node.selection_set for node in nodes]
    seen: set[str] = set()
    while waiting:
        below = waiting.pop()
        for node in below.selections if below else ():
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                waiting.append(info.fragments[node.name.value].selection_set)
