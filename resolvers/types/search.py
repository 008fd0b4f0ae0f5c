"""Search and suggestions, as clients read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, cast

import strawberry

from app.domain.errors import BadInput, CursorExpired, InvalidCursor
from app.domain.highlights import highlights
from app.domain.search import Count, Term, terms
from app.domain.search import Facet as Facets
from app.persistence.mapping import definition_of
from app.persistence.reads.selection import COUNTED, Order
from app.persistence.search.asking import Asked, asked
from app.persistence.search.counting import facets
from app.persistence.search.matching import source
from app.persistence.search.suggesting import suggestions
from app.ports.search_index import Begun, Wanted
from app.services.searching import Position
from app.web.cursors import scope
from dataloaders.loaders import Single
from resolvers import filters
from resolvers.enums import Kind
from resolvers.filters import where
from resolvers.paging import List, Paged, PagedEdge, PageInfo, Paging, bounded, connection, selected, selects
from resolvers.scalars import Revision
from resolvers.types.entity import Entity, entity

if TYPE_CHECKING:
    from app.persistence.reads.selection import At
    from app.services.searching import Answer, Searching

SUGGESTED = 20  # suggestions at once

Query = Annotated[
    str | None,
    strawberry.argument(
        description="Words of names, descriptions and structure, in English, Korean or code: all of them must be found; "
        "the beginning of a word is enough, and a typing error is forgiven. Up to 200 characters and 12 words; without it everything."
    ),
]
Where = Annotated[filters.SearchFilter | None, strawberry.argument(description="Only these; all where nothing is said.")]
SortedBy = Annotated[
    filters.SearchOrder | None,
    strawberry.argument(description="How the hits are sorted; where nothing is said the best first, and by apiName without a query."),
]
Prefix = Annotated[
    str, strawberry.argument(description="The beginning of a name, or whole words and the beginning of one more; up to 200 characters.")
]
Kinds = Annotated[list[Kind] | None, strawberry.argument(description="Only of these kinds; all where nothing is said.")]
Suggested = Annotated[int, strawberry.argument(description="How many at most: 1 to 20.")]


@strawberry.enum(description="What answered a search.")
class ServedBy(Enum):
    """Where the hits come from; either way they are of the revision that the answer names."""

    POSTGRES = strawberry.enum_value(
        "postgres", description="The database: in the past, without a search engine, and while that one cannot be asked."
    )
    OPENSEARCH = strawberry.enum_value(
        "opensearch", description="The search engine, with what it has not got yet from the database, so that nothing is missing."
    )


@strawberry.enum(name="FacetName", description="By what the hits of a search are counted.")
class FacetName(Enum):
    """As the domain has them."""

    KIND = strawberry.enum_value("kind", description="The kind.")
    STATUS = strawberry.enum_value("status", description="Where it is in its life.")
    BASE_TYPE = strawberry.enum_value("base_type", description="The base type of a property, shared property or value type.")
    CREATED_BY = strawberry.enum_value("created_by", description="The id of who merged its first version.")
    TYPE_GROUP = strawberry.enum_value("type_group", description="The type groups of an object type, by rid.")
    INTERFACE = strawberry.enum_value(
        "interface", description="The interfaces that an object type implements, those that they extend among them, by rid."
    )
    CARDINALITY = strawberry.enum_value("cardinality", description="The cardinality of a link type.")


@strawberry.type(description="One value of a facet.")
class Bucket:
    value: str = strawberry.field(description="As the filter takes it: a name in capitals, an id of a person, or a rid.")
    label: str = strawberry.field(description="As people read it: the display name of what has a rid, else the value.")
    count: int = strawberry.field(description="How many hits have it.")


@strawberry.type(description="How the hits of a search differ in one respect, over all of them and not only this page.")
class Facet:
    name: FacetName = strawberry.field(description="In which respect.")
    buckets: list[Bucket] = strawberry.field(description="The 50 most frequent values, most frequent first.")


@strawberry.type(description="A part of a text, half open, in UTF-16 code units as JavaScript counts.")
class Mark:
    start: int = strawberry.field(description="Where it begins.")
    end: int = strawberry.field(description="Where it ends.")


@strawberry.type(description="A text of a hit in which something was found.")
class Highlight:
    path: str = strawberry.field(
        description="Where the text stands in the definition, such as `displayName` or `translations.ko.description`."
    )
    text: str = strawberry.field(description="The text, or up to 160 characters of it around what was found.")
    marks: list[Mark] = strawberry.field(description="What was found in it.")


@strawberry.type(description="A hit with its place in the list.")
class SearchEdge:
    cursor: str = strawberry.field(description="The hit's place, for `after` and `before`; opaque, and valid for this search only.")
    score: float = strawberry.field(description="How well it fits; comparable within one search only, and 0 without a query.")
    highlights: list[Highlight] = strawberry.field(
        description="Up to 5 of its own texts in which something was found; none where it was found by the names of its neighbours."
    )
    node: Entity = strawberry.field(description="The entity, as of the revision of the search.")


@strawberry.type(description="A page of hits.")
class SearchConnection:
    edges: list[SearchEdge] = strawberry.field(description="The hits of the page with their cursors.")
    nodes: list[Entity] = strawberry.field(description="The entities of the page.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")
    total_count: int | None = strawberry.field(description="How many hits there are in all, counted up to 10,000.")
    total_count_is_lower_bound: bool | None = strawberry.field(description="Whether counting stopped at 10,000 and there are more.")
    facets: list[Facet] | None = strawberry.field(description="How the hits differ.")
    served_by: ServedBy = strawberry.field(description="What answered.")
    revision: Revision = strawberry.field(description="The revision that was searched; every page of a walk is of the first one's.")


@strawberry.type(description="A name that begins as somebody types.")
class Suggestion:
    text: str = strawberry.field(description="The display name.")
    node: Entity = strawberry.field(description="What bears it.")


class _Hits(Paged):
    """A page found by PostgreSQL; facets are those that were counted, if they were asked for."""

    served_by = ServedBy.POSTGRES
    facets: list[Facet] | None = None
    asked: tuple[Asked, ...] = ()

    @property
    def revision(self) -> int:
        at = cast("At", self._walk.at)
        return at.revision

    @cached_property
    def edges(self) -> list[PagedEdge]:
        return [_Hit(node, record, self._walk, self.asked) for node, record in zip(self.nodes, self._rows.records, strict=True)]


class _Hit(PagedEdge):
    def __init__(self, node: Any, record: Any, walk: Any, words: tuple[Asked, ...]) -> None:
        super().__init__(node, record, walk)
        self._words = words

    @cached_property
    def score(self) -> float:
        return float(self._record["score"]) / 1_000

    @cached_property
    def highlights(self) -> Sequence[Any]:
        meant = frozenset(word for each in self._words for word in (*each.alike, *each.meant))
        return _highlights(self._record, [each.term for each in self._words], meant)


def _highlights(record: Any, known: Sequence[Term], meant: frozenset[str]) -> Sequence[Any]:
    return highlights(definition_of(record["kind"], record["definition"]).search_text(), known, meant) if known else ()


@dataclass(frozen=True)
class _Page:
    """A page found by the engine, as the connection's fields read it."""

    edges: list[_Ranked]
    page_info: PageInfo
    total_count: int | None
    total_count_is_lower_bound: bool | None
    facets: list[Facet] | None
    revision: int
    served_by: ServedBy = ServedBy.OPENSEARCH

    @property
    def nodes(self) -> list[Entity]:
        return [edge.node for edge in self.edges]


@dataclass(frozen=True)
class _Ranked:
    cursor: str
    score: float
    node: Entity
    record: Any
    asked: tuple[Term, ...]
    words: frozenset[str]

    @cached_property
    def highlights(self) -> Sequence[Any]:
        return _highlights(self.record, self.asked, self.words)


async def search(
    info: strawberry.Info[Any],
    at: At,
    query: str | None,
    paging: Paging,
    filter: filters.SearchFilter | None,
    order_by: filters.SearchOrder | None,
) -> SearchConnection:
    """The page of hits as of the revision."""
    text = query or ""
    known = terms(text)
    order, descending = (Order.RELEVANCE, True) if known else (Order.NAME, False)
    if order_by is not None:
        order, descending = order_by.order, order_by.descending
    if order is Order.RELEVANCE and not known:
        raise BadInput("Without a query no hit fits better than another: sort by something else.", path="orderBy")
    listed = List(source(text, tuple(map(Asked, known))), at.ontology, at, order, descending, where(filter))
    page = await _by_engine(info, text, known, listed, paging)
    return cast("SearchConnection", page or await _by_database(info, text, known, listed, paging))


async def _by_database(info: strawberry.Info[Any], text: str, known: tuple[Term, ...], listed: List, paging: Paging) -> _Hits:
    at = cast("At", listed.walk(info.context, paging).at)  # the vocabulary, too, is the one of the walk's revision
    words = await asked(info.context.snapshot, at, known)
    found = source(text, words)
    page: _Hits = await connection(info, listed._replace(source=found), paging, entity, _Hits)
    page.asked = words
    if selects(info._raw_info, "facets"):  # noqa: SLF001 - Strawberry's own view of it is slow
        page.facets = await _labelled(info, at, await facets(info.context.snapshot, found, at, listed.where))
    return page


async def _by_engine(info: strawberry.Info[Any], text: str, known: tuple[Term, ...], listed: List, paging: Paging) -> _Page | None:
    """The page as the engine has it; None in the past, where there is no engine, and for walks that PostgreSQL has begun."""
    context, at = info.context, cast("At", listed.at)
    searching: Searching | None = context.services.searching
    if searching is None or not at.current:
        return None
    limit, _ = paging.size(min(context.limits.default_page_size, context.limits.page_size), context.limits.page_size)
    mark = scope("search engine", at.ontology, text, listed.order.value, listed.descending, listed.where)
    position = None
    if paging.after is not None:
        try:
            place = context.cursors.read(paging.after, mark, at.epoch)
        except InvalidCursor:
            return None
        if place.revision > at.head:
            raise CursorExpired
        position, at = Position.of(place.key), at.back(place.revision)
    raw = info._raw_info  # noqa: SLF001 - Strawberry's own view of it is slow
    edges = [node for node in selected(raw, raw.field_nodes) if node.name.value == "edges"]
    wanted = Wanted(
        text, known, listed.where, listed.order.value, listed.descending, limit,
        holds=selects(raw, "pageInfo") or any(node.name.value == "cursor" for node in selected(raw, edges)),
        totals=selects(raw, "totalCount", "totalCountIsLowerBound"), facets=selects(raw, "facets"),
    )  # fmt: skip
    answer = await searching.page(context.snapshot, at, wanted, position)
    return None if answer is None else await _page(info, at, mark, known, answer, further=position is not None)


async def _page(info: strawberry.Info[Any], at: At, mark: str, known: tuple[Term, ...], answer: Answer, *, further: bool) -> _Page:
    context = info.context
    records = await context.loaders.entities(at).load_many([Single(hit.rid) for hit in answer.hits])
    edges = [
        _Ranked(
            context.cursors.made(mark, at.epoch, at.revision, hit.position.flat),
            hit.score / 1_000,
            entity(record, at),
            record,
            known,
            hit.words,
        )
        for hit, record in zip(answer.hits, records, strict=True)
        if record is not None  # merged after this answer's snapshot, which the engine knows and the answer must not
    ]
    shown = PageInfo(
        has_next_page=answer.more, has_previous_page=further, start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )  # fmt: skip
    total = answer.total
    counted = None if answer.counts is None else await _labelled(info, at, answer.counts)
    return _Page(
        edges, shown, None if total is None else min(total, COUNTED), None if total is None else total > COUNTED, counted, at.revision
    )


async def suggest(info: strawberry.Info[Any], at: At, prefix: str, kinds: list[Kind] | None, first: int) -> list[Suggestion]:
    """What may be meant, best first."""
    known: tuple[Term, ...] = terms(prefix, "prefix")
    if not known:
        return []
    begun = Begun(prefix, known, tuple(kinds or ()), bounded(first, SUGGESTED))
    searching: Searching | None = info.context.services.searching
    rows = await searching.suggest(info.context.snapshot, at, begun) if searching is not None and at.current else None
    if rows is None:
        rows = await suggestions(info.context.snapshot, at, prefix, known, begun.kinds, begun.limit)
    return [Suggestion(text=row["display_name"], node=entity(row, at)) for row in rows]


async def _labelled(info: strawberry.Info[Any], at: At, counts: Sequence[Count]) -> list[Facet]:
    rids = [each.value for each in counts if each.facet in (Facets.TYPE_GROUP, Facets.INTERFACE)]
    records = await info.context.loaders.entities(at).load_many([Single(rid) for rid in rids])
    names = {record["rid"]: record["display_name"] for record in records if record is not None}
    made: dict[Facets, list[Bucket]] = {facet: [] for facet in Facets}
    for each in counts:
        value = each.value.upper() if each.facet is Facets.KIND else each.value
        made[each.facet].append(Bucket(value=value, label=names.get(each.value, value), count=each.hits))
    return [Facet(name=FacetName(facet.value), buckets=buckets) for facet, buckets in made.items()]
