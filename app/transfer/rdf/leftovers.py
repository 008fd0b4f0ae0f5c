"""The rest of the account: every statement that no entity carries, each with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rdflib import OWL, RDF, RDFS, BNode, URIRef
from rdflib.namespace import SKOS

from app.transfer.rdf.vocabulary import (
    ANNOTATION_PROPERTIES,
    BASE_TYPES,
    BUILT_IN_NAMESPACES,
    CHARACTERISTICS,
    CLASSES,
    COMMENTS,
    DATATYPES,
    DISJOINTNESS,
    DOMAINS,
    EQUIVALENCES,
    INVERSES,
    LABELS,
    PROPERTIES,
    RANGES,
    SUPERSEDED,
    called,
    local_name,
    namespace_of,
)  # fmt: skip
from app.transfer.receipt import Code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rdflib.term import Node

    from app.transfer.rdf.facts import Statement
    from app.transfer.rdf.ground import Ground

_TERMS = CLASSES | PROPERTIES | DATATYPES
_EXPRESSIONS = frozenset(
    {
        OWL.propertyChainAxiom, OWL.hasKey, OWL.oneOf, OWL.unionOf, OWL.intersectionOf, OWL.complementOf, OWL.disjointUnionOf, OWL.members,
        OWL.onDatatype, OWL.withRestrictions, OWL.onProperty, OWL.onClass, OWL.onDataRange, OWL.allValuesFrom, OWL.someValuesFrom,
        OWL.hasValue,
        OWL.hasSelf, OWL.cardinality, OWL.minCardinality, OWL.maxCardinality, OWL.qualifiedCardinality, OWL.minQualifiedCardinality,
        OWL.maxQualifiedCardinality,
    }
)  # fmt: skip

Reason = tuple[Code, str]

_EXPRESSION: Reason = (Code.CLASS_EXPRESSION, "A restriction or another class expression is not carried.")
_DISJOINT: Reason = (Code.DISJOINTNESS, "That several things are disjoint with each other is not carried.")
# What a blank node is by its type alone
_NAMELESS: dict[Node, Reason] = {
    **dict.fromkeys((*CLASSES, *DATATYPES, OWL.Restriction, OWL.DataRange), _EXPRESSION),
    **dict.fromkeys((OWL.AllDisjointClasses, OWL.AllDisjointProperties), _DISJOINT),
}


def list_leftovers(ground: Ground, properties: Iterable[URIRef]) -> None:
    """Count what is not accounted for yet; `properties` are those that are carried."""
    carried = {*ground.names, *ground.value_types, *properties}
    for statement in ground.facts.remaining():
        subject = ground.facts.owner(statement[0])
        code, sentence = _reason(ground, subject, statement, carried)
        ground.facts.list_statement(code, statement, sentence, subject=subject)


def _reason(ground: Ground, subject: Node, statement: Statement, carried: set[URIRef]) -> Reason:
    for judge in (_of_subject, _of_predicate):
        if (found := judge(ground, subject, statement, carried)) is not None:
            return found
    return Code.NOT_UNDERSTOOD, f"The mapping has no place for {local_name(statement[1]) or statement[1]}."


def _of_subject(ground: Ground, subject: Node, _: Statement, carried: set[URIRef]) -> Reason | None:
    """Subjects of which nothing is carried."""
    if subject in carried or isinstance(subject, BNode) or not isinstance(subject, URIRef):
        return None
    types = set(ground.facts.types(subject))
    for found in (_header(types, _), _built_in(subject), _declared(subject, types, ground), _individual(subject, types, ground)):
        if found is not None:
            return found
    return None


def _header(types: set[Node], statement: Statement) -> Reason | None:
    if OWL.Ontology not in types:
        return None
    if statement[1] == OWL.imports:
        return Code.IMPORT_NOT_FETCHED, f"It imports {_whole(statement[2])}, which was not fetched."
    return Code.ONTOLOGY_HEADER, "What the header says about the ontology as a whole is not carried."


def _whole(thing: Node) -> str:
    return called(thing) if isinstance(thing, BNode) else str(thing)


def _built_in(subject: URIRef) -> Reason | None:
    if subject in BASE_TYPES or namespace_of(subject) in BUILT_IN_NAMESPACES:
        return Code.BUILT_IN, f"{local_name(subject)} is built in; statements about it are not carried."
    return None


def _declared(subject: URIRef, types: set[Node], ground: Ground) -> Reason | None:
    if types & ANNOTATION_PROPERTIES:
        return Code.PROPERTY_NOT_CARRIED, "It is an annotation property: its uses are carried, it is not."
    if types & PROPERTIES and namespace_of(subject) == ground.scope.home:
        return Code.PROPERTY_NOT_CARRIED, "An end of it is missing or lies outside the file."
    if not types & _TERMS:
        return None
    if namespace_of(subject) != ground.scope.home:
        return Code.EXTERNAL_MENTION, "It belongs to another ontology and is only mentioned here."
    return Code.METACLASS, "Its instances are classes or datatypes; it is not carried."


def _individual(subject: URIRef, types: set[Node], ground: Ground) -> Reason | None:
    if not types:
        return Code.EXTERNAL_MENTION if namespace_of(
            subject
        ) != ground.scope.home else Code.INDIVIDUAL, "It is declared nowhere in the file."
    of = ", ".join(sorted(called(each) for each in types))
    if SKOS.Concept in types:
        return Code.INDIVIDUAL, "It is a concept: a value of its scheme at most. What else the file says about it is not carried."
    enumerated = any(each in ground.scope.enumerations for each in types)
    sentence = f"It is a value of {of}; what else the file says about it is not carried." if enumerated else f"It is an individual ({of})."
    return Code.INDIVIDUAL, sentence


def _of_predicate(ground: Ground, _: Node, statement: Statement, __: set[URIRef]) -> Reason | None:
    node, predicate, thing = statement
    if predicate == RDF.type and isinstance(node, BNode) and thing in _NAMELESS:
        return _NAMELESS[thing]
    if predicate == RDF.type:
        code = Code.PROPERTY_CHARACTERISTIC if thing in CHARACTERISTICS else Code.INDIVIDUAL
        return code, f"That it is of {called(thing)} is not carried."
    if isinstance(node, BNode) or predicate in _EXPRESSIONS or (predicate == RDFS.subClassOf and isinstance(thing, BNode)):
        return _EXPRESSION
    if predicate == RDFS.subClassOf:
        return _superclass(ground, thing)
    for predicates, judge in _BY_PREDICATE:
        if predicate in predicates:
            return judge(called(thing))
    return _annotation(predicate, thing)


def _annotation(predicate: URIRef, thing: Node) -> Reason | None:
    name = local_name(predicate) or predicate
    if namespace_of(predicate) == str(SKOS):
        return Code.INDIVIDUAL, f"It is a concept as well; {name} says so, and is not carried."
    if predicate in OWL or predicate in RDF:
        return None
    return Code.ANNOTATION_NOT_CARRIED, f"What {name} says of {called(thing)} is no text, or of nothing that is carried: it is not carried."


def _superclass(ground: Ground, thing: Node) -> Reason:
    name = called(thing)
    if namespace_of(str(thing)) in BUILT_IN_NAMESPACES:
        return Code.BUILT_IN, f"That it is below {name} says nothing about the ontology."
    if ground.scope.is_object_type(thing):
        return Code.SUPERCLASS_NOT_CARRIED, f"It is a value type, or a cycle was cut: that it is below {name} is not carried."
    return Code.SUPERCLASS_NOT_CARRIED, f"Its superclass {name} is no object type of this ontology."


_BY_PREDICATE: tuple[tuple[frozenset[URIRef], Callable[[str], Reason]], ...] = (
    (DOMAINS, lambda name: (Code.DOMAIN_NOT_CARRIED, f"It is no property that is carried: its domain {name} is not either.")),
    (RANGES, lambda name: (Code.RANGE_NOT_CARRIED, f"It is no property that is carried: its range {name} is not either.")),
    (
        frozenset({*LABELS, *COMMENTS, OWL.deprecated}),
        lambda name: (Code.ANNOTATION_NOT_CARRIED, f"{name} says neither what it is called nor whether it is deprecated."),
    ),
    (frozenset({RDFS.subPropertyOf}), lambda name: (Code.SUB_PROPERTY, f"That it is a sub-property of {name} is not carried.")),
    (EQUIVALENCES, lambda name: (Code.EQUIVALENCE, f"That it is equivalent to {name} is not carried.")),
    (DISJOINTNESS, lambda name: (Code.DISJOINTNESS, f"That it is disjoint with {name} is not carried.")),
    (INVERSES, lambda name: (Code.INVERSE_NOT_CARRIED, f"Its inverse {name} has no link type with the same ends.")),
    (SUPERSEDED, lambda name: (Code.REPLACEMENT_NOT_CARRIED, f"{name} replaces it, and is nothing of its kind and place.")),
)
