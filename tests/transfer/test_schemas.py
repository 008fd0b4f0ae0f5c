"""JSON Schema and GraphQL: valid whatever the ontology, each fact said or listed, and instances judged as the ontology would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLEnumType, build_schema, validate_schema
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from app.domain.change_set import Operation, Verb
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.transfer.document.writing import Writing
from app.transfer.outputs import Output, Written, written
from app.transfer.receipt import Loss
from tests import given as given_
from tests.strategies import entities, ontologies
from tests.transfer.test_document import PROPERTY_TEST, applied

SCHEMAS = [Output.JSON_SCHEMA, Output.GRAPHQL]


def exported(held: list[Entity], output: Output) -> tuple[str, Written]:
    made = written(Writing(held), output, "main")
    return "".join(made.pieces), made


def references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        for each in schema.values():
            yield from references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from references(each)


@settings(parent=PROPERTY_TEST, max_examples=30)
@given(ontologies())
def test_every_ontology_is_a_valid_schema_and_every_fact_is_accounted_for(creations: list[Operation]):
    held = entities(creations)
    facts = sum(len(each.definition.canonical()) for each in held)
    for output in SCHEMAS:
        text, made = exported(held, output)
        assert exported(list(reversed(held)), output)[0] == text
        assert made.receipt.statements == facts
        assert made.receipt.carried + made.receipt.listed == facts
        assert made.sidecar is None
        if output is Output.GRAPHQL:
            assert validate_schema(build_schema(text)) == []
        else:
            schema = json.loads(text)
            Draft202012Validator.check_schema(schema)
            validator = Draft202012Validator(schema)
            for reference in references(schema):
                validator.evolve(schema={"$ref": reference}).is_valid({})  # raises where it leads nowhere


def library() -> list[Entity]:
    email = {"key": "r", "type": "REGEX", "pattern": "^[^@]+@[^@]+$"}
    return applied(
        [],
        (
            given_.value_type("email", constraints=[email]),
            given_.value_type("colour", constraints=[{"key": "o", "type": "ONE_OF", "values": ["RED", "GREEN"]}]),
            given_.value_type("rank", type={"base": "INTEGER"}, constraints=[{"key": "n", "type": "RANGE", "min": 1, "max": 5}]),
            given_.shared_property("name", constraints=[{"key": "l", "type": "LENGTH", "min": 1, "max": 9}]),
            given_.interface(
                "Named",
                properties=[
                    {"key": "name", "sharedProperty": "ref:name", "required": True},
                    {"key": "k", "apiName": "note", "type": {"base": "STRING"}},
                ],
            ),
            *given_.object_type(
                "Person", description='Says """hello"""\nand more',
                implements=[
                    {
                        "interface": "ref:Named",
                        "mapping": [
                            {"interfaceProperty": "name", "property": "ref:Person.name"},
                            {"interfaceProperty": "k", "property": "ref:Person.note"},
                        ],
                    },
                ],
                properties={
                    "name": {"type": {"base": "STRING"}, "sharedProperty": "ref:name"},
                    "note": "STRING",
                    "email": {"type": {"base": "STRING"}, "valueType": "ref:email", "required": True},
                    "colour": {"type": {"base": "STRING"}, "valueType": "ref:colour"},
                    "rank": {"type": {"base": "INTEGER"}, "valueType": "ref:rank"},
                    "born": {"type": {"base": "DATE"}, "status": "DEPRECATED", "deprecation": {"message": 'Too "personal"'}},
                    "home": {"type": {"base": "STRUCT", "fields": [{"key": "s", "apiName": "street", "type": {"base": "STRING"}}]}},
                    "tags": {"type": {"base": "ARRAY", "of": {"base": "STRING"}}, "constraints": [{"key": "u", "type": "ARRAY_UNIQUE"}]},
                    "price": {"type": {"base": "DECIMAL", "precision": 5, "scale": 2}},
                    "small": "BYTE",
                    "place": "GEOPOINT",
                    "bossId": "STRING",
                },
            ),
            *given_.object_type("Date"),
            *given_.object_type("Node"),
            *given_.object_type("Query"),
            *given_.object_type("Email"),
            Operation(
                Verb.CREATE, Kind.LINK_TYPE, ref="boss",
                fields={
                    "apiName": "bossOf", "displayName": "Boss", "cardinality": "ONE_TO_MANY",
                    "backing": {"type": "FOREIGN_KEY", "property": "ref:Person.bossId"},
                    "a": {"objectType": "ref:Person", "apiName": "reports"}, "b": {"objectType": "ref:Person", "apiName": "boss"},
                },
            ),
        ),
    )  # fmt: skip


GOOD: dict[str, Any] = {"id": "1", "name": "Ada", "email": "a@b"}
INSTANCES: dict[str, tuple[dict[str, Any], bool]] = {
    "the least": ({}, True),
    "all": (
        {"colour": "RED", "rank": 5, "born": "2026-01-01", "home": {"street": "A"}, "tags": ["a", "b"], "price": "-123.45", "small": -128,
         "place": {"type": "Point", "coordinates": [1, 2]}, "reports": ["2", "3"], "boss": "4", "note": ""},
        True,
    ),
    "no key": ({"id": None}, False),
    "a value outside of the list": ({"colour": "BLUE"}, False),
    "a pattern": ({"email": "ab"}, False),
    "a shared property's length": ({"name": "0123456789"}, False),
    "a range": ({"rank": 6}, False),
    "a text for a number": ({"rank": "1"}, False),
    "a byte": ({"small": 128}, False),
    "too many digits": ({"price": "1234.5"}, False),
    "a part too many": ({"home": {"street": "A", "town": "B"}}, False),
    "a tag twice": ({"tags": ["a", "a"]}, False),
    "something unknown": ({"other": 1}, False),
    "many for one": ({"boss": ["4"]}, False),
}  # fmt: skip


@pytest.mark.parametrize("case", INSTANCES)
def test_instances_are_judged_as_the_ontology_would(case: str):
    fields, valid = INSTANCES[case]
    schema = json.loads(exported(library(), Output.JSON_SCHEMA)[0])
    person = Draft202012Validator({**schema, "$ref": "#/$defs/Person"})
    assert person.is_valid(GOOD | fields) is valid


def test_what_is_required_by_an_interface_is_required():
    schema = json.loads(exported(library(), Output.JSON_SCHEMA)[0])
    person = Draft202012Validator({**schema, "$ref": "#/$defs/Person"})
    assert not person.is_valid({"id": "1", "email": "a@b"})


def test_graphql_has_the_types_fields_and_links():
    schema = build_schema(exported(library(), Output.GRAPHQL)[0])
    person = schema.type_map["Person"]
    fields = {name: str(each.type) for name, each in person.fields.items()}
    assert fields["name"] == "String!"
    assert fields["email"] == "EmailValue!"
    assert fields["home"] == "Home"
    assert (fields["reports"], fields["boss"], fields["tags"], fields["price"]) == ("[Person!]", "Person", "[String!]", "Decimal")
    assert {each.name for each in person.interfaces} == {"NodeInterface", "Named"}
    assert isinstance(schema.type_map["Colour"], GraphQLEnumType)
    assert person.fields["born"].deprecation_reason == 'Too "personal"'
    assert str(person.fields["born"].type) == "DateScalar"
    assert person.description == 'Person\n\nSays """hello"""\nand more'


def test_names_that_collide_are_changed_alike_each_time_and_listed():
    _, made = exported(library(), Output.GRAPHQL)
    changed = [(line.subject, line.sentence) for line in made.receipt.lines if line.code is Loss.NAME_CHANGED]
    assert changed == [("object type Query", "Its type is named QueryType."), ("value type email", "Its type is named EmailValue.")]


def test_a_pattern_that_only_re2_reads_is_listed():
    held = applied([], (given_.value_type("loose", constraints=[{"key": "r", "type": "REGEX", "pattern": "(?i)a\\z"}]),))
    text, made = exported(held, Output.JSON_SCHEMA)
    assert "pattern" not in text
    assert [line.code for line in made.receipt.lines] == [Loss.CONSTRAINT_NOT_SAID]
