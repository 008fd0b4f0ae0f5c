"""The mapping of RDF, rule by rule, on small files."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from rdflib import Graph

from app.domain.change_set import Operation, Origin
from app.domain.closure import Closure
from app.domain.errors import BadInput
from app.domain.kind import Kind
from app.domain.plan import plan
from app.domain.rid import mint
from app.transfer.rdf.mapping import Mapped, mapped
from app.transfer.rdf.naming import Names, camel, is_opaque, pascal
from app.transfer.rdf.reading import graph_of
from app.transfer.receipt import Code

PREFIXES = """
@prefix : <https://example.org/o#> .
@prefix other: <https://other.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://example.org/o> a owl:Ontology .
"""


def read(turtle: str, *languages: str) -> Mapped:
    """The mapping of a small file; whatever it holds, every statement is accounted for and no rule is broken."""
    made = mapped(graph_of((PREFIXES + turtle).encode()), languages=languages or ("en",))
    assert made.receipt.carried + made.receipt.listed == made.receipt.statements
    assert not [line for line in made.receipt.lines if line.code is Code.NOT_UNDERSTOOD]
    assert broken(made.operations) == []
    return made


def broken(operations: tuple[Operation, ...]) -> list[str]:
    named = [replace(each, rid=mint(each.kind)) for each in operations]
    outcome = plan(named, {}, {}, Closure(), {}, strict=True, origin=Origin.IMPORT)
    return [f"{each.rule}: {each.message}" for each in outcome.violations]


def names(made: Mapped, kind: Kind) -> list[str]:
    return sorted(each.fields["apiName"] for each in made.operations if each.kind is kind)


def fields(made: Mapped, ref: str) -> dict[str, Any]:
    [found] = (each.fields for each in made.operations if each.ref == ref)
    return found


def codes(made: Mapped) -> set[tuple[Code, str]]:
    return {(line.code, line.subject.rpartition("#")[2]) for line in made.receipt.lines}


def test_a_class_is_an_object_type_with_a_generated_key():
    made = read(':Person a owl:Class ; rdfs:label "Person" ; rdfs:comment "Somebody." .')
    person = fields(made, "object-type:Person")
    key = fields(made, "property:Person.iri")
    assert (person["displayName"], person["description"], person["sourceIri"]) == ("Person", "Somebody.", "https://example.org/o#Person")
    assert person["primaryKey"] == person["titleProperty"] == "ref:property:Person.iri"
    assert (key["type"], key["required"]) == ({"base": "STRING"}, True)
    assert key["annotations"] == {"urn:oms:generated": [{"text": "primary key"}]}


@pytest.mark.parametrize(
    ("local", "name"),
    [
        ("person", "Person"), ("3DModel", "Type3DModel"), ("Property", "PropertyTerm"), ("F31_Performance", "F31Performance"),
        ("Caf%C3%A9", "CafC3A9"), ("Stra\u00dfe", "Strae"), ("Caf\u00e9", "Cafe"), ("object", "ObjectTerm"),
    ],
)  # fmt: skip
def test_a_name_is_pascal_case_and_never_reserved(local: str, name: str):
    assert names(read(f"<https://example.org/o#{local}> a owl:Class ."), Kind.OBJECT_TYPE) == [name]


def test_a_class_with_an_opaque_code_is_named_after_its_label_in_the_wished_language():
    turtle = ':GO_0008150 a owl:Class ; rdfs:label "biological process"@en , "proceso biol\u00f3gico"@es .'
    assert names(read(turtle), Kind.OBJECT_TYPE) == ["BiologicalProcess"]
    made = read(turtle, "es")
    assert names(made, Kind.OBJECT_TYPE) == ["ProcesoBiologico"]
    assert fields(made, "object-type:ProcesoBiologico")["translations"] == {"en": {"displayName": "biological process"}}


def test_of_colliding_names_the_live_and_unchanged_one_comes_first():
    made = read(":a-b a owl:Class . :AB a owl:Class . :aB a owl:Class ; owl:deprecated true .")
    by_iri = {
        each.fields["sourceIri"][-3:].lstrip("#/o"): each.fields["apiName"] for each in made.operations if each.kind is Kind.OBJECT_TYPE
    }
    assert by_iri == {"AB": "AB", "a-b": "AB2", "aB": "AB3"}
    assert {(Code.RENAMED, "a-b"), (Code.RENAMED, "aB")} <= codes(made)


def test_names_in_another_script_get_a_name_that_stays():
    one = names(read("<https://example.org/o#\uc0ac\ub78c> a owl:Class ."), Kind.OBJECT_TYPE)
    assert one == names(read("<https://example.org/o#\uc0ac\ub78c> a owl:Class ; rdfs:label '\uc0ac\ub78c'@ko ."), Kind.OBJECT_TYPE)
    assert one[0].startswith("Type")


def test_a_class_with_subclasses_is_an_interface_that_those_implement():
    made = read(":Agent a owl:Class . :Person a owl:Class ; rdfs:subClassOf :Agent . :Author a owl:Class ; rdfs:subClassOf :Person .")
    assert names(made, Kind.INTERFACE) == ["AgentInterface", "PersonInterface"]
    assert fields(made, "interface:PersonInterface")["extends"] == ["ref:interface:AgentInterface"]
    implemented = {
        name: [each["interface"] for each in fields(made, f"object-type:{name}")["implements"]] for name in ("Agent", "Person", "Author")
    }
    assert implemented == {
        "Agent": ["ref:interface:AgentInterface"], "Person": ["ref:interface:PersonInterface"], "Author": ["ref:interface:PersonInterface"],
    }  # fmt: skip


def test_named_members_of_an_intersection_are_superclasses():
    made = read(":A a owl:Class . :B a owl:Class . :C a owl:Class ; rdfs:subClassOf [ owl:intersectionOf ( :A :B ) ] .")
    assert len(fields(made, "object-type:C")["implements"]) == 2


def test_a_cycle_is_cut_at_one_edge_always_the_same():
    made = read(":A a owl:Class ; rdfs:subClassOf :C . :B a owl:Class ; rdfs:subClassOf :A . :C a owl:Class ; rdfs:subClassOf :B .")
    assert [line.subject[-1] for line in made.receipt.lines if line.code is Code.CYCLE_CUT] == ["B"]


def test_an_enumeration_is_a_value_type_with_its_members():
    made = read(":Colour a owl:Class ; owl:oneOf ( :Red :Green ) . :Red a :Colour . :Green a :Colour ; rdfs:label 'green' .")
    assert fields(made, "value-type:colour")["constraints"] == [{"key": "oneOf", "type": "ONE_OF", "values": ["Green", "Red"]}]
    assert names(made, Kind.OBJECT_TYPE) == []
    assert (Code.INDIVIDUAL, "Green") in codes(made)


@pytest.mark.parametrize(
    "turtle",
    [
        ":Colour a owl:Class ; rdfs:subClassOf schema:Enumeration . :Red a :Colour . :hue a rdf:Property ; rdfs:domain :Colour .",
        ":Colour a owl:Class ; rdfs:subClassOf schema:Enumeration .",
        ":Colour a owl:Class ; rdfs:subClassOf schema:Enumeration . "
        + " ".join(f":c{each} a :Colour ." for each in range(1_001)),
    ],
)  # fmt: skip
def test_an_enumeration_that_cannot_be_a_list_stays_an_object_type(turtle: str):
    made = read(f"schema:Enumeration a owl:Class ; rdfs:label 'Enumeration' . {turtle}")
    assert "Colour" in names(made, Kind.OBJECT_TYPE)
    assert (Code.ENUMERATION_AS_OBJECT_TYPE, "Colour") in codes(made)


@pytest.mark.parametrize(
    ("datatype", "base"),
    [("integer", "LONG"), ("dateTime", "TIMESTAMP"), ("boolean", "BOOLEAN"), ("float", "FLOAT"), ("anyURI", "STRING"), ("gYear", "STRING")],
)
def test_built_in_datatypes_are_base_types(datatype: str, base: str):
    made = read(f":A a owl:Class . :p a owl:DatatypeProperty ; rdfs:domain :A ; rdfs:range xsd:{datatype} .")
    assert fields(made, "property:A.p")["type"] == {"base": base}
    assert ((Code.TYPE_WITHOUT_EQUAL, "p") in codes(made)) == (datatype == "gYear")


@pytest.mark.parametrize(
    ("ranges", "base"),
    [
        ("xsd:int , xsd:long", "LONG"), ("xsd:float , xsd:int", "DOUBLE"), ("xsd:decimal , xsd:int", "DECIMAL"),
        ("xsd:date , xsd:dateTime", "TIMESTAMP"),
        ("xsd:date , xsd:int", "STRING"), ("xsd:decimal , xsd:double", "DOUBLE"), ("xsd:string , xsd:anyURI", "STRING"),
    ],
)  # fmt: skip
def test_several_data_ranges_become_the_narrowest_type_that_holds_all(ranges: str, base: str):
    made = read(f":A a owl:Class . :p a rdf:Property ; rdfs:domain :A ; schema:rangeIncludes {ranges} .")
    assert fields(made, "property:A.p")["type"]["base"] == base
    assert (Code.TYPE_WIDENED, "p") in codes(made)


def test_a_datatype_of_the_file_is_a_value_type_with_its_facets():
    made = read(
        ":Age a rdfs:Datatype ; owl:equivalentClass [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; "
        "owl:withRestrictions ( [ xsd:minInclusive 0 ] [ xsd:maxExclusive 150 ] ) ] . "
        ":Code a rdfs:Datatype ; owl:onDatatype xsd:string ; owl:withRestrictions ( [ xsd:pattern '[A-Z]+' ] [ xsd:length 3 ] ) . "
        ":Odd a rdfs:Datatype ; owl:onDatatype xsd:string ; owl:withRestrictions ( [ xsd:pattern '(?=a)' ] ) . "
        ":Size a rdfs:Datatype ; owl:equivalentClass [ a rdfs:Datatype ; owl:oneOf ( 'S' 'M' ) ] . "
        ":A a owl:Class . :age a owl:DatatypeProperty ; rdfs:domain :A ; rdfs:range :Age ."
    )
    assert (fields(made, "value-type:age")["type"], fields(made, "value-type:age")["constraints"]) == (
        {"base": "LONG"}, [{"key": "range", "type": "RANGE", "min": 0, "max": 149}],
    )  # fmt: skip
    assert fields(made, "value-type:code")["constraints"] == [
        {"key": "regex", "type": "REGEX", "pattern": "^(?:[A-Z]+)$"}, {"key": "length", "type": "LENGTH", "min": 3, "max": 3},
    ]  # fmt: skip
    assert fields(made, "value-type:size")["constraints"] == [{"key": "oneOf", "type": "ONE_OF", "values": ["S", "M"]}]
    assert "constraints" not in fields(made, "value-type:odd"), "RE2 has no look-ahead"
    assert fields(made, "property:A.age")["valueType"] == "ref:value-type:age"
    assert (Code.CLASS_EXPRESSION, "Odd") in codes(made)
    assert (Code.CLASS_EXPRESSION, "Age") not in codes(made)


def test_ends_that_are_missing_are_taken_from_restrictions_pair_by_pair():
    made = read(
        ":A a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ] . :B a owl:Class . "
        ":C a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :D ] . :D a owl:Class . "
        ":p a owl:ObjectProperty . :q a owl:ObjectProperty ; rdfs:range :B ."
    )
    assert names(made, Kind.LINK_TYPE) == ["aPB", "cPD"]
    assert {(Code.ENDS_FROM_RESTRICTIONS, "p"), (Code.PROPERTY_NOT_CARRIED, "q")} <= codes(made)


def test_a_property_of_several_domains_or_of_an_interface_follows_a_shared_one():
    made = read(
        ":A a owl:Class . :B a owl:Class . :C a owl:Class ; rdfs:subClassOf :A . :one a owl:DatatypeProperty ; rdfs:domain :C . "
        ":two a owl:DatatypeProperty ; schema:domainIncludes :B , :C . "
        ":above a owl:DatatypeProperty ; rdfs:domain :A . :none a owl:DatatypeProperty ."
    )
    assert names(made, Kind.SHARED_PROPERTY) == ["above", "none", "two"]
    assert "sharedProperty" not in fields(made, "property:C.one")
    assert fields(made, "property:B.two")["sharedProperty"] == "ref:shared-property:two"
    assert fields(made, "interface:AInterface")["properties"] == [{"key": "above", "sharedProperty": "ref:shared-property:above"}]
    assert fields(made, "object-type:A")["implements"] == [
        {"interface": "ref:interface:AInterface", "mapping": [{"interfaceProperty": "above", "property": "ref:property:A.above"}]},
    ]
    assert not [each for each in made.operations if each.ref == "property:C.above"], "nothing inherited is copied"


def test_an_own_property_that_a_superclass_has_too_implements_it():
    made = read(":A a owl:Class . :B a owl:Class ; rdfs:subClassOf :A . :p a owl:DatatypeProperty ; schema:domainIncludes :A , :B .")
    assert fields(made, "object-type:B")["implements"][0]["mapping"] == [{"interfaceProperty": "p", "property": "ref:property:B.p"}]


def test_a_generated_key_avoids_the_names_that_are_inherited():
    made = read(":A a owl:Class . :B a owl:Class ; rdfs:subClassOf :A . :iri a owl:DatatypeProperty ; rdfs:domain :A .")
    assert fields(made, "object-type:B")["primaryKey"] == "ref:property:B.iri2"


def test_the_title_is_the_name_the_title_or_the_label():
    made = read(":A a owl:Class . :label a owl:DatatypeProperty ; rdfs:domain :A . :title a owl:DatatypeProperty ; rdfs:domain :A .")
    assert fields(made, "object-type:A")["titleProperty"] == "ref:property:A.title"


def test_a_class_range_is_a_link_type_for_each_pair():
    made = read(
        ":A a owl:Class . :B a owl:Class . :C a owl:Class . :p a rdf:Property ; "
        "schema:domainIncludes :A , :B ; schema:rangeIncludes :B , :C ."
    )
    assert names(made, Kind.LINK_TYPE) == ["aPB", "aPC", "bPB", "bPC"]
    link = fields(made, "link-type:aPB")
    assert (link["a"]["apiName"], link["b"]["apiName"]) == ("pB", "pOfA")
    assert (link["cardinality"], link["backing"]) == ("MANY_TO_MANY", {"type": "JOIN"})


def test_a_property_with_data_and_class_ranges_is_both():
    made = read(":A a owl:Class . :B a owl:Class . :p a rdf:Property ; rdfs:domain :A ; schema:rangeIncludes :B , xsd:string .")
    assert fields(made, "property:A.p")["type"] == {"base": "STRING"}
    assert fields(made, "link-type:aPB")["a"]["apiName"] == "pB"


def test_a_pair_of_inverses_is_one_link_type():
    made = read(
        ":A a owl:Class . :B a owl:Class . :has a owl:ObjectProperty ; rdfs:domain :A ; rdfs:range :B ; owl:inverseOf :partOf . "
        ":partOf a owl:ObjectProperty ; rdfs:domain :B ; rdfs:range :A ; rdfs:comment 'The whole.' ."
    )
    assert names(made, Kind.LINK_TYPE) == ["aHas"]
    link = fields(made, "link-type:aHas")
    assert [link[side]["apiName"] for side in "ab"] == ["has", "partOf"]
    assert link["annotations"] == {
        "http://www.w3.org/2000/01/rdf-schema#comment": [{"text": "The whole."}],
        "http://www.w3.org/2002/07/owl#inverseOf": [{"text": "https://example.org/o#partOf"}],
    }


def test_a_symmetric_property_is_one_link_type():
    made = read(
        ":A a owl:Class . :B a owl:Class . :near a owl:SymmetricProperty ; schema:domainIncludes :A , :B ; schema:rangeIncludes :A , :B ."
    )
    assert len(names(made, Kind.LINK_TYPE)) == 3


@pytest.mark.parametrize(
    ("kinds", "cardinality", "holder", "ends"),
    [
        ("owl:FunctionalProperty", "ONE_TO_MANY", "A.pIri", ("B", "A")),
        ("owl:InverseFunctionalProperty", "ONE_TO_MANY", "B.pOfAIri", ("A", "B")),
        ("owl:FunctionalProperty , owl:InverseFunctionalProperty", "ONE_TO_ONE", "A.pIri", ("A", "B")),
    ],
)
def test_a_functional_property_is_backed_by_a_foreign_key_on_the_many_side(
    kinds: str, cardinality: str, holder: str, ends: tuple[str, str]
):
    made = read(f":A a owl:Class . :B a owl:Class . :p a owl:ObjectProperty , {kinds} ; rdfs:domain :A ; rdfs:range :B .")
    link = fields(made, "link-type:aP")
    assert (link["cardinality"], link["backing"]) == (cardinality, {"type": "FOREIGN_KEY", "property": f"ref:property:{holder}"})
    assert tuple(link[side]["objectType"].rpartition(":")[2] for side in "ab") == ends


def test_a_link_of_an_interface_is_an_optional_constraint_that_is_not_repeated_below():
    made = read(
        ":A a owl:Class . :B a owl:Class ; rdfs:subClassOf :A . :C a owl:Class ; rdfs:subClassOf :B . :T a owl:Class . "
        ":p a owl:ObjectProperty ; schema:domainIncludes :A , :B ; rdfs:range :T ."
    )
    assert fields(made, "interface:AInterface")["links"] == [
        {"key": "p", "apiName": "p", "displayName": "p", "target": "ref:object-type:T"}
    ]
    assert "links" not in fields(made, "interface:BInterface")
    assert names(made, Kind.LINK_TYPE) == ["aP", "bP"]


def test_two_constraints_of_one_name_that_meet_below_get_different_names():
    made = read(
        ":A a owl:Class . :B a owl:Class . :AB a owl:Class ; rdfs:subClassOf :A , :B . "
        ":Z a owl:Class ; rdfs:subClassOf :AB . :T a owl:Class . "
        ":p a owl:ObjectProperty ; schema:domainIncludes :A , :B ; rdfs:range :T ."
    )
    assert [fields(made, f"interface:{name}Interface")["links"][0]["apiName"] for name in "AB"] == ["p", "pOfB"]
    assert (Code.LINK_CONSTRAINT_RENAMED, "p") in codes(made)


def test_what_is_deprecated_says_what_replaces_it():
    made = read(
        ":A a owl:Class . :old a rdf:Property ; rdfs:domain :A ; rdfs:range xsd:string ; schema:supersededBy :new . "
        ":new a rdf:Property ; rdfs:domain :A ; rdfs:range xsd:string . :Gone a owl:Class , owl:DeprecatedClass ."
    )
    old = fields(made, "property:A.old")
    assert (old["status"], old["deprecation"]) == ("DEPRECATED", {"message": "Superseded by new.", "replacedBy": "ref:property:A.new"})
    assert fields(made, "object-type:Gone")["status"] == "DEPRECATED"


def test_terms_of_other_ontologies_that_are_only_mentioned_are_listed():
    made = read(
        ":A a owl:Class ; owl:equivalentClass other:A ; rdfs:subClassOf other:Top . "
        "other:A a owl:Class . other:Known a owl:Class ; rdfs:label 'Known' ."
    )
    assert names(made, Kind.OBJECT_TYPE) == ["A", "Known"]
    assert {Code.EXTERNAL_MENTION, Code.EQUIVALENCE, Code.SUPERCLASS_NOT_CARRIED} <= {line.code for line in made.receipt.lines}


def test_a_term_of_the_home_namespace_that_is_used_as_a_class_is_one():
    made = read(":A a owl:Class . :p a rdf:Property ; schema:domainIncludes :A , :Missing .")
    assert names(made, Kind.OBJECT_TYPE) == ["A", "Missing"]
    assert (Code.IMPLIED_TERM, "Missing") in codes(made)


def test_imports_are_listed_and_never_fetched():
    made = read("<https://example.org/o> owl:imports <https://other.example/o> . :A a owl:Class .")
    assert (Code.IMPORT_NOT_FETCHED, "https://example.org/o") in codes(made)


def test_expressions_characteristics_and_axioms_are_listed():
    made = read(
        ":A a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; "
        "owl:someValuesFrom :B ] ; owl:disjointWith :B . :B a owl:Class . "
        ":p a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:domain :A ; "
        "rdfs:range :B ; rdfs:subPropertyOf :q . :q a owl:ObjectProperty . :i a :A ."
    )
    assert {
        (Code.CLASS_EXPRESSION, "A"), (Code.DISJOINTNESS, "A"), (Code.PROPERTY_CHARACTERISTIC, "p"), (Code.SUB_PROPERTY, "p"),
        (Code.PROPERTY_NOT_CARRIED, "q"), (Code.INDIVIDUAL, "i"),
    } <= codes(made)  # fmt: skip


def test_a_union_as_a_domain_stands_for_its_members():
    made = read(
        ":A a owl:Class . :B a owl:Class . :p a owl:DatatypeProperty ; "
        "rdfs:domain [ a owl:Class ; owl:unionOf ( :A :B ) ] ; rdfs:range xsd:int ."
    )
    assert [each.ref for each in made.operations if each.fields["apiName"] == "p"] == ["shared-property:p", "property:A.p", "property:B.p"]
    assert not [line for line in made.receipt.lines if line.statements and line.code is Code.CLASS_EXPRESSION]


def test_other_literals_are_annotations_and_other_iris_become_texts():
    made = read(":A a owl:Class ; skos:note 'one'@en , 'two' ; rdfs:seeAlso <https://example.org/more> .")
    annotations = fields(made, "object-type:A")["annotations"]
    assert annotations["http://www.w3.org/2004/02/skos/core#note"] == [{"text": "one", "language": "en"}, {"text": "two"}]
    assert annotations["http://www.w3.org/2000/01/rdf-schema#seeAlso"] == [{"text": "https://example.org/more"}]
    assert (Code.IRI_AS_TEXT, "A") in codes(made)


def test_texts_that_no_definition_may_hold_are_mended_and_listed():
    made = read(f':A a owl:Class ; rdfs:label "{"x" * 300}" ; rdfs:comment "a\u202eb" .')
    object_type = fields(made, "object-type:A")
    assert (len(object_type["displayName"]), object_type["description"]) == (200, "ab")
    assert (Code.TEXT_CHANGED, "A") in codes(made)


def test_very_long_names_stay_within_their_bounds():
    long = "A" * 99 + "b" * 50
    read(
        f":{long} a owl:Class . :{long}c a owl:Class ; rdfs:subClassOf :{long} . "
        f":{long.lower()} a rdf:Property ; rdfs:domain :{long} ; schema:rangeIncludes :{long}c , xsd:int ."
    )


def test_the_order_of_the_statements_leaves_no_trace():
    turtle = PREFIXES + (
        ":A a owl:Class ; rdfs:label 'a' , 'b' , 'c'@fr . :B a owl:Class ; "
        "rdfs:subClassOf :A , [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue 3 ] , "
        "[ a owl:Restriction ; owl:onProperty :p ; owl:hasValue 4 ] . :C a owl:Class ; "
        "rdfs:subClassOf :B . :p a rdf:Property ; schema:domainIncludes :A , :B , :C ; "
        "schema:rangeIncludes :A , :B , xsd:int , xsd:string ; schema:inverseOf :q . "
        ":q a rdf:Property ; schema:domainIncludes :A , :B ; schema:rangeIncludes :C ."
    )
    first = mapped(graph_of(turtle.encode()))
    for seed in range(10):
        statements = list(graph_of(turtle.encode()))
        random.Random(seed).shuffle(statements)
        graph = Graph()
        for statement in statements:
            graph.add(statement)
        assert mapped(graph) == first


HOSTILE = {
    "nothing": (b"", "holds no statements"),
    "another encoding": ("<a> <b> 'ä' .".encode("latin-1"), "Line 1: the file is not encoded in UTF-8"),
    "UTF-16": ("<a> <b> <c> .".encode("utf-16"), "UTF-16"),
    "a NUL": (b"<a:a> <a:b> <a:c> .\n\0", "Line 2: the file holds a NUL"),
    "a truncated statement": (b"<a:a> <a:b> <a:c> .\n<a:a> <a:b>", "Line 2"),
    "a truncated text": (b'<a:a> <a:b> """abc', "ine"),
    "a truncated IRI": (b"<a:a> <a:b> <a:c", "ine"),
    "an unknown prefix": (b"<a:a> <a:b> c:d .", "Line 1"),
    "much nesting": (b"<a:a> <a:b> " + b"[ <a:b> " * 100_000, "nested too deeply"),
    "many lists": (b"<a:a> <a:b> " + b"( " * 100_000, "nested too deeply"),
    "no Turtle at all": (b'{"a": 1}', "Line 1"),
    "XML": (b"<?xml version='1.0'?><rdf:RDF/>", "Line 1"),
    "an image": (b"\x89PNG\r\n\x1a\n\x00", "not encoded in UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_cannot_be_read_is_said_in_one_sentence_with_its_line(case: str):
    content, said = HOSTILE[case]
    with pytest.raises(BadInput) as refused:
        graph_of(content)
    assert said in refused.value.message
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 300


def test_the_forms_of_names():
    assert [camel(each) for each in ("Person", "APIReference", "URL", "hasPart", "3DModel", "is_a")] == [
        "person", "apiReference", "url", "hasPart", "type3DModel", "isA",
    ]  # fmt: skip
    assert pascal("has part") == "HasPart"
    assert [is_opaque(each) for each in ("GO_0008150", "P31", "C123", "3DModel", "F31_Performance", "isicV4")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    taken = Names(["A"])
    assert [taken.take("a"), taken.take("A"), taken.take("link")] == ["a2", "A3", "linkTerm"]
