"""The properties of a file, sorted: where each stands, what it leads to, and which of its statements that carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from rdflib import OWL, RDF, RDFS, URIRef

from app.transfer.rdf.ranges import Held, held, unnamed
from app.transfer.rdf.vocabulary import BUILT_IN_NAMESPACES, DOMAINS, OBJECT_PROPERTIES, PROPERTIES, RANGES, local_name, namespace_of
from app.transfer.receipt import Code

if TYPE_CHECKING:
    from app.transfer.rdf.ground import Ground

_FILLERS = (OWL.someValuesFrom, OWL.allValuesFrom, OWL.onClass, OWL.onDataRange)


@dataclass
class Use:
    """A property of the file, sorted: where it stands and what it leads to."""

    iri: URIRef
    name: str
    domains: list[URIRef]  # object types
    classes: list[URIRef]  # ranges that are object types
    held: Held | None  # where it holds data
    ends: frozenset[tuple[URIRef, URIRef]] = frozenset()  # pairs of a domain and a class range
    fields: dict[str, Any] = field(default_factory=dict)  # texts
    shared: bool = False


def uses(ground: Ground) -> list[Use]:
    """Every property that is carried; the rest is listed."""
    return [use for iri in ground.scope.properties if (use := _use(ground, iri)) is not None]


def _use(ground: Ground, iri: URIRef) -> Use | None:
    facts, scope = ground.facts, ground.scope
    domains = [each for each in _named(ground, iri, DOMAINS) if scope.is_object_type(each)]
    ranges = _named(ground, iri, RANGES)
    restricted = _restrictions(ground, iri) if not (domains and ranges) else []
    from_, to = set(domains), set(ranges)
    pairs = [(below, filler) for below, filler in restricted if (not from_ or below in from_) and (not to or filler in to)]
    if pairs:
        facts.tally.add(Code.ENDS_FROM_RESTRICTIONS, str(iri), "What it leads from or to is taken from the restrictions of classes.")
    domains = domains or sorted({below for below, _ in pairs})
    described = unnamed(iri, facts) if not ranges and not OBJECT_PROPERTIES & set(facts.types(iri)) else None
    ranges = ranges or ([] if described else sorted({filler for _, filler in pairs}))
    classes = [each for each in ranges if scope.is_object_type(each)]
    data = [each for each in ranges if not scope.is_object_type(each) and scope.is_data(each)]
    leads_to_objects = bool(classes) or bool(OBJECT_PROPERTIES & set(facts.types(iri)) and RDF.Property not in facts.types(iri))
    carried = set(classes)
    unknown = [each for each in ranges if each not in carried and not scope.is_data(each)]
    holds_data = bool(data) or not (leads_to_objects or unknown)
    if not holds_data and not (classes and domains):
        return None  # every statement about it is listed among the leftovers
    value = (described or held(iri, data, facts, scope)) if holds_data else None
    use = Use(iri, ground.properties[iri], domains, classes if domains else [], value, fields=ground.texts.fields(iri))
    use.ends = frozenset(end for end in pairs or product(domains, classes) if end[1] in carried)
    use.shared = value is not None and (len(domains) != 1 or domains[0] in ground.interfaces)
    _carry(ground, use, data)
    return use


def _restrictions(ground: Ground, iri: URIRef) -> list[tuple[URIRef, URIRef]]:
    """The object types that restrict a property, each with what it restricts it to."""
    facts = ground.facts
    found: set[tuple[URIRef, URIRef]] = set()
    for node in facts.subjects_of(OWL.onProperty, iri):
        fillers = [each for thing in facts.things(node, *_FILLERS) for each in facts.named(thing) if each != OWL.Thing]
        for predicate in (RDFS.subClassOf, OWL.equivalentClass):
            holders = [
                each for each in facts.subjects_of(predicate, node) if isinstance(each, URIRef) and ground.scope.is_object_type(each)
            ]
            found.update(product(holders, fillers))
    return sorted(found)


def _named(ground: Ground, iri: URIRef, predicates: frozenset[URIRef]) -> list[URIRef]:
    found = {each for _, thing in ground.facts.of(iri, predicates) for each in ground.facts.named(thing)}
    return sorted(each for each in found if each != OWL.Thing)


def _carry(ground: Ground, use: Use, data: list[URIRef]) -> None:
    facts = ground.facts
    for thing in facts.types(use.iri):
        if thing in PROPERTIES and thing not in OBJECT_PROPERTIES - {OWL.ObjectProperty} and thing != OWL.FunctionalProperty:
            facts.carry(use.iri, RDF.type, thing)
    for predicates, known in ((DOMAINS, {*use.domains}), (RANGES, {*use.classes, *data})):
        for predicate, thing in facts.of(use.iri, predicates):
            named = facts.named(thing)
            if named and known.issuperset(named):
                facts.carry(use.iri, predicate, thing)
                if not isinstance(thing, URIRef):
                    facts.carry_expression(thing)
            elif predicates is DOMAINS:
                facts.list_statement(Code.DOMAIN_NOT_CARRIED, (use.iri, predicate, thing), _outside(ground, named, "domain"))
            else:
                facts.list_statement(Code.RANGE_NOT_CARRIED, (use.iri, predicate, thing), _outside(ground, named, "range"))


def _outside(ground: Ground, named: list[URIRef], what: str) -> str:
    if not named:
        return f"Its {what} is an expression that is not carried."
    names = ", ".join(local_name(each) or str(each) for each in named)
    if any(namespace_of(each) in BUILT_IN_NAMESPACES for each in named):
        return f"Its {what} {names} says nothing about the ontology."
    if any(ground.scope.is_data(each) for each in named):
        return f"Its {what} {names} holds values and has no properties."
    return f"Its {what} {names} is not carried, or has nothing at its other end."
