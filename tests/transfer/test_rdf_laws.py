"""Laws of the mapping over generated graphs: nothing is dropped, nothing breaks a rule, no form and no order leaves a trace."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import RDFS, Graph, Literal

from app.domain.text import nfc, refused_character
from app.transfer.rdf.mapping import Mapped, mapped
from app.transfer.rdf.reading import graph_of
from app.transfer.rdf.statements import Statements
from app.transfer.rdf.syntax import Syntax
from app.transfer.receipt import Code
from tests.transfer.graphs import graphs
from tests.transfer.rdf import broken


def _trig(graph: Graph) -> str:
    """Half of it in the graph without a name, with the prefixes of the Turtle; half in one with a name, that shares the blank nodes."""
    prefixes = [line for line in graph.serialize(format="turtle").splitlines() if line.startswith("@prefix")]
    lines = graph.serialize(format="nt").splitlines()
    middle = len(lines) // 2
    return "\n".join([*prefixes, *lines[:middle], "GRAPH <urn:g> {", *lines[middle:], "}"])


FORMS: dict[Syntax, Callable[[Graph], str]] = {
    Syntax.TURTLE: lambda graph: graph.serialize(format="turtle"),
    Syntax.N_TRIPLES: lambda graph: graph.serialize(format="nt"),
    Syntax.RDF_XML: lambda graph: graph.serialize(format="xml"),
    Syntax.JSON_LD: lambda graph: graph.serialize(format="json-ld"),
    Syntax.TRIG: _trig,
    Syntax.N_QUADS: lambda graph: graph.serialize(format="nt").replace(" .\n", " <urn:g> .\n"),
}
patient = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def held(graph: Graph) -> Statements:
    statements = Statements()
    for triple in graph:
        statements.add(triple)
    return statements


@given(graphs())
@patient
def test_every_statement_is_carried_or_listed_with_a_reason(graph: Graph):
    statements = held(graph)
    made = mapped(statements)
    assert made.receipt.statements == len(statements)
    assert made.receipt.carried + made.receipt.listed == len(statements)
    assert [line for line in made.receipt.lines if line.code is Code.NOT_UNDERSTOOD] == []


@given(graphs())
@patient
def test_what_comes_of_a_graph_breaks_no_rule(graph: Graph):
    assert broken(mapped(held(graph)).operations) == []


@given(graphs())
@patient
def test_what_a_receipt_does_not_list_stands_in_the_entities(graph: Graph):
    made = mapped(held(graph))
    texts = set(_texts([each.fields for each in made.operations]))
    listed = {line.subject for line in made.receipt.lines if line.statements} | {""}
    for subject, predicate, thing in graph:
        if isinstance(thing, Literal) and predicate in {RDFS.label, RDFS.comment} and str(subject) not in listed and _fits(thing):
            assert nfc(str(thing)) in texts or not _named(made, str(subject))


def _fits(text: str) -> bool:
    return bool(text.strip()) and refused_character(nfc(text)) is None


def _named(made: Mapped, iri: str) -> bool:
    return any(each.fields.get("sourceIri") == nfc(iri) for each in made.operations)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


@given(graphs(), st.randoms(use_true_random=False))
@patient
def test_the_order_of_the_statements_leaves_no_trace(graph: Graph, chance: random.Random):
    triples = list(graph)
    chance.shuffle(triples)
    shuffled = Statements()
    for triple in triples:
        shuffled.add(triple)
    assert mapped(shuffled) == mapped(held(graph))


@pytest.mark.parametrize("syntax", FORMS)
@given(graph=graphs())
@settings(patient, max_examples=40)
def test_the_form_in_which_a_graph_is_written_leaves_no_trace(syntax: Syntax, graph: Graph):
    content = FORMS[syntax](graph).encode()
    assert mapped(graph_of(content, syntax)) == mapped(held(graph))
