"""Counter-examples of the rules of link types and interfaces, and of what implementers owe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.domain.change_set import Operation
from app.domain.kind import Kind
from tests import given
from tests.domain.counter_example import CounterExample

STRING, LONG = {"base": "STRING"}, {"base": "LONG"}
ACTIVE, OLD = {"status": "ACTIVE"}, {"status": "DEPRECATED"}
ENDS = [*given.object_type("Person"), *given.object_type("Car", properties={"owner": "STRING", "year": "LONG"})]


def link(**fields: Any) -> Operation:
    """A link `owns` from Person (A) to Car (B)."""
    made = given.link_type("ref:Person", "ref:Car", "owns")
    return replace(made, fields=made.fields | fields)


def keyed(name: str = "Car.owner", **fields: Any) -> Operation:
    """The same, one to many, with a foreign key."""
    return link(**{"cardinality": "ONE_TO_MANY", "backing": {"type": "FOREIGN_KEY", "property": f"ref:{name}"}, **fields})


def sides(a: str, b: str) -> dict[str, Any]:
    return {"a": {"objectType": f"ref:{a}", "apiName": "toB"}, "b": {"objectType": f"ref:{b}", "apiName": "toA"}}


HIRE = [
    *given.object_type("Person"), *given.object_type("Firm"), *given.object_type("Job", properties={"person": "STRING", "firm": "STRING"}),
    given.link_type("ref:Person", "ref:Job", "held", cardinality="ONE_TO_MANY", backing={"type": "FOREIGN_KEY", "property": "ref:Job.person"}),
    given.link_type("ref:Firm", "ref:Job", "offered", cardinality="ONE_TO_MANY", backing={"type": "FOREIGN_KEY", "property": "ref:Job.firm"}),
]  # fmt: skip


def hired(link_a: str, link_b: str) -> list[Operation]:
    backing = {"type": "INTERMEDIARY", "objectType": "ref:Job", "linkA": f"ref:{link_a}", "linkB": f"ref:{link_b}"}
    return [given.link_type("ref:Person", "ref:Firm", "works", backing=backing)]


LINKS = [
    CounterExample("link-type.many-to-many", "backing", [keyed(cardinality="MANY_TO_MANY")], ENDS, [keyed()]),
    CounterExample("link-type.one", "backing", [link(cardinality="ONE_TO_MANY")], ENDS, [link()]),
    CounterExample("link-type.one", "backing", [link(cardinality="ONE_TO_ONE")], ENDS, [keyed(cardinality="ONE_TO_ONE")]),
    CounterExample("link-type.foreign-key-place", "backing.property", [keyed("Person.id")], ENDS, [keyed("Person.id", cardinality="ONE_TO_ONE")]),
    CounterExample("link-type.foreign-key-place", "backing.property", [keyed("Car.owner", **sides("Car", "Person"))], ENDS, [keyed("Car.owner", **sides("Person", "Car"))]),
    CounterExample("link-type.foreign-key-type", "backing.property", [keyed("Car.year")], ENDS, [keyed("Car.owner")]),
    CounterExample("link-type.foreign-key-type", "backing.property", [given.update(Kind.PROPERTY, "ref:Person.id", 1, type=LONG)], [*ENDS, keyed()], [given.update(Kind.PROPERTY, "ref:Car.year", 1, type=STRING)]),
    CounterExample("link-type.intermediary", "backing.linkB", hired("held", "held"), HIRE, hired("held", "offered")),
    CounterExample("link-type.intermediary", "backing.linkA", [given.update(Kind.LINK_TYPE, "ref:held", 1, cardinality="ONE_TO_ONE")], [*HIRE, *hired("held", "offered")]),
    CounterExample("link-type.stability", "status", [link(**ACTIVE)], ENDS, [link(**OLD)]),
    CounterExample("link-type.stability", "status", [given.update(Kind.OBJECT_TYPE, "ref:Car", 1, **OLD)], [*given.object_type("Person", **ACTIVE), *given.object_type("Car", **ACTIVE), link(**ACTIVE)]),
    CounterExample("api-name.unique", "b.apiName", [link(a={"objectType": "ref:Car", "apiName": "near"}, b={"objectType": "ref:Car", "apiName": "near"})], ENDS),
    CounterExample("api-name.unique", "a.apiName", [link(a={"objectType": "ref:Person", "apiName": "iD"})], ENDS, [link(a={"objectType": "ref:Person", "apiName": "year"})]),
    CounterExample("api-name.form", "a.apiName", [link(a={"objectType": "ref:Person", "apiName": "Cars"})], ENDS),
    CounterExample("display-name.length", "b.displayName", [link(b={"objectType": "ref:Car", "apiName": "owner2", "displayName": "x" * 201})], ENDS),
    CounterExample("source-iri.unique", "sourceIri", [given.link_type("ref:Person", "ref:Car", "drives", sourceIri="urn:x")], [*ENDS, link(sourceIri="urn:x")], [given.link_type("ref:Car", "ref:Person", "drivenBy", sourceIri="urn:x")]),
    CounterExample("api-name.frozen", "a.apiName", [given.update(Kind.LINK_TYPE, "ref:owns", 1, a={"objectType": "ref:Person", "apiName": "cars"})], [*ENDS, link(**OLD)]),
    CounterExample("delete.referenced", "", [given.deletion(Kind.OBJECT_TYPE, "ref:Car", 1)], [*ENDS, link()], [given.deletion(Kind.OBJECT_TYPE, "ref:Car", 1, cascade=True)]),
    CounterExample("delete.referenced", "", [given.deletion(Kind.PROPERTY, "ref:Car.owner", 1)], [*ENDS, keyed()], [given.deletion(Kind.PROPERTY, "ref:Car.owner", 1, cascade=True)]),
    CounterExample("delete.referenced", "", [given.deletion(Kind.LINK_TYPE, "ref:held", 1)], [*HIRE, *hired("held", "offered")], [given.deletion(Kind.LINK_TYPE, "ref:held", 1, cascade=True)]),
]  # fmt: skip


def own(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "apiName": key, "type": STRING, **fields}


def shape(*properties: dict[str, Any], name: str = "Named", **fields: Any) -> Operation:
    return given.interface(name, properties=list(properties), **fields)


def reshape(name: str = "Named", version: int = 1, **fields: Any) -> list[Operation]:
    return [given.update(Kind.INTERFACE, f"ref:{name}", version, **fields)]


LABEL = given.shared_property("label")
FOLLOWING = {"key": "l", "sharedProperty": "ref:label"}
CHAIN = [given.interface("I0"), *(given.interface(f"I{n}", extends=[f"ref:I{n - 1}"]) for n in range(1, 102))]

INTERFACES = [
    CounterExample("interface.cycle", "extends", reshape(extends=["ref:Named"]), [shape()]),
    CounterExample("interface.cycle", "extends", reshape("I0", extends=["ref:I1"]), CHAIN[:2]),
    CounterExample("interface.extends", "extends", CHAIN[101:], CHAIN[:101], [given.interface("I101", extends=["ref:I99"])]),
    CounterExample("interface.property", "properties[n]", [shape({"key": "n"})], (), [shape(own("n"))]),
    CounterExample("interface.property", "properties[n]", [shape({"key": "n", "apiName": "n"})], (), [shape(own("n"))]),
    CounterExample("interface.property", "properties[n]", [shape({"key": "n", "type": STRING})], (), [shape(own("n"))]),
    CounterExample("interface.property", "properties[l]", [shape(FOLLOWING | {"type": STRING})], [LABEL], [shape(FOLLOWING)]),
    CounterExample("interface.property", "properties[l]", [shape(own("l", sharedProperty="ref:label"))], [LABEL], [shape(FOLLOWING | {"required": True})]),
    CounterExample("interface.member-unique", "properties[b].apiName", [shape(own("a"), own("b", apiName="a"))], (), [shape(own("a"), own("b"))]),
    CounterExample("interface.member-unique", "properties[n].apiName", [shape(own("n"), name="More", extends=["ref:Named"])], [shape(own("n"))], [shape(own("m"), name="More", extends=["ref:Named"])]),
    CounterExample("interface.member-unique", "properties[n].apiName", reshape(properties=[own("n")]), [shape(), shape(own("n"), name="More", extends=["ref:Named"])], reshape(properties=[own("m")])),
    CounterExample(
        "interface.member-unique", "links[k].apiName", [shape(own("n"), links=[{"key": "k", "apiName": "n", "target": "ref:Other"}])], [given.interface("Other")],
        [shape(own("n"), links=[{"key": "k", "apiName": "k", "target": "ref:Other"}])],
    ),
    CounterExample(
        "interface.stays-required", "properties[m].required", [shape({"key": "m", "sharedProperty": "ref:label"}, name="More", extends=["ref:Named"])],
        [LABEL, shape(FOLLOWING | {"required": True})], [shape({"key": "m", "sharedProperty": "ref:label", "required": True}, name="More", extends=["ref:Named"])],
    ),
    CounterExample("interface.size", "properties", [shape(*(own(f"n{number}") for number in range(2_001)))], (), [shape(*(own(f"n{number}") for number in range(2_000)))]),
    CounterExample("definition.keys", "properties", [shape(own("a"), own("a", apiName="b"))]),
    CounterExample("definition.keys", "properties", [shape(own("a" * 501, apiName="b"))], (), [shape(own("a" * 500, apiName="b"))]),
    CounterExample("reference.kind", "links[k].target", [shape(links=[{"key": "k", "apiName": "k", "target": "ref:label"}])], [LABEL]),
    CounterExample("interface.loses-property", "properties[n]", reshape(properties=[]), [shape(own("n"), **ACTIVE)], reshape(properties=[own("n", apiName="m")])),
    CounterExample("interface.loses-property", "extends", reshape("More", extends=[]), [shape(own("n")), shape(name="More", extends=["ref:Named"], **ACTIVE)], reshape("More", displayName="More")),
    CounterExample("interface.loses-property", "properties[n]", reshape(properties=[]), [shape(own("n")), shape(name="More", extends=["ref:Named"], **ACTIVE)], reshape(properties=[own("n"), own("m")])),
    CounterExample(
        "interface.loses-property", "extends", [given.deletion(Kind.INTERFACE, "ref:Named", 1, cascade=True)], [shape(own("n")), shape(name="More", extends=["ref:Named"], **ACTIVE)],
    ),
    CounterExample("interface.loses-property", "properties[l]", [given.deletion(Kind.SHARED_PROPERTY, "ref:label", 1, cascade=True)], [LABEL, shape(FOLLOWING, **ACTIVE)]),
]  # fmt: skip


def person(*mapping: tuple[str, str], interface: str = "Named", properties: dict[str, Any] | None = None, **fields: Any) -> list[Operation]:
    mapped = [{"interfaceProperty": key, "property": f"ref:{to}"} for key, to in mapping]
    return given.object_type(
        "Person", properties=properties or {"name": "STRING"}, implements=[{"interface": f"ref:{interface}", "mapping": mapped}], **fields
    )


NAMED = shape(own("name", required=True))
KNOWN = given.interface("Known", links=[{"key": "k", "apiName": "knows", "target": "ref:Named", "multiplicity": "MANY", "required": True}])
WORKS = [
    shape(), KNOWN, *given.object_type("Firm", implements=[{"interface": "ref:Named"}]), *given.object_type("Car"),
]  # fmt: skip
WORKER = given.object_type("Person", implements=[{"interface": "ref:Known"}])

CONFORMANCE = [
    CounterExample("definition.keys", "implements", given.object_type("Person", implements=[{"interface": "ref:Named"}, {"interface": "ref:Named"}]), [shape()]),
    CounterExample("conformance.required-property", "implements[{Named}].mapping[name]", person(properties={"called": "STRING"}), [NAMED], person(("name", "Person.name"))),
    CounterExample("conformance.required-property", "implements[{More}].mapping[name]", person(interface="More", properties={"called": "STRING"}), [NAMED, shape(name="More", extends=["ref:Named"])], person(("name", "Person.name"), interface="More")),
    CounterExample(
        "conformance.required-property", "implements[{Named}].mapping[more]", reshape(properties=[own("name", required=True), own("more", required=True)]),
        [NAMED, *person(("name", "Person.name"))], reshape(properties=[own("name", required=True), own("more")]),
    ),
    CounterExample(
        "conformance.required-property", "implements[{More}].mapping[more]", reshape(properties=[own("more", required=True)]),
        [shape(), shape(name="More", extends=["ref:Named"]), *person(interface="More")],
    ),
    CounterExample("conformance.own-property", "implements[{Named}].mapping[name].property", person(("name", "Car.id"), properties={"called": "STRING"}), [NAMED, *given.object_type("Car")], person(("name", "Person.called"), properties={"called": "STRING"})),
    CounterExample("conformance.type", "implements[{Named}].mapping[name]", person(("name", "Person.age"), properties={"age": "LONG"}), [NAMED], person(("name", "Person.age"), properties={"age": "STRING"})),
    CounterExample("conformance.type", "implements[{Named}].mapping[l]", [given.update(Kind.SHARED_PROPERTY, "ref:label", 1, type=LONG)], [LABEL, shape(FOLLOWING), *person(("l", "Person.name"))]),
    CounterExample("conformance.unknown-property", "implements[{Named}].mapping[none]", person(("name", "Person.name"), ("none", "Person.id")), [NAMED], person(("name", "Person.name"))),
    CounterExample("conformance.name", "implements", person(properties={"name": "STRING"}), [shape(own("name"))], person(properties={"called": "STRING"})),
    CounterExample("conformance.name", "implements", [given.property_("naME", owner="ref:Person")], [shape(own("name")), *person(properties={"called": "STRING"})], [given.property_("naming", owner="ref:Person")]),
    CounterExample("conformance.name", "implements", reshape(properties=[own("iD")]), [shape(), *person()], reshape(properties=[own("code")])),
    CounterExample("conformance.twice", "implements[{Named}].mapping[l]", person(("l", "Person.name"), ("ref:label", "Person.id")), [LABEL, shape(FOLLOWING)], person(("ref:label", "Person.id"))),
    CounterExample("conformance.required-link", "implements[{Known}].links[k]", WORKER, WORKS, [*WORKER, given.link_type("ref:Person", "ref:Firm", "works")]),
    CounterExample("conformance.required-link", "implements[{Known}].links[k]", [*WORKER, given.link_type("ref:Person", "ref:Car", "drives")], WORKS, [*WORKER, given.link_type("ref:Firm", "ref:Person", "employs")]),
    CounterExample("conformance.required-link", "implements[{Known}].links[k]", [given.deletion(Kind.LINK_TYPE, "ref:works", 1)], [*WORKS, *WORKER, given.link_type("ref:Person", "ref:Firm", "works")]),
    CounterExample(
        "conformance.required-link", "implements[{Known}].links[k]", [given.update(Kind.OBJECT_TYPE, "ref:Firm", 1, implements=None)],
        [*WORKS, *WORKER, given.link_type("ref:Person", "ref:Firm", "works")],
    ),
    CounterExample(
        "conformance.required-link", "implements[{Known}].links[k]", [given.update(Kind.INTERFACE, "ref:Known", 1, links=[{"key": "k", "apiName": "knows", "target": "ref:Named", "multiplicity": "SINGLE", "required": True}])],
        [*WORKS, *WORKER, given.link_type("ref:Person", "ref:Firm", "works")],
    ),
]  # fmt: skip
