"""Counter-examples of the rules of object types, properties, shared properties and value types."""

from __future__ import annotations

from app.domain.kind import Kind
from tests import given
from tests.domain.counter_example import CounterExample

PERSON, CAR = given.object_type("Person"), given.object_type("Car")
STRING, LONG = {"base": "STRING"}, {"base": "LONG"}
MAIL = given.value_type("mail")
ACTIVE, OLD = {"status": "ACTIVE"}, {"status": "DEPRECATED"}


def change(kind: Kind, ref: str, version: int = 1, **fields: object) -> list[object]:
    return [given.update(kind, f"ref:{ref}", version, **fields)]


def person(**fields: object) -> list[object]:
    return change(Kind.OBJECT_TYPE, "Person", **fields)


def own(**fields: object) -> object:
    """A property of Person."""
    return given.property_("extra", owner="ref:Person", **{"ref": "extra", **fields})


OBJECT_TYPES = [
    CounterExample("object-type.primary-key", "primaryKey", person(primaryKey="ref:Car.id"), [*PERSON, *CAR]),
    CounterExample(
        "object-type.primary-key-type", "primaryKey", given.object_type("Person", properties={"id": "DOUBLE"}), (),
        given.object_type("Person", properties={"id": "TIMESTAMP"}),
    ),
    CounterExample("object-type.primary-key-type", "primaryKey", change(Kind.PROPERTY, "Person.id", type={"base": "GEOPOINT"}), PERSON, change(Kind.PROPERTY, "Person.id", type={"base": "DATE"})),
    CounterExample("object-type.title", "titleProperty", person(titleProperty="ref:Car.id"), [*PERSON, *CAR], person(titleProperty="ref:Person.id")),
    *(
        CounterExample(
            "object-type.title-type", "titleProperty", given.object_type("Person", properties={"named": {"type": data}}, titleProperty="ref:Person.named"), (),
            given.object_type("Person", properties={"named": {"type": data}}),
        )
        for data in (
            {"base": "ARRAY", "of": STRING}, {"base": "VECTOR", "dimension": 2, "similarity": "COSINE"}, {"base": "ATTACHMENT"}, {"base": "MEDIA_REFERENCE"},
            {"base": "TIME_SERIES", "of": LONG}, {"base": "GEOTIME_SERIES"}, {"base": "STRUCT", "fields": [{"key": "k", "apiName": "one", "type": STRING}]},
        )
    ),
    CounterExample(
        "object-type.properties", "properties", given.object_type("Person", properties={f"n{number}": "STRING" for number in range(2_000)}), (),
        given.object_type("Person", properties={f"n{number}": "STRING" for number in range(1_999)}),
    ),
    CounterExample(
        "object-type.lists", "aliases", given.object_type("Person", aliases=[f"Human{number}" for number in range(101)]), (),
        given.object_type("Person", aliases=[f"Human{number}" for number in range(100)]),
    ),
    CounterExample(
        "object-type.lists", "typeGroups", given.object_type("Person", typeGroups=[f"ref:group-{number}" for number in range(1_001)]),
        [given.type_group(f"group-{number}") for number in range(1_001)], given.object_type("Person", typeGroups=[f"ref:group-{number}" for number in range(1_000)]),
    ),
    CounterExample("object-type.icon", "icon.name", given.object_type("Person", icon={"name": "x" * 201}), (), given.object_type("Person", icon={"name": "x" * 200})),
    CounterExample("colour.form", "icon.colour", given.object_type("Person", icon={"colour": "#12345"}), (), given.object_type("Person", icon={"colour": "#123456"})),
    CounterExample("display-name.length", "pluralDisplayName", given.object_type("Person", pluralDisplayName="x" * 201), (), given.object_type("Person", pluralDisplayName="x" * 200)),
    CounterExample(
        "object-type.experimental-property", "status", [own(**ACTIVE)], PERSON, [own(**ACTIVE), *person(**ACTIVE)],
    ),
    CounterExample("object-type.experimental-property", "status", person(status="EXPERIMENTAL"), [*given.object_type("Person", **ACTIVE), own(**ACTIVE)], person(**OLD)),
    CounterExample("object-type.primary-key-frozen", "primaryKey", person(primaryKey="ref:extra"), [*given.object_type("Person", **ACTIVE), own() ], person(titleProperty="ref:extra")),
    CounterExample("object-type.primary-key-frozen", "primaryKey", person(primaryKey="ref:extra"), [*given.object_type("Person", status="EXAMPLE"), own()]),
]  # fmt: skip

PROPERTIES = [
    CounterExample("property.marking-required", "required", [own(type={"base": "MARKING"})], PERSON, [own(type={"base": "MARKING"}, required=True)]),
    CounterExample("property.marking-required", "required", [given.shared_property(type={"base": "MARKING"})], (), [given.shared_property(type={"base": "MARKING"}, required=True)]),
    CounterExample(
        "property.marking-required", "properties[seal].required", [given.interface(properties=[{"key": "seal", "apiName": "seal", "type": {"base": "MARKING"}}])], (),
        [given.interface(properties=[{"key": "seal", "apiName": "seal", "type": {"base": "MARKING"}, "required": True}])],
    ),
    CounterExample("property.format", "format.unit", [own(format={"unit": "x" * 201})], PERSON, [own(format={"unit": "x" * 200})]),
    CounterExample("property.format", "format.pattern", [own(format={"pattern": "\x00"})], PERSON, [own(format={"pattern": "#,##0.00"})]),
    CounterExample("property.position", "position", [own(position="a0")], PERSON, [own(position="a1")]),
    CounterExample("property.position", "position", [own(position="a" * 101)], PERSON, [own(position="a" * 100)]),
    CounterExample("property.position", "position", [own(position="a-b")], PERSON, [own(position="ab")]),
    CounterExample("property.value-type-fits", "type", [own(type=LONG, valueType="ref:mail")], [*PERSON, MAIL], [own(type=STRING, valueType="ref:mail")]),
    CounterExample("property.value-type-fits", "type", [given.shared_property(type=LONG, valueType="ref:mail")], [MAIL], [given.shared_property(valueType="ref:mail")]),
    CounterExample(
        "property.value-type-fits", "properties[post].type", [given.interface(properties=[{"key": "post", "apiName": "post", "type": LONG, "valueType": "ref:mail"}])],
        [MAIL], [given.interface(properties=[{"key": "post", "apiName": "post", "type": STRING, "valueType": "ref:mail"}])],
    ),
    CounterExample("property.shared-type", "type", [own(type=LONG, sharedProperty="ref:named")], [*PERSON, given.shared_property("named")], [own(sharedProperty="ref:named")]),
    CounterExample(
        "property.shared-type", "type", change(Kind.SHARED_PROPERTY, "named", type=LONG), [*PERSON, given.shared_property("named"), own(ref="extra", sharedProperty="ref:named")],
        [*change(Kind.SHARED_PROPERTY, "named", type=LONG), *change(Kind.PROPERTY, "extra", type=LONG)],
    ),
    CounterExample("property.owner-fixed", "objectType", change(Kind.PROPERTY, "extra", objectType="ref:Car"), [*PERSON, *CAR, own(ref="extra")]),
    CounterExample("api-name.unique", "apiName", [own(apiName="iD")], PERSON, [own(apiName="iD2")]),
    CounterExample("source-iri.unique", "sourceIri", [own(sourceIri="urn:x"), own(apiName="more", ref="more", sourceIri="urn:x")], PERSON, [own(sourceIri="urn:x"), own(apiName="more", ref="more", sourceIri="urn:y")]),
    CounterExample("delete.referenced", "", [given.deletion(Kind.PROPERTY, "ref:Person.id", 1)], PERSON, [given.deletion(Kind.OBJECT_TYPE, "ref:Person", 1)]),
    CounterExample("delete.referenced", "", [given.deletion(Kind.PROPERTY, "ref:Person.id", 1, cascade=True)], PERSON),
    CounterExample(
        "delete.referenced", "", [given.deletion(Kind.PROPERTY, "ref:Person.named", 1)], given.object_type("Person", properties={"named": "STRING"}, titleProperty="ref:Person.named"),
        [given.deletion(Kind.PROPERTY, "ref:Person.named", 1, cascade=True)],
    ),
    CounterExample(
        "delete.referenced", "", [given.deletion(Kind.SHARED_PROPERTY, "ref:named", 1)], [*PERSON, given.shared_property("named"), own(sharedProperty="ref:named")],
        [given.deletion(Kind.SHARED_PROPERTY, "ref:named", 1, cascade=True)],
    ),
    CounterExample("delete.active", "status", [given.deletion(Kind.OBJECT_TYPE, "ref:Person", 1)], [*given.object_type("Person", **OLD), own(**ACTIVE)]),
]  # fmt: skip

USED = [*PERSON, own(type=LONG, valueType="ref:age")]


def age(*constraints: dict[str, object], **fields: object) -> object:
    return given.value_type("age", type=LONG, constraints=list(constraints), **fields)


def narrowed(old: list[dict[str, object]], new: list[dict[str, object]], wider: list[dict[str, object]]) -> CounterExample:
    """A value type with a user whose constraint is changed."""
    return CounterExample(
        "value-type.narrowed", f"constraints[{new[-1]['key']}]", change(Kind.VALUE_TYPE, "age", constraints=new), [age(*old), *USED],
        change(Kind.VALUE_TYPE, "age", constraints=wider),
    )  # fmt: skip


TEXTS = [given.value_type("post", constraints=[{"key": "r", "type": "REGEX", "pattern": "a"}]), given.shared_property(valueType="ref:post")]
MOMENTS = [
    given.value_type("due", type={"base": "TIMESTAMP"}, constraints=[{"key": "r", "type": "RANGE", "min": "2020-01-01T00:00:00+09:00"}]),
    given.shared_property(type={"base": "TIMESTAMP"}, valueType="ref:due"),
]
PART = {"key": "k", "apiName": "part", "type": STRING}
STRUCTS = [
    given.value_type("both", type={"base": "STRUCT", "fields": [PART]}, constraints=[{"key": "c", "type": "STRUCT_FIELD", "field": "k", "constraint": {"key": "l", "type": "LENGTH", "max": 5}}]),
    given.shared_property(type={"base": "STRUCT", "fields": [PART]}, valueType="ref:both"),
]  # fmt: skip

VALUE_TYPES = [
    narrowed([], [{"key": "r", "type": "RANGE", "min": 0}], []),
    narrowed([{"key": "r", "type": "RANGE", "min": 0}], [{"key": "r", "type": "RANGE", "min": 1}], [{"key": "r", "type": "RANGE", "min": -1}]),
    narrowed([{"key": "r", "type": "RANGE", "max": 9}], [{"key": "r", "type": "RANGE", "max": 8}], [{"key": "r", "type": "RANGE", "max": 10}]),
    narrowed([{"key": "r", "type": "RANGE", "max": 9}], [{"key": "r", "type": "RANGE", "min": 0, "max": 9}], []),
    narrowed([{"key": "o", "type": "ONE_OF", "values": [1, 2]}], [{"key": "o", "type": "ONE_OF", "values": [1]}], [{"key": "o", "type": "ONE_OF", "values": [3, 2, 1]}]),
    CounterExample(
        "value-type.narrowed", "constraints[r]", change(Kind.VALUE_TYPE, "post", constraints=[{"key": "r", "type": "REGEX", "pattern": "b"}]), TEXTS,
        change(Kind.VALUE_TYPE, "post", constraints=[]),
    ),
    CounterExample(
        "value-type.narrowed", "constraints[r]", change(Kind.VALUE_TYPE, "due", constraints=[{"key": "r", "type": "RANGE", "min": "2019-12-31T15:00:01Z"}]), MOMENTS,
        change(Kind.VALUE_TYPE, "due", constraints=[{"key": "r", "type": "RANGE", "min": "2019-12-31T15:00:00Z"}]),
    ),
    CounterExample(
        "value-type.narrowed", "constraints[c]", change(Kind.VALUE_TYPE, "both", constraints=[{"key": "c", "type": "STRUCT_FIELD", "field": "k", "constraint": {"key": "l", "type": "LENGTH", "max": 4}}]),
        STRUCTS, change(Kind.VALUE_TYPE, "both", constraints=[{"key": "c", "type": "STRUCT_FIELD", "field": "k", "constraint": {"key": "l", "type": "LENGTH", "max": 6}}]),
    ),
    CounterExample(
        "value-type.retyped", "type", [*change(Kind.VALUE_TYPE, "age", type=STRING), *change(Kind.PROPERTY, "extra", type=STRING)],
        [*PERSON, own(ref="extra", type=LONG, valueType="ref:age"), age()], change(Kind.VALUE_TYPE, "age", displayName="Age"),
    ),
    CounterExample(
        "value-type.retyped", "type",
        [*change(Kind.VALUE_TYPE, "age", type={"base": "DATE"}, constraints=[{"key": "r", "type": "RANGE", "min": "2020-01-01"}]), *change(Kind.PROPERTY, "extra", type={"base": "DATE"})],
        [*PERSON, own(ref="extra", type=LONG, valueType="ref:age"), age({"key": "r", "type": "RANGE", "min": 1})],
    ),
    CounterExample("constraint.bounds", "constraints[r].min", change(Kind.VALUE_TYPE, "age", constraints=[{"key": "r", "type": "RANGE", "min": "x"}]), [age({"key": "r", "type": "RANGE", "min": 1}), *USED]),
]  # fmt: skip
