"""Counter-examples of the rules that every kind obeys: texts, names, status, annotations, references."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.domain.change_set import Operation
from app.domain.kind import Kind
from tests import given
from tests.domain.counter_example import CounterExample

GROUP = "ri.ontology.main.type-group.gone"


def worded(rule: str, path: str, wrong: dict[str, Any], right: dict[str, Any]) -> CounterExample:
    """A type group with wrong and with right words."""
    return CounterExample(rule, path, [given.type_group("one", **wrong)], mended=[given.type_group("one", **right)])


def named(rule: str, operation: Operation, right: str, path: str = "apiName") -> CounterExample:
    return CounterExample(rule, path, [operation], mended=[replace(operation, fields=operation.fields | {"apiName": right})])


TEXTS = [
    worded("display-name.length", "displayName", {"displayName": "x" * 201}, {"displayName": "x" * 200}),
    worded("display-name.length", "displayName", {"displayName": ""}, {"displayName": "x"}),
    worded("display-name.length", "displayName", {"displayName": " \t"}, {"displayName": " x"}),
    worded("description.length", "description", {"description": "x" * 10_001}, {"description": "x" * 10_000}),
    worded("text.characters", "description", {"description": "a\x07b"}, {"description": "a\n\tb"}),
    worded("text.characters", "displayName", {"displayName": "a\u202eb"}, {"displayName": "\u05d0\u200f"}),
    worded("text.characters", "description", {"description": "a\u2066b"}, {"description": "a\u200bb"}),
    worded("translations.language", "translations.not a tag", {"translations": {"not a tag": {}}}, {"translations": {"ko-KR": {"displayName": "하나"}}}),
    worded(
        "translations.language", "translations",
        {"translations": {f"x{chr(97 + n // 26)}{chr(97 + n % 26)}": {} for n in range(101)}},
        {"translations": {f"x{chr(97 + n // 26)}{chr(97 + n % 26)}": {} for n in range(100)}},
    ),
    worded("display-name.length", "translations.en.displayName", {"translations": {"en": {"displayName": "x" * 201}}}, {"translations": {"en": {}}}),
    worded("annotations.bounds", "annotations", {"annotations": {f"k{n}": [] for n in range(101)}}, {"annotations": {f"k{n}": [] for n in range(100)}}),
    worded("annotations.bounds", "annotations", {"annotations": {"": []}}, {"annotations": {"a": []}}),
    worded("annotations.bounds", "annotations.a[0]", {"annotations": {"a": [{"text": "x" * 10_001}]}}, {"annotations": {"a": [{"text": "x" * 10_000}]}}),
    worded("annotations.bounds", "annotations.a[0]", {"annotations": {"a": [{"text": "x", "language": "no tag"}]}}, {"annotations": {"a": [{"text": "x", "language": "en"}]}}),
    worded("text.characters", "annotations.a[1]", {"annotations": {"a": [{"text": "x"}, {"text": "\x1b"}]}}, {"annotations": {"a": [{"text": "x"}, {"text": "y"}]}}),
    worded("source-iri.form", "sourceIri", {"sourceIri": ""}, {"sourceIri": "urn:one"}),
    worded("source-iri.form", "sourceIri", {"sourceIri": "urn:one two"}, {"sourceIri": "https://example.org/하나"}),
    worded("source-iri.form", "sourceIri", {"sourceIri": f"urn:{'x' * 2_045}"}, {"sourceIri": f"urn:{'x' * 2_044}"}),
    worded("definition.size", "", {"annotations": {f"k{n}": [{"text": "x" * 9_000}] for n in range(30)}}, {"annotations": {f"k{n}": [{"text": "x" * 9_000}] for n in range(29)}}),
    worded("definition.shape", "colour", {"colour": 7}, {"colour": "#123456"}),
    worded("definition.shape", "shape", {"shape": "round"}, {}),
    worded("colour.form", "colour", {"colour": "red"}, {"colour": "#Ff0000"}),
    CounterExample("definition.shape", "primaryKey", [given.object_type("Person", primaryKey="no rid")[0]], mended=given.object_type("Person")),
    CounterExample("definition.shape", "displayName", [given.update(Kind.TYPE_GROUP, "ref:one", 1, displayName=None)], before=[given.type_group("one")]),
]  # fmt: skip

NAMES = [
    named("api-name.form", given.type_group("One"), "one"),
    named("api-name.form", given.type_group("a--b"), "a-b"),
    named("api-name.form", given.type_group("a" * 101), "a" * 100),
    named("api-name.form", given.type_group("a", apiName=""), "a"),
    named("api-name.form", given.type_group("a", apiName="", displayName="이름"), "a"),
    named("api-name.form", given.value_type("Mail"), "mail"),
    named("api-name.form", given.value_type("é"), "e"),
    named("api-name.form", given.value_type("a" * 101), "a" * 100),
    named("api-name.form", given.interface("named"), "Named"),
    named("api-name.form", given.interface("A" * 101), "A" * 100),
    named("api-name.form", given.interface("Named\n"), "Named"),
    named("api-name.form", given.action_type("hireOne"), "hire-one"),
    named("api-name.reserved", given.type_group("ontology"), "ontologies"),
    named("api-name.reserved", given.shared_property("typeId"), "typeIds"),
    named("api-name.reserved", given.interface("ONTOLOGYObject"), "OntologyThing"),
    named("api-name.reserved", given.interface("Link"), "Links"),
    CounterExample("api-name.unique", "apiName", [given.type_group("one")], [given.type_group("one")], [given.type_group("two")]),
    CounterExample("api-name.unique", "apiName", [given.value_type("mail"), given.value_type("mAIL")], (), [given.value_type("mail"), given.type_group("mail", ref="group")]),
    CounterExample("api-name.unique", "apiName", [given.interface("PERSON")], given.object_type("Person"), [given.interface("Persons")]),
    CounterExample("api-name.unique", "apiName", [given.interface("Human")], given.object_type("Person", aliases=["Human"]), [given.interface("Humans")]),
    CounterExample("api-name.unique", "aliases", given.object_type("Person", aliases=["Human", "HUMAN"]), (), given.object_type("Person", aliases=["Human"])),
    CounterExample("api-name.unique", "aliases", given.object_type("Person", aliases=["PERSON"])),
    CounterExample("api-name.form", "aliases", given.object_type("Person", aliases=["no name"])),
    CounterExample("api-name.reserved", "aliases", given.object_type("Person", aliases=["Property"])),
    CounterExample("source-iri.unique", "sourceIri", [given.type_group("two", sourceIri="urn:one")], [given.type_group("one", sourceIri="urn:one")], [given.type_group("two", sourceIri="urn:ONE")]),
]  # fmt: skip

LIFE = [
    worded("deprecation.status", "deprecation", {"deprecation": {"message": "Old."}}, {"status": "DEPRECATED", "deprecation": {"message": "Old."}}),
    worded(
        "description.length", "deprecation.message",
        {"status": "DEPRECATED", "deprecation": {"message": "x" * 10_001}}, {"status": "DEPRECATED", "deprecation": {"deadline": "2031-12-31"}},
    ),
    CounterExample(
        "deprecation.replaced-by", "deprecation.replacedBy",
        [given.type_group("one", status="DEPRECATED", deprecation={"replacedBy": "ref:one"})], (),
        [given.type_group("one", status="DEPRECATED", deprecation={"replacedBy": "ref:two"}), given.type_group("two")],
    ),
    CounterExample("reference.exists", "typeGroups", given.object_type("Person", typeGroups=[GROUP]), (), given.object_type("Person")),
    CounterExample(
        "reference.kind", "typeGroups", given.object_type("Person", typeGroups=["ref:mail"]), [given.value_type("mail")], given.object_type("Person"),
    ),
    CounterExample(
        "reference.kind", "deprecation.replacedBy", [given.type_group("one", status="DEPRECATED", deprecation={"replacedBy": "ref:mail"})], [given.value_type("mail")],
    ),
]  # fmt: skip

ACTIVE, OLD = {"status": "ACTIVE"}, {"status": "DEPRECATED"}
STEPS = [
    CounterExample("delete.active", "status", [given.deletion(Kind.TYPE_GROUP, "ref:one", 1)], [given.type_group("one", **ACTIVE)]),
    CounterExample(
        "delete.active", "status", [given.deletion(Kind.VALUE_TYPE, "ref:mail", 1, cascade=True)],
        [given.value_type("mail", **ACTIVE), given.shared_property("contact", valueType="ref:mail")],
        [given.update(Kind.VALUE_TYPE, "ref:mail", 1, **OLD)],
    ),
    CounterExample(
        "delete.referenced", "", [given.deletion(Kind.TYPE_GROUP, "ref:one", 1)], [given.type_group("one"), *given.object_type("Person", typeGroups=["ref:one"])],
        [given.deletion(Kind.TYPE_GROUP, "ref:one", 1, cascade=True)],
    ),
    CounterExample("api-name.frozen", "apiName", [given.update(Kind.TYPE_GROUP, "ref:one", 1, apiName="two")], [given.type_group("one", **ACTIVE)]),
    CounterExample("api-name.frozen", "apiName", [given.update(Kind.TYPE_GROUP, "ref:one", 1, apiName="two", status="EXPERIMENTAL")], [given.type_group("one", **OLD)]),
    CounterExample("status.reactivated", "status", [given.update(Kind.TYPE_GROUP, "ref:one", 1, **ACTIVE)], [given.type_group("one", **OLD)]),
    CounterExample("operation.target", "", [given.update(Kind.TYPE_GROUP, GROUP, 1, displayName="x")]),
    CounterExample("operation.target", "", [given.deletion(Kind.TYPE_GROUP, "ref:nobody", 1)]),
    CounterExample("operation.target", "", [given.update(Kind.TYPE_GROUP, "ref:mail", 1, displayName="x")], [given.value_type("mail")], [given.update(Kind.VALUE_TYPE, "ref:mail", 1, displayName="x")]),
    CounterExample(
        "operation.target", "", [given.deletion(Kind.TYPE_GROUP, "ref:one", 1), given.update(Kind.TYPE_GROUP, "ref:one", 1, displayName="x")], [given.type_group("one")],
    ),
    CounterExample("operation.expected-version", "expectedVersion", [given.update(Kind.TYPE_GROUP, "ref:one", 2, displayName="x")], [given.type_group("one")], strict=False),
    CounterExample("operation.ref", "ref", [given.type_group("one", ref="a"), given.type_group("two", ref="a")], (), [given.type_group("one", ref="a"), given.type_group("two", ref="b")]),
    CounterExample("operation.created-once", "", [replace(given.type_group("two"), rid="ref:one", ref=None)], [given.type_group("one")]),
]  # fmt: skip
