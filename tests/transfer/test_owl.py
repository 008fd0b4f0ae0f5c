"""OWL: what is exported as Turtle and JSON-LD reads back to the same ontology, and other tools read it as OWL."""

from __future__ import annotations

import difflib
import random
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, URIRef

from app.domain.change_set import Operation
from app.domain.entity import Entity
from app.domain.errors import BadInput, ValidationFailed
from app.domain.kind import Kind
from app.transfer.document.parsing import yaml_data
from app.transfer.document.reading import operations_of
from app.transfer.document.writing import Writing
from app.transfer.outputs import Output, Written, written
from app.transfer.owl.reading import Said, said
from app.transfer.rdf.reading import graph_of
from app.transfer.rdf.statements import Statements
from app.transfer.rdf.syntax import Syntax
from app.transfer.receipt import Code
from tests import given as given_
from tests.strategies import AWKWARD, entities, ontologies
from tests.transfer.test_document import PROPERTY_TEST, applied, as_yaml

STATEMENTS = [Output.TURTLE, Output.JSON_LD]


def exported(held: list[Entity], output: Output = Output.TURTLE) -> Written:
    made = written(Writing(held), output, "main")
    return replace(made, pieces="".join(made.pieces))


def parsed(text: Any, output: Output = Output.TURTLE) -> Statements:
    return graph_of(str(text).encode(), Syntax(output.value))


def graph_of_tools(text: Any) -> Graph:
    """As others hold it."""
    graph = Graph()
    for triple in parsed(text):
        graph.add(triple)
    return graph


def reread(made: Written, output: Output = Output.TURTLE, *, plain: bool = False) -> Said:
    sidecar = yaml_data(made.sidecar) if made.sidecar is not None and not plain else None
    return said(parsed(made.pieces, output), sidecar)


def again(read: Said) -> str:
    return as_yaml(applied([], operations_of(read.document, [])))


@pytest.mark.parametrize("output", STATEMENTS)
@settings(parent=PROPERTY_TEST, max_examples=20)
@given(creations=ontologies())
def test_a_file_and_its_sidecar_read_back_to_the_same_ontology(output: Output, creations: list[Operation]):
    held = entities(creations)
    made = exported(held, output)

    whole, plain = reread(made, output), reread(made, output, plain=True)

    assert whole.receipt.lines == ()
    assert whole.receipt.carried == whole.receipt.statements
    assert again(whole) == as_yaml(held)
    assert (again(plain) == as_yaml(held)) is (made.receipt.lines == ())
    assert plain.whole is (made.receipt.lines == ())
    assert made.receipt.carried + made.receipt.listed == made.receipt.statements


def awkward_texts() -> st.SearchStrategy[str]:
    return st.sampled_from(
        [each for each in AWKWARD if each.strip()] + ["x", 'a"b', '"', "\\", "a\\", '"""', 'a\n"', "\n\n", "a\u0085b".replace("\u0085", "")]
    )


IRIS = (
    "https://example.org/a", "https://example.org/a b", "https://example.org/<a>", "urn:x:y", "oms:x", "_:b", "https://example.org/a/../b",
    "https://example.org/%41", "urn:oms:ontology:main#Thing", "no iri", "http://www.w3.org/2002/07/owl#Class", "https://example.org/é", "#a", "a:",
)  # fmt: skip


@settings(parent=PROPERTY_TEST, max_examples=60)
@given(st.data())
def test_awkward_texts_iris_and_annotations_read_back_as_they_were(data: st.DataObject):
    texts = awkward_texts()
    annotation = st.fixed_dictionaries({"text": texts}, optional={"language": st.sampled_from(("en", "EN", "de-CH"))})
    keys = st.sampled_from(
        (*(each for each in IRIS if each), "skos:note", "rdfs:label", str(RDFS.label), str(RDF.type), "https://example.org/note")
    )
    creations = [
        given_.type_group(
            f"group-{place}",
            displayName=data.draw(texts),
            description=data.draw(texts),
            annotations=data.draw(st.dictionaries(keys, st.lists(annotation, max_size=3), max_size=3)),
            translations=data.draw(
                st.dictionaries(
                    st.sampled_from(("en", "EN", "ko")), st.dictionaries(st.sampled_from(("displayName", "description")), texts)
                )
            ),
            **data.draw(st.fixed_dictionaries({}, optional={"sourceIri": st.sampled_from(IRIS[place::3])})),
        )
        for place in range(3)
    ]
    try:
        held = applied([], tuple(creations))
    except ValidationFailed:
        return
    for output in STATEMENTS:
        read = reread(exported(held, output), output)
        assert read.receipt.lines == ()
        assert again(read) == as_yaml(held)


@settings(parent=PROPERTY_TEST, max_examples=15)
@given(ontologies())
def test_other_tools_find_sound_owl(creations: list[Operation]):
    graph = graph_of_tools(exported(entities(creations)).pieces)
    of = {kind: set(graph.subjects(RDF.type, kind)) for kind in (OWL.Class, RDFS.Datatype, OWL.DatatypeProperty, OWL.ObjectProperty)}
    annotations = set(graph.subjects(RDF.type, OWL.AnnotationProperty))
    named = {kind: {each for each in found if isinstance(each, URIRef)} for kind, found in of.items()}
    for one, other in combinations(named.values(), 2):
        assert not one & other
    assert not annotations & set().union(*named.values())
    for _, above in graph.subject_objects(RDFS.subClassOf):
        assert above in of[OWL.Class]
    for subject, thing in graph.subject_objects(RDFS.domain):
        assert thing in of[OWL.Class]
        assert subject in of[OWL.DatatypeProperty] | of[OWL.ObjectProperty]
    for subject, thing in graph.subject_objects(RDFS.range):
        if subject in of[OWL.ObjectProperty]:
            assert thing in of[OWL.Class]
        else:
            assert thing in of[RDFS.Datatype] or str(thing).startswith((str(XSD), "http://www.opengis.net")) or thing == RDFS.Literal
    for subject, predicate, _ in graph:
        built_in = str(predicate).startswith((str(RDF), str(RDFS), str(OWL), str(XSD)))
        assert built_in or predicate in annotations, predicate
        assert isinstance(subject, BNode) or (subject, RDF.type, None) in graph


def people() -> list[Entity]:
    return applied(
        [],
        (
            given_.interface("AgentInterface", sourceIri="https://example.org/Agent"),
            *given_.object_type("Agent", sourceIri="https://example.org/Agent", implements=[{"interface": "ref:AgentInterface"}]),
            *given_.object_type(
                "Person", sourceIri="https://example.org/Person", implements=[{"interface": "ref:AgentInterface"}],
                description="Somebody", properties={"age": {"type": {"base": "INTEGER"}, "description": "In years"}},
            ),
            given_.link_type("ref:Person", "ref:Agent", "knows"),
            given_.value_type("colour", constraints=[{"key": "o", "type": "ONE_OF", "values": ["red", "green"]}]),
        ),
    )  # fmt: skip


def test_a_class_and_its_interface_are_one_class_of_owl():
    graph = graph_of_tools(exported(people()).pieces)
    agent, person = URIRef("https://example.org/Agent"), URIRef("https://example.org/Person")
    assert set(graph.subject_objects(RDFS.subClassOf)) == {(person, agent)}
    knows = URIRef("urn:oms:ontology:main#link.knows")
    assert (graph.value(knows, RDFS.domain), graph.value(knows, RDFS.range)) == (person, agent)
    assert graph.value(predicate=OWL.inverseOf, object=knows) == knows + ".inverse"
    assert graph.value(URIRef("urn:oms:ontology:main#Person.age"), RDFS.range) == XSD.int


def changed(before: list[Entity], name: str, **fields: Any) -> list[Entity]:
    [found] = (each for each in before if each.definition.api_name == name and each.kind in {Kind.PROPERTY, Kind.OBJECT_TYPE})
    return applied(before, (given_.update(found.kind, found.rid, found.version, **fields),))


@pytest.mark.parametrize("output", [*STATEMENTS, Output.YAML, Output.JSON])
def test_one_changed_field_is_one_changed_line(output: Output):
    before = people()
    for after in (changed(before, "Person", description="A human"), changed(before, "age", description="In full years")):
        lines = difflib.ndiff(str(exported(before, output).pieces).splitlines(), str(exported(after, output).pieces).splitlines())
        marks = [line[0] for line in lines if line[0] in "+-"]
        assert sorted(marks) == ["+", "-"]


@settings(parent=PROPERTY_TEST, max_examples=15)
@given(creations=ontologies(), chosen=st.integers(0, 1_000))
def test_one_changed_field_of_any_ontology_is_one_changed_line(creations: list[Operation], chosen: int):
    held = entities(creations)
    target = held[chosen % len(held)]
    before, after = (
        [replace(each, definition=each.definition.model_copy(update={"description": text})) if each is target else each for each in held]
        for text in ("One", "Two")
    )
    said = [Output.YAML, Output.JSON, *(STATEMENTS if target.kind is not Kind.ACTION_TYPE else ())]
    for output in said:
        old, new = (str(exported(each, output).pieces).split("\n") for each in (before, after))
        assert len(old) == len(new)
        assert sum(one != other for one, other in zip(old, new, strict=True)) == 1


@settings(parent=PROPERTY_TEST, max_examples=15)
@given(creations=ontologies(largest=2), chance=st.randoms(use_true_random=False))
def test_whatever_is_missing_or_wrong_in_a_file_is_read_or_refused(creations: list[Operation], chance: random.Random):
    triples = list(parsed(exported(entities(creations)).pieces))
    for _ in range(3):
        wrong = [triple for triple in triples if chance.random() > 0.05 or "fileFormat" in triple[1]]
        for _ in range(5):
            one, other = chance.choice(triples), chance.choice(triples)
            wrong.append((one[0], one[1], other[2]))
        try:
            read = said(wrong)
            assert read.receipt.carried + read.receipt.listed == read.receipt.statements
            operations_of(read.document, [])
        except (BadInput, ValidationFailed):
            continue


def test_a_changed_base_type_is_one_line_more_since_owl_says_it_too():
    before = people()
    after = changed(before, "age", type={"base": "LONG"})
    old, new = (set(str(exported(each).pieces).splitlines()) for each in (before, after))
    assert {line.strip() for line in new - old} == {'oms:base "LONG" ;', "rdfs:range xsd:long ;"}


def test_what_others_write_into_the_file_is_listed_and_not_read():
    graph = graph_of_tools(exported(people()).pieces)
    person = URIRef("https://example.org/Person")
    graph.add((person, RDFS.subClassOf, URIRef("https://example.org/Mammal")))
    graph.add((URIRef("https://example.org/New"), RDF.type, OWL.Class))
    read = said(graph)
    assert [(line.code, line.subject) for line in read.receipt.lines] == [
        (Code.OUR_WORDS_PREVAIL, str(person)),
        (Code.UNMARKED, "https://example.org/New"),
    ]
    assert read.receipt.carried + read.receipt.listed == read.receipt.statements == len(graph)


def test_a_label_that_another_tool_changed_is_read():
    graph = graph_of_tools(exported(people()).pieces)
    graph.set((URIRef("https://example.org/Person"), RDFS.label, Literal("Human")))
    assert said(graph).document["objectTypes"]["Person"]["displayName"] == "Human"


OMS = "@prefix oms: <urn:oms:vocabulary#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n<urn:o> oms:fileFormat 'oms-rdf/1' .\n"
BROKEN = {
    "two names": "<urn:a> a oms:TypeGroup ; oms:apiName 'a', 'b' .",
    "no name": "<urn:a> a oms:TypeGroup .",
    "two of one name": "<urn:a> a oms:TypeGroup ; oms:apiName 'a' . <urn:b> a oms:TypeGroup ; oms:apiName 'a' .",
    "two kinds": "<urn:a> a oms:TypeGroup, oms:Interface ; oms:apiName 'a' .",
    "a blank entity": "[] a oms:TypeGroup .",
    "a circle": "<urn:a> a oms:TypeGroup ; oms:apiName 'a' ; oms:colour _:c . _:c oms:key _:c .",
    "a broken list": "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . <urn:a> a oms:TypeGroup ; oms:aliases _:c . _:c rdf:first 1 .",
    "a circular list": "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . "
    "<urn:a> a oms:TypeGroup ; oms:aliases _:c . _:c rdf:first 1 ; rdf:rest _:c .",
    "much in little": "<urn:a> a oms:TypeGroup ; oms:apiName 'a' ; oms:colour _:b0 . "
    + " ".join(f"_:b{place} oms:a _:b{place + 1} ; oms:b _:b{place + 1} ." for place in range(60)),
    "a list within itself": "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . "
    "<urn:a> a oms:TypeGroup ; oms:apiName 'a' ; oms:aliases _:c . _:c rdf:first _:c ; rdf:rest () .",
    "a property of nothing": "<urn:a> a oms:Property ; oms:apiName 'a' .",
    "another version": "<urn:o> oms:fileFormat 'oms-rdf/2' .",
    "two headers": "<urn:p> oms:fileFormat 'oms-rdf/1' .",
    "no number": "<urn:a> a oms:TypeGroup ; oms:apiName 'x'^^<http://www.w3.org/2001/XMLSchema#integer> .",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_is_broken_is_refused(case: str):
    with pytest.raises(BadInput):
        said(graph_of((OMS + BROKEN[case]).encode()))
