"""The document: export(import(export(x))) = export(x), byte for byte, in YAML and in JSON."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.change_set import Operation, Origin, Verb
from app.domain.closure import Closure
from app.domain.entity import Entity
from app.domain.errors import BadInput, NameTaken, StillReferenced, ValidationFailed
from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.domain.plan import plan
from app.domain.rid import mint
from app.transfer.document.entries import differences, entries_of_document, entries_of_writing
from app.transfer.document.form import FIELDS, PARTS, SECTIONS
from app.transfer.document.json_parsing import json_data
from app.transfer.document.parsing import yaml_data
from app.transfer.document.reading import operations_of
from app.transfer.document.text import json_of, yaml_of
from app.transfer.document.walk import rid_fields
from app.transfer.document.writing import Writing
from tests import given as given_
from tests.strategies import entities, ontologies

PROPERTY_TEST = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def as_yaml(held: list[Entity]) -> str:
    return "".join(yaml_of(Writing(held)))


def as_json(held: list[Entity]) -> str:
    return "".join(json_of(Writing(held)))


def applied(held: list[Entity], operations: tuple[Operation, ...]) -> list[Entity]:
    """What one change set of the operations makes of the entities, under every rule."""
    heads = {entity.rid: entity for entity in held}
    named = [replace(each, rid=each.rid or mint(each.kind)) for each in operations]
    outcome = plan(
        named,
        heads,
        {},
        Closure(held),
        {name.key: rid for rid, each in heads.items() for name in each.definition.names()},
        strict=True,
        origin=Origin.IMPORT,
    )
    outcome.or_raise()
    for change in outcome.changes:
        heads.pop(change.rid, None)
        if change.after is not None:
            heads[change.rid] = change.after
    return list(heads.values())


@PROPERTY_TEST
@given(ontologies(), st.randoms())
def test_what_is_written_reads_back_to_the_same_bytes(creations: list[Operation], chance: random.Random):
    held = entities(creations)
    written = as_yaml(held)
    chance.shuffle(held)
    assert as_yaml(held) == written

    from_yaml = applied([], operations_of(yaml_data(written), []))
    from_json = applied([], operations_of(json_data(as_json(held)), []))

    assert as_yaml(from_yaml) == written
    assert as_yaml(from_json) == written
    assert as_json(from_yaml) == as_json(held)


@PROPERTY_TEST
@given(ontologies())
def test_a_file_that_says_what_is_held_changes_nothing(creations: list[Operation]):
    held = entities(creations)
    for prune in (False, True):
        assert operations_of(yaml_data(as_yaml(held)), held, prune=prune) == ()


@PROPERTY_TEST
@given(ontologies(), ontologies())
def test_pruning_turns_any_ontology_into_the_one_of_the_file_unless_a_rule_of_steps_forbids_it(
    before: list[Operation], after: list[Operation]
):
    held, wanted = entities(before), entities(after)
    operations = operations_of(yaml_data(as_yaml(wanted)), held, prune=True)
    try:
        outcome = applied(held, operations)
    except (ValidationFailed, StillReferenced, NameTaken):
        return
    assert as_yaml(outcome) == as_yaml(wanted)


@PROPERTY_TEST
@given(ontologies())
def test_other_readers_of_yaml_see_what_the_json_says(creations: list[Operation]):
    held = entities(creations)
    read = yaml.safe_load(as_yaml(held))

    def same(one: object, other: object) -> None:
        if isinstance(one, dict):
            assert isinstance(other, dict)
            assert list(one) == list(other)
            for key, value in one.items():
                same(value, other[key])
        elif isinstance(one, list):
            assert isinstance(other, list)
            assert len(one) == len(other)
            for mine, theirs in zip(one, other, strict=True):
                same(mine, theirs)
        elif isinstance(one, float):
            assert float(other) == one  # YAML 1.1 reads 1e30 as a text
        else:
            assert one == other
            assert type(one) is type(other)

    same(json_data(as_json(held)), read)


def test_every_kind_has_a_section_or_is_part_of_another():
    assert set(KINDS) == set(SECTIONS.values()) | set(PARTS)
    assert list(SECTIONS) == ["objectTypes", "sharedProperties", "linkTypes", "interfaces", "actionTypes", "valueTypes", "typeGroups"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_that_holds_a_rid_says_which_kinds_it_may_name(kind: Kind):
    assert set(rid_fields(KINDS[kind])) <= set(FIELDS)


def test_a_mapping_that_names_a_shared_property_by_its_rid_is_written_by_its_key():
    creations = [
        given_.shared_property("email"),
        given_.interface("Reachable", properties=[{"key": "mail", "sharedProperty": "ref:email"}]),
        *given_.object_type("Person", properties={"email": {"type": {"base": "STRING"}, "sharedProperty": "ref:email"}}),
    ]
    shared = mint(Kind.SHARED_PROPERTY)
    implements = [{"interface": "ref:Reachable", "mapping": [{"interfaceProperty": shared, "property": "ref:Person.email"}]}]
    creations[0] = replace(creations[0], rid=shared)
    creations[2].fields["implements"] = implements
    held = applied([], tuple(creations))
    written = as_yaml(held)
    assert "interfaceProperty: mail" in written
    assert as_yaml(applied([], operations_of(yaml_data(written), []))) == written


PERSON = """format: oms-ontology/1
objectTypes:
  Person:
    displayName: Person
    primaryKey: Person.id
    properties:
      id:
        displayName: no
        type:
          base: STRING
"""


def test_a_file_written_by_hand_needs_no_positions_keys_or_rids():
    [person] = (each for each in applied([], operations_of(yaml_data(PERSON), [])) if each.kind is Kind.OBJECT_TYPE)
    assert person.definition.api_name == "Person"


def test_one_changed_field_of_the_file_is_one_operation_with_one_field():
    held = applied([], operations_of(yaml_data(PERSON), []))
    [operation] = operations_of(yaml_data(PERSON.replace("displayName: no", "displayName: yes")), held)
    assert (operation.verb, operation.kind, operation.fields) == (Verb.UPDATE, Kind.PROPERTY, {"displayName": "yes"})


def test_a_field_that_left_the_file_is_cleared():
    held = applied([], operations_of(yaml_data(PERSON.replace("    primaryKey", "    description: Gone\n    primaryKey")), []))
    [operation] = operations_of(yaml_data(PERSON), held)
    assert operation.fields == {"description": None}


def test_what_the_file_does_not_mention_goes_only_where_pruning_is_asked_for():
    held = applied([], operations_of(yaml_data(PERSON), []))
    assert operations_of({"format": "oms-ontology/1"}, held) == ()
    assert {each.verb for each in operations_of({"format": "oms-ontology/1"}, held, prune=True)} == {Verb.DELETE}
    assert applied(held, operations_of({"format": "oms-ontology/1"}, held, prune=True)) == []


def test_everything_wrong_with_a_file_is_said_at_once_with_its_place():
    text = (
        PERSON.replace("base: STRING", "base: TEXT")
        .replace("Person.id", "Person.key")
        .replace("    displayName: Person", "    displayName: Person\n    colour: red")
    )
    with pytest.raises(ValidationFailed) as refused:
        operations_of(yaml_data(text), [])
    assert {each.path for each in refused.value.violations} == {
        "objectTypes.Person.primaryKey",
        "objectTypes.Person.properties.id.type.base",
    } | {each.path for each in refused.value.violations if "colour" in each.path}


HOSTILE_YAML = {
    "an alias": ("a: &x [1]\nb: *x\n", "Line 1: anchors and aliases"),
    "a tag": ("a: !!python/object:os.system x\n", "Line 1: tags"),
    "a key twice": ("a: 1\nb: 2\na: 3\n", "Line 3: the key 'a' stands twice"),
    "a truncated text": ('a: "b\n', "Line "),
    "a tab": ("a:\n\tb: 1\n", "Line 2"),
    "two documents": ("a: 1\n---\nb: 2\n", "Line 2: one file holds one document"),
    "a map for a key": ("{a: 1}: b\n", "Line 1: a key is a text"),
    "much nesting": ("[" * 100_000, "levels deep"),
    "much nesting in blocks": ("".join(f"{' ' * place}a:\n" for place in range(200)), "levels deep"),
    "too large a number": ("a: 1\nb: 1e9999\n", "Line 2: 1e9999 is too large"),
    "a control character": ("a: \x01\n", ""),
}


@pytest.mark.parametrize("case", HOSTILE_YAML)
def test_hostile_yaml_is_refused_with_its_line(case: str):
    text, said = HOSTILE_YAML[case]
    with pytest.raises(BadInput) as refused:
        yaml_data(text)
    assert said in refused.value.message


HOSTILE_JSON = {
    "a key twice": ('{"a": 1, "a": 2}', "Line 1, column 10: the key 'a' stands twice"),
    "a truncated text": ('{\n"a": ', "Line 2, column 6"),
    "not a number": ('{"a": NaN}', "Line 1, column 7: NaN is not a number"),
    "infinity": ('{"a": [{"b": 1e9999}]}', "Line 1, column 14: 1e9999 is too large"),
    "much nesting": ("[" * 100_000, "Line 1, column 65: the file is nested"),
    "a little too much nesting": ("[" * 70 + "]" * 70, "Line 1, column 65"),
    "a key twice deep inside": ('{"a": {"b": {"c":\n [1, {"d": 1, "\\u0064": 2}]}}}', "Line 2, column 15: the key 'd' stands twice"),
    "a comma too many": ('{"a": [1,]}', "Line 1, column "),
    "something after the end": ("{}\n{}", "Line 2, column 1: this is not JSON: Extra data"),
    "nothing between two entries": ('{"a": {}\n "b": {}}', "Line 2, column 2: this is not JSON: Expecting ',' delimiter"),
    "a name without quotes": ("{a: 1}", "Line 1, column 2: this is not JSON: Expecting property name"),
    "a text that does not end": ('{"a": "b', "Line 1, column 7: this is not JSON: Unterminated string."),
    "very many digits": ("1" * 100_000, "Line 1, column 1: 1111"),
}


@pytest.mark.parametrize("case", HOSTILE_JSON)
def test_hostile_json_is_refused(case: str):
    text, said = HOSTILE_JSON[case]
    with pytest.raises(BadInput) as refused:
        json_data(text)
    assert said in refused.value.message


NO_ONTOLOGIES = (
    None,
    [],
    "a",
    1,
    {},
    {"format": "other"},
    {"format": "oms-ontology/1", "things": {}},
    {"format": "oms-ontology/1", "objectTypes": []},
    {"format": "oms-ontology/1", "objectTypes": {"A": 1}},
    {"format": "oms-ontology/1", "objectTypes": {"A": {"properties": [1]}}},
)


@pytest.mark.parametrize("document", NO_ONTOLOGIES)
def test_what_is_no_ontology_is_refused(document: object):
    with pytest.raises(BadInput):
        operations_of(document, [])


ACTION = """
format: oms-ontology/1
actionTypes:
  act:
    displayName: Act
    parameters:
    - key: p
      apiName: p
      type:
        base: {base}
      default: {default}
    criteria:
    - key: c
      message: Never.
      condition:
        key: r
        operator: EQUAL
        left:
          source: CONSTANT
          constant: {constant}
        right:
          source: CONSTANT
          constant: [1, [true]]
"""


@pytest.mark.parametrize(
    ("was", "now"), [("1", "true"), ("false", "0"), ("[1, [1]]", "[1, [true]]"), ('"1"', "1"), ("{a: 1}", "{a: true}")]
)
def test_values_that_only_python_takes_for_equal_are_a_change(was: str, now: str):
    held = applied([], operations_of(yaml_data(ACTION.format(base="LONG", default=1, constant=was)), []))
    wanted = yaml_data(ACTION.format(base="LONG", default=1, constant=now))

    [operation] = operations_of(wanted, held)
    [change] = differences(entries_of_writing(Writing(held)), entries_of_document(wanted))

    assert (operation.verb, list(operation.fields)) == (Verb.UPDATE, ["criteria"])
    assert change.fields
    assert operations_of(wanted, applied(held, (operation,))) == ()


def test_a_whole_number_written_with_a_point_is_no_change():
    held = applied([], operations_of(yaml_data(ACTION.format(base="DOUBLE", default=1, constant=1)), []))
    wanted = yaml_data(ACTION.format(base="DOUBLE", default="1.0", constant="1.0"))

    assert operations_of(wanted, held) == ()
    assert list(differences(entries_of_writing(Writing(held)), entries_of_document(wanted))) == []
