"""Pages, cursors, points in time and identifiers that name nothing, over GraphQL."""

from __future__ import annotations

import base64
from typing import Any

import pytest

TYPES = """query ($first: Int, $after: String, $last: Int, $before: String, $filter: ObjectTypeFilter, $ontology: String! = "main") {
    ontology(apiName: $ontology) { objectTypes(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
        nodes { apiName } pageInfo { endCursor } } } }"""
CHANGE_SETS = """query ($after: String) { ontology { changeSets(first: 1, after: $after) {
    nodes { rid } pageInfo { endCursor } } } }"""
PROPERTIES = (
    "query ($rid: ID!, $after: String) { objectType(rid: $rid) { properties(first: 1, after: $after) { pageInfo { endCursor } } } }"
)


def cursor(service, text: str = TYPES, **variables: Any) -> str:
    """A genuine cursor of the first item of a list."""
    data = service.graphql(text, {"first": 1, **variables} if text == TYPES else variables).json["data"]
    [[connection]] = [list(each.values()) for each in data.values()]
    return connection["pageInfo"]["endCursor"]


PAGES = {
    "0": {"first": 0}, "101": {"first": 101}, "minus-1": {"first": -1}, "2-to-the-31": {"first": 2**31 - 1}, "none-from-the-end": {"last": 0},
    "101-from-the-end": {"last": 101}, "the-least-number": {"first": -(2**31)},
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_1_to_100_items(service, name):
    answer = service.graphql(TYPES, PAGES[name])

    assert answer.code in {"PAGE_SIZE_OUT_OF_RANGE", "QUERY_TOO_COMPLEX"}
    assert answer.status == {"PAGE_SIZE_OUT_OF_RANGE": 200, "QUERY_TOO_COMPLEX": 400}[answer.code]


def test_a_page_is_not_of_both_ends(service):
    answer = service.graphql(TYPES, {"first": 1, "last": 1})

    assert (answer.status, answer.code) == (200, "BAD_USER_INPUT")


def turned(text: str, place: int) -> str:
    """The text with one character changed."""
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


CURSORS = {
    "truncated": lambda good: good[:-4],
    "cut-to-one-character": lambda good: good[:1],
    "doubled": lambda good: good + good,
    "padded": lambda good: good + "=",
    "with-a-blank": lambda good: good + " ",
    "with-a-newline": lambda good: good + "\n",
    "changed-at-the-start": lambda good: turned(good, 0),
    "changed-in-the-middle": lambda good: turned(good, len(good) // 2),
    "changed-at-the-end": lambda good: turned(good, len(good) - 3),
    "empty": lambda good: "",
    "words": lambda good: "hello",
    "korean": lambda good: "커서",
    "an-offset": lambda good: "10",
    "base64-of-an-offset": lambda good: base64.b64encode(b"arrayconnection:5").decode(),
    "json": lambda good: '[1,2,"x",[]]',
    "a-signature-and-nothing": lambda good: good[:22],
    "very-long": lambda good: "A" * 20_000,
    "standard-alphabet": lambda good: good + "+/",
    "sql": lambda good: "' OR 1=1 --",
}  # fmt: skip


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize("name", CURSORS)
def test_a_cursor_that_is_not_ours_is_invalid(service, name, way):
    answer = service.graphql(TYPES, {way: CURSORS[name](cursor(service))})

    assert (answer.status, answer.code) == (200, "INVALID_CURSOR")


FOREIGN = {
    "of-change-sets": lambda service: cursor(service, CHANGE_SETS),
    "of-another-ontology": lambda service: cursor(service, ontology="other"),
    "of-another-filter": lambda service: cursor(service, filter={"text": "P"}),
    "of-the-properties-of-one": lambda service: cursor(service, PROPERTIES, rid=service.known["person"]),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_cursor_of_another_list_is_invalid(service, name):
    answer = service.graphql(TYPES, {"after": FOREIGN[name](service)})

    assert (answer.status, answer.code) == (200, "INVALID_CURSOR")


def test_a_cursor_of_a_sibling_is_invalid(service):
    answer = service.graphql(PROPERTIES, {"rid": service.known["place"], "after": cursor(service, PROPERTIES, rid=service.known["person"])})

    assert (answer.status, answer.code) == (200, "INVALID_CURSOR")


RIDS = {
    "empty": "", "blank": " ", "a-number": "7", "words": "nothing", "half": "ri.ontology.main", "of-no-locator": "ri.ontology.main.object-type.", "upper": "RI.ONTOLOGY.MAIN.OBJECT-TYPE.X",
    "long": "ri.ontology.main.object-type." + "x" * 500, "with-a-blank": "ri.ontology.main.object-type.a b", "of-nobody": "ri.ontology.main.object-type.nothing",
    "of-another-service": "ri.compass.main.folder.x", "sql": "ri.ontology.main.object-type.x' OR '1'='1", "korean": "ri.ontology.main.object-type.사람", "a-ref": "ref:Person",
    "an-iri": "https://schema.org/Person", "of-a-link": "ri.ontology.main.link-type.x", "of-a-change-set": "{merged}", "newline": "ri.ontology.main.object-type.x\n",
}  # fmt: skip
LOOKUPS = {
    "node": "query ($v: ID!) { node(id: $v) { __typename ... on ChangeSet { title } } }",
    "object-type": "query ($v: ID!) { objectType(rid: $v) { apiName } }",
    "entity": "query ($v: ID!) { ontology { entity(rid: $v) { apiName } } }",
    "change-set": "query ($v: ID!) { changeSet(rid: $v) { title } }",
}


@pytest.mark.parametrize("lookup", LOOKUPS)
@pytest.mark.parametrize("name", RIDS)
def test_an_identifier_of_nothing_finds_nothing(service, name, lookup):
    rid = service.known["merged"] if name == "of-a-change-set" else RIDS[name]
    finds = name == "of-a-change-set" and lookup in {"node", "change-set"}

    answer = service.graphql(LOOKUPS[lookup], {"v": rid})

    assert answer.status == 200
    assert answer.code in {None, "NOT_FOUND", "BAD_USER_INPUT"}
    if not finds:
        data = answer.json["data"] or {}
        assert not any((data.get("ontology", data) or {}).values())


QUESTIONS = {
    "an-ontology-that-is-not": ('{ ontology(apiName: "nothing") { apiName } }', "NOT_FOUND"),
    "an-ontology-without-a-name": ('{ ontology(apiName: "") { apiName } }', "NOT_FOUND"),
    "an-ontology-of-100000-letters": ('{ ontology(apiName: "%s") { apiName } }' % ("a" * 10_000), "NOT_FOUND"),
    "a-revision-that-is-not-yet": ("{ ontology(asOf: 999999) { revision } }", "NOT_FOUND"),
    "a-revision-of-63-bits": ("{ ontology(asOf: 9223372036854775807) { revision } }", "NOT_FOUND"),
    "a-moment-before-everything": ('{ ontology(asOf: "1970-01-01T00:00:00Z") { revision } }', None),
    "the-first-moment-there-is": ('{ ontology(asOf: "0001-01-01T00:00:00Z") { revision } }', None),
    "a-least-revision-that-is-no-cursor": ('{ ontology(minRevision: "soon") { revision } }', "BAD_USER_INPUT"),
    "a-least-revision-of-64-bits": ('{ ontology(minRevision: "1.99999999999999999999") { revision } }', "BAD_USER_INPUT"),
    "the-audit-log-of-the-past": ("{ ontology(asOf: 1) { auditLog { nodes { at } } } }", "BAD_USER_INPUT"),
    "an-object-type-by-nothing": ("{ objectType { apiName } }", "BAD_USER_INPUT"),
    "an-object-type-by-both": ('{ objectType(apiName: "Person", rid: "x") { apiName } }', "BAD_USER_INPUT"),
    "a-filter-of-1001-names": ("{ ontology { objectTypes(filter: {apiNames: [%s]}) { totalCount } } }" % ('"a",' * 480), "LIST_TOO_LONG"),
    "a-filter-of-201-characters": ('{ ontology { objectTypes(filter: {text: "%s"}) { totalCount } } }' % ("a" * 201), "STRING_TOO_LONG"),
    "a-filter-of-a-rid-that-is-none": ('{ ontology { objectTypes(filter: {typeGroups: ["x"]}) { totalCount } } }', None),
    "others-entries-of-the-audit-log": ('{ ontology { auditLog(filter: {actors: ["development:admin"]}) { nodes { at } } } }', "FORBIDDEN"),
    "a-diff-of-101-entities": ("{ nodes(ids: [%s]) { id } }" % ('"x",' * 400), "LIST_TOO_LONG"),
}  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_that_has_no_answer_is_told_why(service, name):
    text, code = QUESTIONS[name]

    answer = service.graphql(text)

    assert (answer.status, answer.code) == (200, code)


@pytest.mark.parametrize("text", ["%", "_", "\\", "%%%%", "'", '"', "*", "\\%_", "가\u0301", "\u202e", "😀" * 100, "(?:", "a" * 200])
def test_a_search_for_characters_of_patterns_is_only_a_search(service, text):
    answer = service.graphql("query ($t: String) { ontology { objectTypes(filter: {text: $t}) { nodes { apiName } } } }", {"t": text})

    assert (answer.status, answer.code) == (200, None)
    assert [node["apiName"] for node in answer.json["data"]["ontology"]["objectTypes"]["nodes"]] == []


def test_a_filter_that_nests_without_end_is_refused(service):
    wanted: dict[str, Any] = {"text": "x"}
    for _ in range(28):
        wanted = {"not": wanted}

    answer = service.graphql(TYPES, {"filter": wanted})

    assert (answer.status, answer.code) in {(200, "BAD_USER_INPUT"), (200, "LIST_TOO_LONG"), (200, None)}
