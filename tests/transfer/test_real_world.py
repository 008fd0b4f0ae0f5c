"""Ontologies in the manner of those that people import: a vocabulary, an OWL ontology, a thesaurus, opaque codes."""

from __future__ import annotations

from collections import Counter

import pytest

from app.domain.kind import Kind
from app.transfer.files import read
from app.transfer.rdf.mapping import Mapped
from app.transfer.receipt import Code
from tests.transfer.rdf import broken, fields, names
from tests.transfer.real_world import REAL


def made_of(name: str, *languages: str) -> Mapped:
    content, form = REAL[name]
    made = read(content, form, languages=languages or ("en",))
    assert isinstance(made, Mapped)
    return made


def listed(made: Mapped) -> dict[Code, int]:
    return dict(
        Counter({line.code: 0 for line in made.receipt.lines}) | Counter({code: count for code, _, count in made.receipt.by_code()})
    )


@pytest.mark.parametrize("name", REAL)
def test_every_statement_is_accounted_for_and_no_rule_is_broken(name: str):
    made = made_of(name)
    assert made.receipt.carried + made.receipt.listed == made.receipt.statements
    assert Code.NOT_UNDERSTOOD not in {line.code for line in made.receipt.lines}
    assert broken(made.operations) == []
    assert made == made_of(name)


def test_a_vocabulary_of_people_in_rdf_xml():
    made = made_of("people")
    assert names(made, Kind.OBJECT_TYPE) == ["Agent", "Organization", "Person"]
    assert names(made, Kind.INTERFACE) == ["AgentInterface"]
    assert names(made, Kind.LINK_TYPE) == ["organizationMember", "personKnows"]
    assert fields(made, "link-type:organizationMember")["b"]["apiName"] == "memberOf"
    assert fields(made, "object-type:Organization")["description"] == "Caf\u00e9s too."
    assert fields(made, "object-type:Agent")["annotations"] == {"http://status.example/ns#term_status": [{"text": "stable"}]}
    assert fields(made, "property:Agent.birthday")["type"] == {"base": "DATE"}
    assert {code: count for code, _, count in made.receipt.by_code() if count} == {
        Code.PROPERTY_CHARACTERISTIC: 1, Code.RANGE_NOT_CARRIED: 1, Code.EQUIVALENCE: 1, Code.DISJOINTNESS: 1, Code.ONTOLOGY_HEADER: 2,
    }  # fmt: skip


def test_an_owl_ontology_of_pizzas():
    made = made_of("pizza", "ko")
    pizza = fields(made, "object-type:Pizza")
    assert (pizza["displayName"], pizza["translations"]) == ("\ud53c\uc790", {"en": {"displayName": "Pizza"}})
    assert pizza["description"] == "A baked dish."
    assert fields(made, "value-type:spiciness")["constraints"] == [{"key": "oneOf", "type": "ONE_OF", "values": ["Hot", "Medium", "Mild"]}]
    assert fields(made, "property:PizzaTopping.hasSpiciness")["valueType"] == "ref:value-type:spiciness"
    assert fields(made, "object-type:MeatyPizza")["implements"] == [{"interface": "ref:interface:PizzaInterface"}]
    assert fields(made, "object-type:IceCream")["status"] == "DEPRECATED"
    base, topping = fields(made, "link-type:pizzaHasBase"), fields(made, "link-type:pizzaHasTopping")
    assert (base["cardinality"], base["a"]["objectType"]) == ("ONE_TO_MANY", "ref:object-type:PizzaBase")
    assert (topping["cardinality"], topping["a"]["objectType"]) == ("ONE_TO_MANY", "ref:object-type:Pizza")
    assert set(names(made, Kind.SHARED_PROPERTY)) == {"hasCalories", "hasSpiciness"}
    codes = {line.code for line in made.receipt.lines}
    assert codes >= {Code.CLASS_EXPRESSION, Code.DISJOINTNESS, Code.IMPORT_NOT_FETCHED, Code.SUB_PROPERTY, Code.PROPERTY_CHARACTERISTIC}


def test_a_thesaurus_of_colours_in_json_ld():
    made = made_of("colours")
    scheme = fields(made, "value-type:scheme")
    assert (scheme["displayName"], scheme["translations"]) == ("Colours", {"ko": {"displayName": "\uc0c9"}})
    assert scheme["constraints"] == [{"key": "oneOf", "type": "ONE_OF", "values": ["burnt orange", "red", "warm"]}]
    assert len(made.operations) == 1
    assert {line.code for line in made.receipt.lines} == {Code.INDIVIDUAL}


def test_genes_with_opaque_codes_are_named_after_their_labels():
    made = made_of("genes")
    assert names(made, Kind.OBJECT_TYPE) == ["BiologicalProcess", "CellularProcess", "CellularProcess2", "Reproduction"]
    old = fields(made, "object-type:CellularProcess2")
    assert old["sourceIri"].endswith("GX_0000004"), "the live one has the name"
    assert old["deprecation"] == {"message": "Superseded by GX_0009987.", "replacedBy": "ref:object-type:CellularProcess"}
    part_of = fields(made, "link-type:reproductionPartOf")
    assert part_of["b"]["objectType"] == "ref:object-type:CellularProcess"
    assert Code.ENDS_FROM_RESTRICTIONS in {line.code for line in made.receipt.lines}
