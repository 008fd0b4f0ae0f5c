"""Documents that are wrong, too large, too deep or too dear, each with the code that says so."""

from __future__ import annotations

import pytest
from graphql import get_introspection_query

LIST = "{ ontology { objectTypes(first: %s) { nodes { apiName } } } }"


def wide(count: int) -> str:
    return "{ me { " + " ".join(f"a{n}: id" for n in range(count)) + " } }"


def nested(levels: int) -> str:
    return "{ ontology { " + "objectTypes { nodes { ontology { " * levels + "apiName" + " } } }" * levels + " } }"


def laughs(levels: int) -> str:
    spread = "".join(f" fragment F{n} on Me {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return "{ me { ...F0 } }" + spread + f" fragment F{levels} on Me {{ id }}"


def beside(count: int, kind: str = "query", what: str = "me { id }") -> str:
    return kind + " { " + " ".join(f"r{n}: {what}" for n in range(count)) + " }"


CLOSE = 'closeChangeSet(input: {rid: "ri.ontology.main.changeset.x"}) { __typename }'

DOCUMENTS = {
    "an-empty-document": ("", "GRAPHQL_PARSE_FAILED"),
    "only-a-comment": ("# nothing", "GRAPHQL_PARSE_FAILED"),
    "only-commas": (",,,", "GRAPHQL_PARSE_FAILED"),
    "an-open-brace": ("{", "GRAPHQL_PARSE_FAILED"),
    "a-brace-too-many": ("{ me { id } } }", "GRAPHQL_PARSE_FAILED"),
    "an-empty-selection": ("{ me { } }", "GRAPHQL_PARSE_FAILED"),
    "an-empty-argument-list": ("{ ontology() { apiName } }", "GRAPHQL_PARSE_FAILED"),
    "an-open-text": ('{ ontology(apiName: "main) { apiName } }', "GRAPHQL_PARSE_FAILED"),
    "an-open-block-text": ('{ ontology(apiName: """main) { apiName } }', "GRAPHQL_PARSE_FAILED"),
    "a-bad-escape": ('{ ontology(apiName: "\\q") { apiName } }', "GRAPHQL_PARSE_FAILED"),
    "an-escaped-half-surrogate": ('{ ontology(apiName: "\\ud800") { apiName } }', "GRAPHQL_PARSE_FAILED"),
    "a-code-point-too-high": ('{ ontology(apiName: "\\u{110000}") { apiName } }', "GRAPHQL_PARSE_FAILED"),
    "a-raw-nul": ("{ me { id\0 } }", "GRAPHQL_PARSE_FAILED"),
    "sql": ("SELECT * FROM entity; DROP TABLE entity", "GRAPHQL_PARSE_FAILED"),
    "a-fragment-called-on": ("{ me { id } } fragment on on Me { id }", "GRAPHQL_PARSE_FAILED"),
    "a-number-with-a-leading-zero": (LIST % "007", "GRAPHQL_PARSE_FAILED"),
    "a-name-after-a-number": (LIST % "1x", "GRAPHQL_PARSE_FAILED"),
    "a-definition-of-a-type": ("type Query { me: String }", "GRAPHQL_VALIDATION_FAILED"),
    "an-unknown-field": ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
    "a-field-in-another-case": ("{ Me { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "an-unknown-argument": ('{ ontology(nothing: "x") { apiName } }', "GRAPHQL_VALIDATION_FAILED"),
    "an-argument-twice": ('{ ontology(apiName: "main", apiName: "main") { apiName } }', "GRAPHQL_VALIDATION_FAILED"),
    "an-unknown-directive": ("{ me @nothing { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "a-directive-in-a-wrong-place": ("query @skip(if: true) { me { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "deferred": ("{ me { ... @defer { id } } }", "GRAPHQL_VALIDATION_FAILED"),
    "an-unknown-fragment": ("{ me { ...F } }", "GRAPHQL_VALIDATION_FAILED"),
    "an-unused-fragment": ("{ me { id } } fragment F on Me { id }", "GRAPHQL_VALIDATION_FAILED"),
    "a-fragment-on-another-type": ("{ me { ...F } } fragment F on Ontology { apiName }", "GRAPHQL_VALIDATION_FAILED"),
    "a-fragment-on-no-type": ("{ me { ... on Nothing { id } } }", "GRAPHQL_VALIDATION_FAILED"),
    "a-fragment-on-a-scalar": ("{ me { ... on String { id } } }", "GRAPHQL_VALIDATION_FAILED"),
    "two-fragments-of-a-name": ("{ me { ...F } } fragment F on Me { id } fragment F on Me { name }", "GRAPHQL_VALIDATION_FAILED"),
    "a-fragment-in-itself": ("{ me { ...F } } fragment F on Me { id ...F }", "GRAPHQL_VALIDATION_FAILED"),
    "three-fragments-in-a-circle": (
        "{ me { ...A } } fragment A on Me { ...B } fragment B on Me { ...C } fragment C on Me { ...A }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "two-operations-of-a-name": ("query A { me { id } } query A { me { name } }", "GRAPHQL_VALIDATION_FAILED"),
    "an-anonymous-one-among-others": ("{ me { id } } query A { me { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "no-selection-of-an-object": ("{ me }", "GRAPHQL_VALIDATION_FAILED"),
    "a-selection-of-a-scalar": ("{ me { id { x } } }", "GRAPHQL_VALIDATION_FAILED"),
    "two-meanings-of-a-name": ("{ me { x: id x: name } }", "GRAPHQL_VALIDATION_FAILED"),
    "an-unknown-variable": ("{ ontology(apiName: $v) { apiName } }", "GRAPHQL_VALIDATION_FAILED"),
    "an-unused-variable": ("query ($v: Int) { me { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "a-variable-twice": ("query ($v: Int, $v: Int) { ontology { objectTypes(first: $v) { totalCount } } }", "GRAPHQL_VALIDATION_FAILED"),
    "a-variable-of-an-output-type": ("query ($v: Me) { me { id } }", "GRAPHQL_VALIDATION_FAILED"),
    "a-variable-of-another-type": ("query ($v: String) { ontology { objectTypes(first: $v) { totalCount } } }", "GRAPHQL_VALIDATION_FAILED"),
    "a-text-for-a-number": (LIST % '"10"', "GRAPHQL_VALIDATION_FAILED"),
    "a-fraction-for-a-number": (LIST % "1.5", "GRAPHQL_VALIDATION_FAILED"),
    "a-number-beyond-32-bits": (LIST % "2147483648", "GRAPHQL_VALIDATION_FAILED"),
    "an-enum-value-that-is-not": ("{ ontology { objectTypes(filter: {status: [NOTHING]}) { totalCount } } }", "GRAPHQL_VALIDATION_FAILED"),
    "an-enum-value-as-text": ('{ ontology { objectTypes(filter: {status: ["ACTIVE"]}) { totalCount } } }', "GRAPHQL_VALIDATION_FAILED"),
    "an-input-field-that-is-not": ("{ ontology { objectTypes(filter: {nothing: 1}) { totalCount } } }", "GRAPHQL_VALIDATION_FAILED"),
    "an-input-field-twice": ('{ ontology { objectTypes(filter: {text: "a", text: "b"}) { totalCount } } }', "GRAPHQL_VALIDATION_FAILED"),
    "a-required-argument-left-out": ("{ changeSet { rid } }", "GRAPHQL_VALIDATION_FAILED"),
    "null-where-none-may-be": ("{ changeSet(rid: null) { rid } }", "GRAPHQL_VALIDATION_FAILED"),
    "two-of-one-of": (
        'mutation { applyChanges(input: {operations: [{create: {typeGroup: {apiName: "a", displayName: "A"}, interface: null}}]}) { __typename } }',
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "two-roots-of-a-subscription": ("subscription { a: ontologyChanged { cursor } b: ontologyChanged { cursor } }", "TOO_MANY_ROOT_FIELDS"),
    "a-nul-in-a-read": ('{ ontology(apiName: "a\\u0000") { apiName } }', "BAD_USER_INPUT"),
    "a-nul-in-braces-in-a-read": ('{ ontology(apiName: "a\\u{0}") { apiName } }', "BAD_USER_INPUT"),
    "17-kib": ("{ me { id } } #" + "x" * 17_000, "DOCUMENT_TOO_LARGE"),
    "17-kib-of-korean": ("{ me { id } } #" + "가" * 6_000, "DOCUMENT_TOO_LARGE"),
    "1001-tokens": ("{ me { " + "id " * 1_001 + "} }", "TOO_MANY_TOKENS"),
    "31-aliases": (wide(31), "TOO_MANY_ALIASES"),
    "21-root-fields": ("{ " + " ".join(f"...F{n}" for n in range(5)) + " }" + "".join(
        f" fragment F{n} on Query {{ " + " ".join(f"r{n}_{m}: serverStatus {{ __typename }}" for m in range(6)) + " }" for n in range(5)
    ), "TOO_MANY_ROOT_FIELDS"),
    "6-mutations": (beside(6, "mutation", CLOSE), "TOO_MANY_ROOT_FIELDS"),
    "51-directives": ("{ me { id " + "@skip(if: false) " * 51 + "} }", "TOO_MANY_DIRECTIVES"),
    "one-name-six-times": ("{ me { id id id id id id } }", "QUERY_TOO_COMPLEX"),
    "one-name-six-times-in-fragments": ("{ me { ...F ...F ...F } } fragment F on Me { id id }", "QUERY_TOO_COMPLEX"),
    "a-number-of-500-digits": (LIST % ("9" * 500), "QUERY_TOO_COMPLEX"),
    "far-too-deep": (nested(10), "QUERY_TOO_DEEP"),
    "deeper-than-the-parser": ("{ me " * 300 + "{ id }" + "}" * 300, "QUERY_TOO_DEEP"),
    "a-literal-40-deep": ("{ ontology { objectTypes(filter: " + "{not: " * 40 + "{}" + "}" * 40 + ") { totalCount } } }", "QUERY_TOO_DEEP"),
    "a-billion-laughs": (laughs(30), "QUERY_TOO_COMPLEX"),
    "a-hundred-of-a-hundred-of-a-hundred": (
        "{ ontology { objectTypes(first: 100) { nodes { properties(first: 100) { nodes { usedBy(first: 100) { nodes { __typename } } } } } } } }",
        "QUERY_TOO_COMPLEX",
    ),
    "introspection-in-circles": (
        "{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_bad_document_is_refused_by_its_code(service, name):
    text, code = DOCUMENTS[name]

    modern = service.graphql(text)
    plain = service.ask("POST", "/graphql", {"query": text}, headers={"accept": "application/json"})

    assert (modern.status, modern.code) == (400, code)
    assert (plain.status, plain.code) == (200, code)  # well formed as a request: this is how older clients read the reason
    assert "data" not in modern.json


NUMBER = "query ($v: Int) { ontology { objectTypes(first: $v) { totalCount } } }"
FILTER = "query ($v: ObjectTypeFilter) { ontology { objectTypes(filter: $v) { totalCount } } }"
POINT = "query ($v: RevisionOrTime) { ontology(asOf: $v) { revision } }"
RIDS = "query ($v: [ID!]!) { nodes(ids: $v) { id } }"
CHANGES = "mutation ($v: ApplyChangesInput!) { applyChanges(input: $v) { __typename } }"

VARIABLES = {
    "a-text-for-an-int": (NUMBER, "ten"),
    "a-fraction-for-an-int": (NUMBER, 1.5),
    "a-truth-for-an-int": (NUMBER, True),
    "an-object-for-an-int": (NUMBER, {}),
    "33-bits-for-an-int": (NUMBER, 2**32),
    "64-bits-for-an-int": (NUMBER, 2**63),
    "a-text-for-a-filter": (FILTER, "x"),
    "an-unknown-field-of-a-filter": (FILTER, {"nothing": 1}),
    "a-number-for-a-text": (FILTER, {"text": 7}),
    "an-unknown-status": (FILTER, {"status": ["NOTHING"]}),
    "null-in-a-list": (FILTER, {"apiNames": [None]}),
    "a-day-for-a-moment": (FILTER, {"updatedSince": "2026-11-24"}),
    "a-moment-without-an-offset": (FILTER, {"updatedSince": "2026-11-24T00:00:00"}),
    "the-30th-of-february": (FILTER, {"updatedSince": "2026-02-30T00:00:00Z"}),
    "the-year-0": (FILTER, {"updatedSince": "0000-01-01T00:00:00Z"}),
    "a-moment-before-the-first": (FILTER, {"updatedSince": "0001-01-01T00:00:00+14:00"}),
    "a-moment-after-the-last": (FILTER, {"updatedSince": "9999-12-31T23:59:59-14:00"}),
    "an-hour-25": (FILTER, {"updatedSince": "2026-11-24T25:00:00Z"}),
    "a-number-for-a-moment": (FILTER, {"updatedSince": 1_700_000_000}),
    "arabic-digits-for-a-moment": (FILTER, {"updatedSince": "٢٠٢٦-11-24T00:00:00Z"}),
    "a-negative-revision": (POINT, -1),
    "a-revision-beyond-63-bits": (POINT, 2**63),
    "a-revision-of-digits-beyond-63-bits": (POINT, str(2**64)),
    "a-fraction-for-a-revision": (POINT, 1.5),
    "words-for-a-revision": (POINT, "yesterday"),
    "a-truth-for-a-revision": (POINT, True),
    "an-object-in-a-list-of-ids": (RIDS, [{}]),
    "no-list-of-ids": (RIDS, None),
    "a-list-of-lists-for-ids": (RIDS, [["x"]]),
    "no-operations": (CHANGES, {}),
    "operations-that-are-a-text": (CHANGES, {"operations": "x"}),
    "an-operation-that-is-null": (CHANGES, {"operations": [None]}),
    "an-unknown-verb": (CHANGES, {"operations": [{"verb": "DESTROY"}]}),
    "an-unknown-kind": (CHANGES, {"operations": [{"kind": "TABLE"}]}),
    "two-of-one-of": (CHANGES, {"operations": [{"create": {"typeGroup": {"apiName": "a", "displayName": "A"}, "interface": None}}]}),
    "none-of-one-of": (CHANGES, {"operations": [{"create": {}}]}),
    "null-of-one-of": (CHANGES, {"operations": [{"create": {"typeGroup": None}}]}),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_of_another_form_is_bad_input(service, name):
    text, value = VARIABLES[name]

    modern = service.graphql(text, {"v": value})

    assert (modern.status, modern.code) == (400, "BAD_USER_INPUT")
    assert "data" not in modern.json


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ("query A { me { id } } query B { me { id } }", None, "BAD_REQUEST"),
        ("query A { me { id } } query B { me { id } }", "C", "BAD_REQUEST"),
        ("{ me { id } }", "C", "BAD_REQUEST"),
        ("fragment F on Me { id }", None, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_an_operation_that_is_not_determined_is_not_guessed(service, text, name, code):
    answer = service.graphql(text, operationName=name)

    assert (answer.status, answer.code) == (400, code)


def test_no_more_than_ten_errors_are_listed(service):
    answer = service.graphql("{ " + " ".join(f"nothing{n}" for n in range(20)) + " }")

    assert len(answer.json["errors"]) <= 10 + 1  # the last says that there are more


def test_the_introspection_of_tools_is_answered(service):
    answer = service.graphql(get_introspection_query(input_value_deprecation=True, specified_by_url=True, directive_is_repeatable=True))

    assert (answer.status, answer.code) == (200, None)


def test_no_document_within_the_size_limit_takes_long(service):
    fragments = " ".join(f"fragment F{n} on Me {{ " + " ".join(f"...F{m}" for m in range(n + 1, 20)) + " id }" for n in range(20))

    answer = service.graphql("{ me { ...F0 } } " + fragments)

    assert (answer.status, answer.code) == (400, "QUERY_TOO_COMPLEX")
