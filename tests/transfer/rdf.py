"""Small RDF files for tests, and what the mapping makes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.domain.change_set import Operation, Origin
from app.domain.closure import Closure
from app.domain.kind import Kind
from app.domain.plan import plan
from app.domain.rid import mint
from app.transfer.rdf.mapping import Mapped, mapped
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
