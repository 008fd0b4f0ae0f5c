"""Names, texts, rids, refs, numbers, patterns and definitions that no ontology may hold, over GraphQL."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

APPLY = """mutation ($input: ApplyChangesInput!) { applyChanges(input: $input) { __typename
    ... on Error { code message } ... on ValidationFailed { violations { rule message } }
    ... on NameTaken { violations { rule } } } }"""
TEXT, INT = {"base": "STRING"}, {"base": "INTEGER"}
KOREAN = "고객"


def thing(**more: Any) -> dict[str, Any]:
    """An operation that would make an object type, if it were not for `more`."""
    properties = [{"apiName": "id", "displayName": "Id", "type": TEXT}]
    return {"create": {"objectType": {"apiName": "Thing", "displayName": "Thing", "primaryKey": "id", "properties": properties, **more}}}


def typed(kind: Any = TEXT, **more: Any) -> dict[str, Any]:
    """An object type with one more property, of this type."""
    last = {"apiName": "value", "displayName": "Value", "type": kind, **more}
    return thing(properties=[{"apiName": "id", "displayName": "Id", "type": TEXT}, last])


def limited(kind: Any = TEXT, **constraint: Any) -> dict[str, Any]:
    return typed(kind, constraints=[constraint])


def raw(kind: str, **fields: Any) -> dict[str, Any]:
    return {"verb": "CREATE", "kind": kind, "fields": fields}


def group(name: str, **more: Any) -> dict[str, Any]:
    return {"create": {"typeGroup": {"apiName": name, "displayName": name, **more}}}


TEXTS = {
    "nul": "a\0b", "escape": "a\x1b[31m", "bell": "\a", "delete": "a\x7f", "c1-control": "a\x85b", "right-to-left-override": "a\u202eb",
    "left-to-right-embedding": "\u202a", "isolate": "\u2067x\u2069", "carriage-return": "a\r\nb",
}  # fmt: skip

REFUSED: dict[str, dict[str, Any]] = {
    **{f"display-name-with-{name}": thing(displayName=text) for name, text in TEXTS.items()},
    **{f"description-with-{name}": thing(description=text) for name, text in TEXTS.items()},
    **{f"api-name-{name}": thing(apiName=text) for name, text in {
        "empty": "", "blank": " ", "lower": "thing", "with-a-blank": "My Thing", "with-a-hyphen": "My-Thing", "with-an-underscore": "My_Thing", "of-a-digit": "1Thing",
        "korean": KOREAN, "korean-decomposed": unicodedata.normalize("NFD", KOREAN), "emoji": "Thing😀", "cyrillic-lookalike": "Тhing", "full-width": "Ｔhing",
        "accented": "Thé", "with-nul": "Thing\0", "with-a-newline": "Thing\n", "of-101-letters": "T" * 101, "sql": "Thing'; DROP TABLE entity; --",
        "path": "../../etc/passwd", "template": "{{7*7}}", "markup": "<script>alert(1)</script>", "arabic-digit": "Thing١", "zero-width": "Thing\u200b", "turkish": "Thıng",
        **{f"reserved-{word}": word for word in ("Ontology", "Object", "Property", "Link", "Relation", "Rid", "PrimaryKey", "TypeId", "OntologyObject", "oNTOLOGY")},
    }.items()},
    "a-name-that-is-taken": thing(apiName="Person"),
    "a-name-that-is-taken-in-another-case": thing(apiName="PERSON"),
    "a-display-name-of-nothing": thing(displayName=""),
    "a-display-name-of-blanks": thing(displayName="   "),
    "a-display-name-of-201-characters": thing(displayName="가" * 201),
    "a-description-of-10001-characters": thing(description="x" * 10_001),
    "a-description-of-10001-emoji": thing(description="😀" * 10_001),
    "no-primary-key-of-this-name": thing(primaryKey="nothing"),
    "no-properties": thing(properties=[]),
    "two-properties-of-a-name": thing(properties=[{"apiName": "id", "displayName": "Id", "type": TEXT}] * 2),
    "two-properties-but-for-the-case": thing(properties=[{"apiName": name, "displayName": "x", "type": TEXT} for name in ("id", "iD")]),
    "a-title-that-is-not": thing(titleProperty="nothing"),
    "an-alias-that-is-no-name": thing(aliases=["no name"]),
    "an-alias-that-is-taken": thing(aliases=["Person"]),
    "an-iri-that-is-none": thing(sourceIri="no iri"),
    "an-interface-that-is-not": thing(implements=[{"interface": "ri.ontology.main.interface.nothing"}]),
    "an-interface-that-is-an-object-type": thing(implements=[{"interface": "{person}"}]),
    "a-group-of-another-ontology": thing(typeGroups=["{foreign}"]),
    "a-group-that-is-no-rid": thing(typeGroups=["nothing"]),
    "a-ref-that-nothing-bears": thing(typeGroups=["ref:nothing"]),
    "a-ref-of-nothing": thing(typeGroups=["ref:"]),
    "an-array-without-items": typed({"base": "ARRAY"}),
    "an-array-of-arrays": typed({"base": "ARRAY", "of": {"base": "ARRAY", "of": TEXT}}),
    "a-struct-without-fields": typed({"base": "STRUCT", "fields": []}),
    "a-struct-in-a-struct": typed({"base": "STRUCT", "fields": [{"apiName": "a", "displayName": "A", "type": {"base": "STRUCT", "fields": []}}]}),
    "a-decimal-of-precision-0": typed({"base": "DECIMAL", "precision": 0, "scale": 0}),
    "a-decimal-of-precision-39": typed({"base": "DECIMAL", "precision": 39, "scale": 0}),
    "a-decimal-with-more-scale-than-precision": typed({"base": "DECIMAL", "precision": 2, "scale": 3}),
    "a-negative-scale": typed({"base": "DECIMAL", "precision": 2, "scale": -1}),
    "a-vector-of-no-dimension": typed({"base": "VECTOR"}),
    "a-vector-of-dimension-minus-1": typed({"base": "VECTOR", "dimension": -1}),
    "a-text-with-a-precision": typed({"base": "STRING", "precision": 3}),
    "a-key-of-doubles": thing(properties=[{"apiName": "id", "displayName": "Id", "type": {"base": "DOUBLE"}}]),
    "a-pattern-that-is-none": limited(type="REGEX", pattern="("),
    "a-pattern-of-nothing": limited(type="REGEX"),
    "a-pattern-that-looks-back": limited(type="REGEX", pattern="(a)\\1"),
    "a-pattern-that-looks-ahead": limited(type="REGEX", pattern="(?=a)a"),
    "a-pattern-that-would-fill-memory": limited(type="REGEX", pattern="((a{1000}){1000}){1000}"),
    "a-pattern-of-2000-characters": limited(type="REGEX", pattern="a" * 2_000),
    "a-pattern-on-a-number": limited(INT, type="REGEX", pattern="a"),
    "a-range-upside-down": limited(INT, type="RANGE", min=2, max=1),
    "a-range-of-texts": limited(TEXT, type="RANGE", min=1, max=2),
    "a-range-beyond-an-integer": limited(INT, type="RANGE", min=-(2**40), max=2**40),
    "a-range-beyond-64-bits": limited({"base": "LONG"}, type="RANGE", max=2**64 - 1),
    "a-range-of-objects": limited(INT, type="RANGE", min={}, max=[]),
    "a-range-of-a-day-that-is-not": limited({"base": "DATE"}, type="RANGE", min="2026-02-30"),
    "a-range-of-a-moment-that-is-not": limited({"base": "TIMESTAMP"}, type="RANGE", min="yesterday"),
    "a-range-of-a-decimal-that-is-not": limited({"base": "DECIMAL", "precision": 4, "scale": 2}, type="RANGE", min="NaN"),
    "a-negative-length": limited(type="LENGTH", min=-1),
    "a-length-of-text": limited(type="LENGTH", min="1"),
    "a-choice-of-nothing": limited(type="ONE_OF", values=[]),
    "a-choice-of-another-type": limited(INT, type="ONE_OF", values=["a"]),
    "a-choice-of-objects": limited(type="ONE_OF", values=[{}, []]),
    "a-constraint-of-a-field-that-is-not": limited(type="STRUCT_FIELD", field="nothing", constraint={"type": "LENGTH", "min": 1}),
    "500-constraints": typed(constraints=[{"type": "LENGTH", "min": 1}] * 500),
    "a-group-named-like-a-type": group("Group"),
    "a-group-with-two-hyphens": group("a--b"),
    "a-definition-of-nothing": raw("OBJECT_TYPE"),
    "a-definition-with-unknown-words": raw("TYPE_GROUP", apiName="a", displayName="A", nothing=1),
    "a-definition-with-a-number-for-a-name": raw("TYPE_GROUP", apiName=7, displayName="A"),
    "a-definition-with-a-truth-for-a-name": raw("TYPE_GROUP", apiName=True, displayName="A"),
    "a-definition-with-null-for-a-name": raw("TYPE_GROUP", apiName=None, displayName="A"),
    "a-definition-with-a-list-for-a-text": raw("TYPE_GROUP", apiName="a", displayName=["A"]),
    "a-definition-with-properties-that-are-a-text": raw("OBJECT_TYPE", apiName="Thing", displayName="T", primaryKey="id", properties="id"),
    "a-definition-with-a-property-that-is-null": raw("OBJECT_TYPE", apiName="Thing", displayName="T", primaryKey="id", properties=[None]),
    "a-definition-with-a-type-that-is-a-text": raw("SHARED_PROPERTY", apiName="value", displayName="V", type="STRING"),
    "a-definition-with-its-own-rid-of-another-kind": raw("TYPE_GROUP", rid="ri.ontology.main.object-type.x", apiName="a", displayName="A"),
    "a-definition-with-a-rid-that-is-none": raw("TYPE_GROUP", rid="nothing", apiName="a", displayName="A"),
    "a-link-to-nothing": raw("LINK_TYPE", apiName="knows"),
    "a-link-of-another-ontology": raw(
        "LINK_TYPE", apiName="knows", displayName="Knows", cardinality="MANY_TO_MANY", backing={"type": "JOIN"},
        a={"objectType": "{person}", "apiName": "x", "displayName": "X"}, b={"objectType": "{foreign}", "apiName": "y", "displayName": "Y"},
    ),
    "an-update-of-nothing": {"verb": "UPDATE", "rid": "ri.ontology.main.object-type.nothing", "expectedVersion": 1, "fields": {"displayName": "x"}},
    "an-update-in-another-ontology": {"verb": "UPDATE", "rid": "{foreign}", "expectedVersion": 1, "fields": {"displayName": "x"}},
    "an-update-at-another-version": {"verb": "UPDATE", "rid": "{person}", "expectedVersion": 7, "fields": {"displayName": "x"}},
    "an-update-without-a-version": {"verb": "UPDATE", "rid": "{person}", "fields": {"displayName": "x"}},
    "an-update-of-version-0": {"verb": "UPDATE", "rid": "{person}", "expectedVersion": 0, "fields": {"displayName": "x"}},
    "an-update-of-a-negative-version": {"verb": "UPDATE", "rid": "{person}", "expectedVersion": -1, "fields": {"displayName": "x"}},
    "an-update-of-what-is-fixed": {"verb": "UPDATE", "rid": "{person}", "expectedVersion": 1, "fields": {"rid": "x"}},
    "an-update-to-nothing": {"verb": "UPDATE", "rid": "{person}", "expectedVersion": 1, "fields": {"apiName": None}},
    "an-update-that-takes-the-key-away": {"verb": "UPDATE", "rid": "{person}", "expectedVersion": 1, "fields": {"primaryKey": None}},
    "an-update-of-a-ref-that-nothing-bears": {"verb": "UPDATE", "kind": "OBJECT_TYPE", "rid": "ref:nothing", "expectedVersion": 1, "fields": {"displayName": "x"}},
    "an-update-of-no-rid": {"verb": "UPDATE", "expectedVersion": 1, "fields": {"displayName": "x"}},
    "an-update-of-a-rid-with-nul": {"verb": "UPDATE", "rid": "ri.ontology.main.object-type.\0", "expectedVersion": 1, "fields": {}},
    "an-update-of-what-is-no-rid": {"verb": "UPDATE", "rid": "nothing", "expectedVersion": 1, "fields": {}},
    "an-update-of-an-ontology": {"verb": "UPDATE", "rid": "ri.ontology.main.ontology.x", "expectedVersion": 1, "fields": {}},
    "a-deletion-of-nothing": {"verb": "DELETE", "rid": "ri.ontology.main.object-type.nothing", "expectedVersion": 1},
    "a-deletion-at-another-version": {"verb": "DELETE", "rid": "{person}", "expectedVersion": 2},
    "a-deletion-with-words": {"verb": "DELETE", "rid": "{person}", "expectedVersion": 1, "fields": {"x": 1}, "create": {"typeGroup": {"apiName": "a", "displayName": "A"}}},
    "nothing-at-all": {},
    "a-ref-with-nul": {**raw("TYPE_GROUP", apiName="a", displayName="A"), "ref": "a\0"},
    "a-ref-of-10000-characters": {**raw("TYPE_GROUP", apiName="a", displayName="A"), "ref": "a" * 10_000},
}  # fmt: skip

BROKEN = {
    "BAD_USER_INPUT": """
        display-name-with-nul description-with-nul api-name-with-nul a-definition-with-properties-that-are-a-text
        a-definition-with-a-property-that-is-null an-update-without-a-version an-update-of-no-rid an-update-of-a-rid-with-nul
        an-update-of-what-is-no-rid an-update-of-an-ontology a-deletion-with-words nothing-at-all a-ref-with-nul
        a-ref-of-10000-characters
    """,
    "VERSION_CONFLICT": """
        an-update-at-another-version an-update-of-version-0 an-update-of-a-negative-version a-deletion-at-another-version
    """,
    "api-name.form": """
        api-name-reserved-oNTOLOGY an-alias-that-is-no-name a-group-named-like-a-type a-group-with-two-hyphens
    """,
    "api-name.unique": """
        a-name-that-is-taken a-name-that-is-taken-in-another-case two-properties-of-a-name two-properties-but-for-the-case
        an-alias-that-is-taken
    """,
    "constraint.applies": """
        a-pattern-on-a-number a-range-of-texts
    """,
    "constraint.bounds": """
        a-range-upside-down a-range-beyond-an-integer a-range-beyond-64-bits a-range-of-a-day-that-is-not
        a-range-of-a-moment-that-is-not a-range-of-a-decimal-that-is-not a-negative-length a-length-of-text
    """,
    "constraint.count": """
        500-constraints
    """,
    "UNSAFE_REGEX": """
        a-pattern-that-is-none a-pattern-of-nothing a-pattern-that-looks-back a-pattern-that-looks-ahead
        a-pattern-that-would-fill-memory a-pattern-of-2000-characters
    """,
    "constraint.values": """
        a-choice-of-nothing a-choice-of-another-type a-choice-of-objects
    """,
    "description.length": """
        a-description-of-10001-characters a-description-of-10001-emoji
    """,
    "display-name.length": """
        a-display-name-of-nothing a-display-name-of-blanks a-display-name-of-201-characters
    """,
    "object-type.primary-key-type": """
        a-key-of-doubles
    """,
    "operation.target": """
        an-update-of-nothing an-update-in-another-ontology an-update-of-a-ref-that-nothing-bears a-deletion-of-nothing
    """,
    "reference.exists": """
        an-interface-that-is-not a-group-of-another-ontology a-link-of-another-ontology
    """,
    "reference.kind": """
        an-interface-that-is-an-object-type
    """,
    "source-iri.form": """
        an-iri-that-is-none
    """,
    "type.array.of": """
        an-array-without-items an-array-of-arrays
    """,
    "type.decimal.precision": """
        a-decimal-of-precision-0 a-decimal-of-precision-39
    """,
    "type.decimal.scale": """
        a-decimal-with-more-scale-than-precision a-negative-scale
    """,
    "type.parameter": """
        a-text-with-a-precision
    """,
    "type.struct.field-type": """
        a-struct-in-a-struct
    """,
    "type.struct.size": """
        a-struct-without-fields
    """,
    "type.vector.dimension": """
        a-vector-of-no-dimension a-vector-of-dimension-minus-1
    """,
}  # what is not named here is told by its prefix, or breaks definition.shape
PREFIXES = {
    "api-name-reserved-": "api-name.reserved",
    "api-name-": "api-name.form",
    "display-name-with-": "text.characters",
    "description-with-": "text.characters",
}


def rule(name: str) -> str:
    """The rule that the case breaks, or the code where it is none of the ontology."""
    named = (broken for broken, names in BROKEN.items() if name in names.split())
    return next(named, next((broken for prefix, broken in PREFIXES.items() if name.startswith(prefix)), "definition.shape"))


def told(value: Any, known: dict[str, str]) -> Any:
    """The value with what the service holds in the place of its names."""
    if isinstance(value, str):
        return known.get(value[1:-1], value) if value.startswith("{") else value
    if isinstance(value, dict):
        return {key: told(each, known) for key, each in value.items()}
    return [told(each, known) for each in value] if isinstance(value, list) else value


def said(answer: Any) -> str:
    """The first rule that was broken, else the code."""
    data = answer.json.get("data") or {}
    rules = [each["rule"] for each in (data.get("applyChanges") or {}).get("violations", ())]
    return rules[0] if rules else str(answer.code)


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_ontology_may_hold_is_refused_by_its_rule(service, name):
    answer = service.graphql(APPLY, {"input": {"operations": [told(REFUSED[name], service.known)]}})

    assert (answer.status, said(answer)) == (200, rule(name))


NESTED = {
    "a-name-of-three-mib-of-blanks": ({"operations": [group("a", description=" " * 3_000_000)]}, "description.length"),
    "in-no-ontology": ({"ontology": "nothing", "operations": [group("a")]}, "NOT_FOUND"),
    "in-an-ontology-of-no-name": ({"ontology": "", "operations": [group("a")]}, "NOT_FOUND"),
    "with-a-title-with-nul": ({"title": "a\0", "operations": [group("a")]}, "BAD_USER_INPUT"),
    "with-a-title-of-201": ({"title": "x" * 201, "operations": [group("a")]}, "BAD_USER_INPUT"),
    "with-an-empty-key": ({"idempotencyKey": "", "operations": [group("a")]}, "BAD_USER_INPUT"),
    "with-a-key-of-256": ({"idempotencyKey": "k" * 256, "operations": [group("a")]}, "BAD_USER_INPUT"),
    "10001-operations": ({"operations": [group(f"g{n}") for n in range(10_001)]}, "CHANGESET_TOO_LARGE"),
    "a-good-one-and-a-bad-one": ({"operations": [group("good"), group("Bad")]}, "api-name.form"),
    "a-ref-in-a-circle": ({"operations": [raw("INTERFACE", apiName=one, displayName=one, extends=[f"ref:{two}"]) | {"ref": one}
                                          for one, two in (("Aa", "Bb"), ("Bb", "Aa"))]}, "interface.cycle"),
    "an-interface-that-extends-itself": ({"operations": [raw("INTERFACE", apiName="Aa", displayName="A", extends=["ref:Aa"]) | {"ref": "Aa"}]}, "interface.cycle"),
    "a-ref-twice": ({"operations": [raw("TYPE_GROUP", apiName=name, displayName="A") | {"ref": "x"} for name in "ab"]}, "operation.ref"),
    "a-definition-of-300-kib": ({"operations": [raw("TYPE_GROUP", apiName="a", displayName="A", translations={
        f"de-x-{n}": {"displayName": "A", "description": "x" * 9_000} for n in range(40)})]}, "DEFINITION_TOO_LARGE"),
}  # fmt: skip


@pytest.mark.parametrize("name", NESTED)
def test_what_is_wrong_as_a_whole_stores_nothing(service, name):
    given, expected = NESTED[name]

    answer = service.graphql(APPLY, {"input": told(given, service.known)})

    assert (answer.status, said(answer)) == (200, expected)


@pytest.mark.parametrize("depth", [5, 20])
def test_json_in_the_words_of_an_operation_may_nest_and_is_refused_by_its_shape(service, depth):
    value: Any = "x"
    for _ in range(depth):
        value = [value]

    answer = service.graphql(APPLY, {"input": {"operations": [raw("TYPE_GROUP", apiName="a", displayName=value)]}})

    assert (answer.status, said(answer)) == (200, "definition.shape")


@pytest.mark.parametrize("text", ["가" * 200, "😀" * 200, "a\tb", "שלום", "👩‍👩‍👧‍👦", unicodedata.normalize("NFD", KOREAN)])
def test_what_people_write_is_good_input(service, text):
    answer = service.graphql(APPLY, {"input": {"dryRun": True, "operations": [thing(displayName=text)]}})

    assert (answer.status, answer.code) == (200, None)
