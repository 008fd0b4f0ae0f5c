"""Whatever Hypothesis thinks of: random bodies, random documents of the schema, random words of operations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse_value
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import strategies as documents

from app.domain.kind import Kind

SCHEMA = Path(__file__).parents[2] / "schema.graphql"
SCALARS = {
    name: st.sampled_from(values)
    for name, values in {
        "DateTime": ['"2026-11-24T08:30:00Z"', '"soon"'],
        "Date": ['"2026-11-24"', '"2026-02-30"'],
        "BigInt": ["1", "-1", "9223372036854775808"],
        "Revision": ["0", "1", "99"],
        "RevisionOrTime": ["1", '"2026-11-24T08:30:00Z"', '"soon"'],
        "Rid": ['"ri.ontology.main.object-type.x"', '""'],
        "JSON": ["{a: 1}", "null", '[["x"]]'],
    }.items()
}
NASTY = st.sampled_from(
    [
        "",
        "\0",
        "a\u202eb",
        "가",
        "ref:x",
        "ri.ontology.main.object-type.x",
        "😀",
        "null",
        "STRING",
        "EXPERIMENTAL",
        "9" * 30,
        "Person",
        "__x",
        "\ud800",
    ]
)
TEXT = st.one_of(NASTY, st.text(max_size=20))
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
KEYS = st.one_of(TEXT, st.sampled_from(["query", "variables", "operationName", "extensions", "persistedQuery", "version", "sha256Hash"]))
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)
FIELDS = (
    "apiName", "displayName", "description", "status", "deprecation", "translations", "annotations", "sourceIri", "primaryKey", "titleProperty", "properties", "implements", "typeGroups",
    "aliases", "icon", "visibility", "pluralDisplayName", "type", "objectType", "required", "constraints", "format", "position", "sharedProperty", "valueType", "a", "b", "cardinality", "backing",
    "extends", "linkConstraints", "parameters", "rules", "criteria", "base", "baseType", "ref", "rid", "key", "min", "max", "pattern", "values", "indexedForSearch",
)  # fmt: skip
NAMED = st.sampled_from(["Thing", "thing", "a-thing", "x"])
TYPES = st.sampled_from(
    [
        {"base": "STRING"},
        {"base": "ARRAY", "of": {"base": "STRING"}},
        {"base": "STRUCT", "fields": []},
        {"base": "DECIMAL"},
        {"base": "VECTOR"},
        {},
    ]
)
VALUES = st.recursive(
    LEAVES | NAMED | TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS) | TEXT, inner, max_size=5),
    max_leaves=15,
)
WORDS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8)
ALMOST = st.builds(lambda name, kind, words: {"apiName": name, "displayName": name, "type": kind, **words}, NAMED, TYPES, WORDS)


def bounded(examples: int) -> settings:
    """The same examples on every machine."""
    return settings(
        max_examples=examples, deadline=None, database=None,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def encoded(value: Any) -> bytes:
    """JSON as a careless client writes it: with NaN, and with halves of surrogates escaped."""
    return json.dumps(value).encode()


@bounded(60)
@given(value=ANYTHING)
def test_no_json_whatever_is_a_fault(service, value):
    answer = service.ask("POST", "/graphql", encoded(value))

    assert answer.status in {200, 400}


@bounded(60)
@given(
    body=st.one_of(st.binary(max_size=200), ANYTHING.map(lambda value: encoded(value)[:-1])),
    path=st.sampled_from(["/graphql", "/api/bulk", "/api/object-type"]),
)
def test_no_bytes_whatever_are_a_fault(service, body, path):
    answer = service.ask("POST", path, body)

    assert 400 <= answer.status < 500


@bounded(60)
@given(variables=st.dictionaries(st.sampled_from(["first", "after", "filter"]), ANYTHING, max_size=3))
def test_no_variables_whatever_are_a_fault(service, variables):
    query = "query ($first: Int, $after: String, $filter: ObjectTypeFilter) { ontology { objectTypes(first: $first, after: $after, filter: $filter) { totalCount } } }"

    answer = service.ask("POST", "/graphql", encoded({"query": query, "variables": variables}))

    assert answer.status in {200, 400}


@pytest.fixture(scope="module")
def queries():
    scalars = {name: strategy.map(parse_value) for name, strategy in SCALARS.items()}
    return documents.queries(build_schema(SCHEMA.read_text()), custom_scalars=scalars, allow_x00=False)


@bounded(40)
@given(data=st.data())
def test_no_query_of_the_schema_is_a_fault(service, queries, data):
    answer = service.graphql(data.draw(queries))

    assert answer.status in {200, 400}


@bounded(160)
@given(
    verb=st.sampled_from(["CREATE", "CREATE", "CREATE", "UPDATE", "DELETE"]),
    kind=st.sampled_from([kind.name for kind in Kind]),
    fields=st.one_of(ALMOST, WORDS, VALUES),
    rid=st.sampled_from(["person", "name", "foreign", "merged", None]),
    version=st.sampled_from([1, 1, 2, 0, None]),
)
def test_no_words_of_an_operation_are_a_fault(service, verb, kind, fields, rid, version):
    operation = {"verb": verb, "kind": kind, "fields": fields, "expectedVersion": version}
    if verb != "CREATE":
        operation["rid"] = service.known.get(rid)
    query = "mutation ($o: [OperationInput!]!) { applyChanges(input: {dryRun: true, operations: $o}) { __typename ... on Error { code message } } }"

    answer = service.ask("POST", "/graphql", encoded({"query": query, "variables": {"o": [operation]}}))

    assert answer.status in {200, 400}


@bounded(60)
@given(kind=st.sampled_from([kind.slug for kind in Kind]), words=st.one_of(ALMOST, ANYTHING))
def test_no_definition_whatever_is_a_fault_over_rest(service, kind, words):
    answer = service.ask("POST", f"/api/{kind}?dryRun=true", encoded(words))

    assert answer.status in {200, 400, 404, 409, 413, 422}


@bounded(50)
@given(
    name=st.sampled_from(["cursor", "pageSize", "search", "asOf", "ontology", "status", "page"]),
    value=st.text(max_size=30),
    path=st.sampled_from(["object-type", "changeset", "audit-log"]),
)
def test_no_parameter_whatever_is_a_fault(service, name, value, path):
    sent = "".join(f"%{byte:02x}" for byte in value.encode("utf-8", "surrogatepass"))

    answer = service.ask("GET", f"/api/{path}?{name}={sent}")

    assert answer.status in {200, 400, 404}
