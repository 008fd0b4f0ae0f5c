"""What the mapping of RDF lists in place of carrying it, and what it refuses."""

from __future__ import annotations

import random

from rdflib import Graph

from app.domain.kind import Kind
from app.transfer.rdf.mapping import mapped
from app.transfer.rdf.naming import Names, camel, is_opaque, pascal
from app.transfer.rdf.reading import graph_of
from app.transfer.receipt import Code
from tests.transfer.rdf import PREFIXES, codes, fields, names, read


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


def test_a_list_of_individuals_whose_members_all_became_values_is_carried():
    made = read(
        ":Colour a owl:Class ; owl:oneOf ( :red :green ) . "
        ":Size a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:oneOf ( :s :m ) ] . :s a :Size ."
    )
    assert fields(made, "value-type:size")["constraints"][0]["values"] == ["m", "s"]
    assert {line.code for line in made.receipt.lines} == {Code.RENAMED, Code.ONTOLOGY_HEADER} & {line.code for line in made.receipt.lines}
    partly = read(":Mixed a owl:Class ; owl:oneOf ( :red 'text' ) .")
    assert (Code.CLASS_EXPRESSION, "Mixed") in codes(partly)


def test_what_an_expression_is_by_its_type_is_part_of_it_and_no_individual():
    made = read(
        ":A a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:maxCardinality 1 ] . :B a owl:Class . "
        "[] a owl:AllDisjointClasses ; owl:members ( :A :B ) ."
    )
    assert {(Code.CLASS_EXPRESSION, "A"), (Code.DISJOINTNESS, "")} <= codes(made)
    assert Code.INDIVIDUAL not in {line.code for line in made.receipt.lines}
