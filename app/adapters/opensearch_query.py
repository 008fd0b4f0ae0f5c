"""What is asked, in OpenSearch's words; scores are added up as PostgreSQL adds them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.condition import All, AnyOf, Condition, Field, Not, Test
from app.domain.definition import Edge
from app.domain.document import FIELDS, FULFILS, NEIGHBOURS, micros
from app.domain.errors import BadInput
from app.domain.kind import Kind
from app.domain.search import BUCKETS, Facet, joined
from app.domain.searched import Prominence
from app.domain.words import paired, sort_key, without_particle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.search import Term
    from app.ports.search_index import Begun, Wanted

Json = dict[str, Any]

_WORTH = {Prominence.NAME: 1.0, Prominence.OTHER_NAME: 0.8, Prominence.PART: 0.45, Prominence.PROSE: 0.25}
_TEXTS = {**{FIELDS[each]: worth for each, worth in _WORTH.items()}, **{place: worth for worth, place in NEIGHBOURS.items()}}
NEAR, MEANT = 0.75, 0.55
WHOLE_NAME, START_OF_NAME, COVERED = 1.5, 0.3, 0.4
_PRIOR = {0.06: (Kind.OBJECT_TYPE,), 0.05: (Kind.INTERFACE,), 0.03: (Kind.LINK_TYPE, Kind.ACTION_TYPE)}
_OTHERS = 0.02  # of every kind that is not named but the property
SHORTEST = 3  # letters of a word that may be mistyped
SHORT = 2  # letters from which on a word is also the beginning of others
COUNTED_WORDS = 5  # words of a name up to which it counts how many of them were asked for

_COLUMNS = {
    Field.RID: "rid",
    Field.KIND: "kind",
    Field.STATUS: "status",
    Field.OWNER: "object",
    Field.VISIBILITY: "visibility",
    Field.BASE_TYPE: "baseType",
    Field.CARDINALITY: "cardinality",
    Field.PROPERTY_TYPE: "propertyTypes",
    Field.CREATED_BY: "createdBy",
    Field.UPDATED_BY: "updatedBy",
}
_ORDERS: Mapping[str, str] = {
    "relevance": "_score",
    "name": "nameKey",
    "display_name": "displayKey",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
}
_FACETS = {
    Facet.KIND: "kind",
    Facet.STATUS: "status",
    Facet.BASE_TYPE: "baseType",
    Facet.CREATED_BY: "createdBy",
    Facet.CARDINALITY: "cardinality",
}
FACET_EDGES = {Facet.TYPE_GROUP: Edge.GROUP.value, Facet.INTERFACE: FULFILS}
_ALIVE: Json = {"bool": {"must_not": [{"exists": {"field": "deletedAt"}}]}}


def searched(wanted: Wanted) -> Json:
    """The body of a search."""
    direction = "desc" if wanted.descending else "asc"
    body: Json = {
        "query": _query(wanted),
        "sort": [{_ORDERS[wanted.order]: {"order": direction}}, {"rid": {"order": direction}}],
        "track_scores": True,
        "track_total_hits": 10_001 if wanted.totals else False,
        "size": wanted.limit + 1,
        "_source": False,
    }
    if wanted.after is not None:
        body["search_after"] = list(wanted.after)
    if wanted.terms:
        body["highlight"] = {
            "pre_tags": ["\ue000"], "post_tags": ["\ue001"], "number_of_fragments": 0, "require_field_match": False,
            "fields": {name: {} for name in FIELDS.values()},
        }  # fmt: skip
    if wanted.facets:
        body["aggs"] = {facet.value: {"terms": {"field": field, "size": BUCKETS}} for facet, field in _FACETS.items()} | {
            facet.value: {"terms": {"field": "refers", "size": BUCKETS, "include": f"{edge} .*"}} for facet, edge in FACET_EDGES.items()
        }
    return body


def suggested(begun: Begun) -> Json:
    """The body of a search for names that begin so."""
    *whole, last = begun.terms
    filters = [_ALIVE, *(_named(each, ending="") for each in whole), _named(last, ending=".begun")]
    if begun.kinds:
        filters.append({"terms": {"kind": [kind.value for kind in begun.kinds]}})
    if begun.without:
        filters.append({"bool": {"must_not": [{"terms": {"rid": list(begun.without)}}]}})
    starts = [{"prefix": {"nameKey": joined(begun.text)}}, {"prefix": {"displayKey": sort_key(begun.text.strip())}}]
    no_property = {"bool": {"must_not": [{"term": {"kind": Kind.PROPERTY.value}}]}}
    ranked = [_worth({"bool": {"should": starts}}, 2), _worth(no_property, 1)]
    return {
        "query": {"bool": {"filter": filters, "should": ranked}},
        "sort": [{"_score": "desc"}, {"nameLength": "asc"}, {"nameKey": "asc"}, {"rid": "asc"}],
        "size": begun.limit,
        "_source": False,
        "track_total_hits": False,
    }


def _named(term: Term, *, ending: str) -> Json:
    """A name that has the word, or its parts; with an ending the last of them need only begin so."""
    ways: list[Json] = []
    for text in ("names", "otherNames"):
        ways.append({"match": {f"{text}{ending}": {"query": term.whole}}})
        if term.parts:
            parts = [{"match": {text: {"query": part}}} for part in term.parts[:-1]]
            ways.append({"bool": {"must": [*parts, {"match": {f"{text}{ending}": {"query": term.parts[-1]}}}]}})
    return {"bool": {"should": ways, "minimum_should_match": 1}}


def condition(asked: Condition) -> Json:
    """A condition; BadInput where documents know no such field."""
    match asked:
        case All(parts):
            return {"bool": {"filter": [condition(part) for part in parts]}} if parts else {"match_all": {}}
        case AnyOf(parts):
            return {"bool": {"should": [condition(part) for part in parts], "minimum_should_match": 1}} if parts else {"match_none": {}}
        case Not(part):
            return {"bool": {"must_not": [condition(part)]}}
        case Test():
            return _test(asked)


def _test(test: Test) -> Json:
    if test.field in _COLUMNS:
        return {"terms": {_COLUMNS[test.field]: list(test.value)}}
    match test.field:
        case Field.REFERS:
            return {"terms": {"refers": [f"{test.edge} {rid}" for rid in test.value]}}
        case Field.FULFILS:
            return {"terms": {"refers": [f"{FULFILS} {rid}" for rid in test.value]}}
        case Field.REQUIRED:
            return {"term": {"required": test.value}}
        case Field.UPDATED_SINCE:
            return {"range": {"updatedAt": {"gte": micros(test.value)}}}
        case Field.UPDATED_BEFORE:
            return {"range": {"updatedAt": {"lt": micros(test.value)}}}
    raise BadInput(f"This list is not filtered by {test.field.value}.")


def _query(wanted: Wanted) -> Json:
    filters = [_ALIVE, condition(wanted.where)]
    if wanted.without:
        filters.append({"bool": {"must_not": [{"terms": {"rid": list(wanted.without)}}]}})
    if not wanted.terms:
        return {"bool": {"filter": filters}}
    return {"bool": {"filter": filters, "must": [_term(each, len(wanted.terms)) for each in wanted.terms], "should": list(_bonus(wanted))}}


def _bonus(wanted: Wanted) -> Iterator[Json]:
    name = joined(wanted.query)
    whole = {"bool": {"should": [{"term": {"nameKey": name}}, {"term": {"displayKey": sort_key(wanted.query.strip())}}]}}
    begins = {"bool": {"filter": [{"prefix": {"nameKey": name}}], "must_not": [whole]}}
    yield _worth(whole, WHOLE_NAME)
    yield _worth(begins, START_OF_NAME)
    for worth, kinds in _PRIOR.items():
        yield _worth({"terms": {"kind": [kind.value for kind in kinds]}}, worth)
    named = [kind.value for kinds in _PRIOR.values() for kind in kinds]
    yield _worth({"bool": {"must_not": [{"terms": {"kind": [*named, Kind.PROPERTY.value]}}]}}, _OTHERS)
    for term in wanted.terms:
        exact = _matched(term, "names")
        for words in range(1, COUNTED_WORDS):
            yield _worth({"bool": {"filter": [exact, {"term": {"nameWords": words}}]}}, COVERED / words)


def _term(term: Term, of: int) -> Json:
    """The best of the ways in which a word may be found, its share of all words."""
    ways = []
    for text, worth in _TEXTS.items():
        ways.append(_worth(_matched(term, text), worth / of))
        ways += [_worth(each, worth * NEAR / of) for each in _near(term, text)]
        if len(term.whole) >= SHORTEST and term.whole.isalpha() and not paired(term.whole):
            fuzzy = {"match": {text: {"query": term.whole, "fuzziness": "AUTO", "prefix_length": 1, "max_expansions": 12}}}
            ways.append(_worth(fuzzy, worth * MEANT / of))
    return {"dis_max": {"queries": ways}}


def _matched(term: Term, text: str) -> Json:
    whole: Json = {"match": {text: {"query": term.whole}}}
    if not term.parts:
        return whole
    parts = {"bool": {"must": [{"match": {text: {"query": part}}} for part in term.parts]}}
    return {"bool": {"should": [whole, parts], "minimum_should_match": 1}}


def _near(term: Term, text: str) -> Iterator[Json]:
    if paired(term.whole):
        noun = without_particle(term.whole)
        yield {"match": {f"{text}.begun": {"query": noun}}}
        yield {"match": {f"{text}.korean": {"query": term.whole, "operator": "and"}}}
        if len(noun) >= SHORT:
            yield {"match_phrase": {f"{text}.pairs": {"query": noun}}}
        return
    if len(term.whole) >= SHORT:
        yield {"match": {f"{text}.begun": {"query": term.whole}}}
    yield {"match": {f"{text}.english": {"query": term.whole}}}
    if term.parts:
        first = [{"match": {text: {"query": part}}} for part in term.parts[:-1]]
        yield {"bool": {"must": [*first, {"match": {f"{text}.begun": {"query": term.parts[-1]}}}]}}


def _worth(query: Json, boost: float) -> Json:
    return {"constant_score": {"filter": query, "boost": boost}}
