"""What of a file is an entity: its own classes, enumerations, datatypes and properties; the rest is only mentioned."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rdflib import OWL, RDF, RDFS, URIRef
from rdflib.namespace import SKOS

from app.domain.constraints import ONE_OF
from app.transfer.rdf.facets import definitions
from app.transfer.rdf.vocabulary import (
    ANNOTATION_PROPERTIES,
    BASE_TYPES,
    BUILT_IN_NAMESPACES,
    CLASSES,
    DATATYPES,
    DEPRECATED_TYPES,
    DOMAINS,
    ENUMERATIONS,
    IN_SCHEME,
    PROPERTIES,
    RANGES,
    SUPERSEDED,
    local_name,
    namespace_of,
)  # fmt: skip
from app.transfer.receipt import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rdflib.term import Node

    from app.transfer.rdf.facts import Facts

_KINDS = CLASSES | PROPERTIES | DATATYPES | ANNOTATION_PROPERTIES


@dataclass
class Scope:
    """The terms of a file by what becomes of them; every list is in the order of the IRIs."""

    home: str
    object_types: list[URIRef] = field(default_factory=list)
    enumerations: dict[URIRef, list[URIRef]] = field(default_factory=dict)  # with their members
    datatypes: list[URIRef] = field(default_factory=list)
    properties: list[URIRef] = field(default_factory=list)
    supers: dict[URIRef, list[URIRef]] = field(default_factory=dict)  # of every class and datatype, as far as the file declares them
    deprecated: set[URIRef] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._objects: set[URIRef] = set()

    def settle(self) -> None:
        """Called once, when the lists are complete."""
        self._objects = set(self.object_types)

    def is_object_type(self, iri: Node) -> bool:
        """Whether objects can be of it."""
        return iri in self._objects

    def is_data(self, iri: Node) -> bool:
        """Whether it says what values look like."""
        return iri in BASE_TYPES or iri in self.enumerations or (iri in self.supers and iri not in self._objects) or _literal(iri)

    def subclasses(self) -> dict[URIRef, list[URIRef]]:
        """Each class with those that are directly below it."""
        found: dict[URIRef, list[URIRef]] = {}
        for below, above in self.supers.items():
            for each in above:
                found.setdefault(each, []).append(below)
        return found


def _literal(iri: Node) -> bool:
    return str(iri).startswith("http://www.w3.org/2001/XMLSchema#")


def scope_of(facts: Facts) -> Scope:
    """Sort the terms of the file, and list what is not a term of its own."""
    declared = _declared(facts)
    scope = Scope(_home(facts, declared))
    own = {iri for iri in declared if _is_own(iri, scope.home, facts)}
    subclasses = {iri for iri in own if not _KINDS & set(facts.types(iri))}
    implied = _implied(facts, scope.home, declared)
    classes = {iri for iri in own if CLASSES & set(facts.types(iri))} | subclasses | implied
    datatypes = _datatypes(facts, own, classes)
    classes -= datatypes | set(BASE_TYPES)
    classes -= _metaclasses(facts)
    scope.properties = sorted(
        iri for iri in own if PROPERTIES & set(facts.types(iri)) and not ANNOTATION_PROPERTIES & set(facts.types(iri))
    )
    scope.datatypes = sorted(datatypes - set(BASE_TYPES))
    typed = classes | datatypes
    scope.supers = {iri: _supers(facts, iri, typed) for iri in sorted(typed)}
    scope.deprecated = {iri for iri in own if _is_deprecated(facts, iri)}
    scope.enumerations = _enumerations(facts, scope, classes) | _schemes(facts, declared)
    scope.supers |= {iri: [] for iri in scope.enumerations if iri not in scope.supers}
    scope.object_types = sorted(classes - set(scope.enumerations))
    scope.settle()
    for iri in scope.object_types:
        if iri in implied or iri in subclasses:
            why = "It is used as a class and declared nowhere" if iri in implied else "It has superclasses and is declared no class"
            facts.tally.add(Code.IMPLIED_TERM, str(iri), f"{why}; it became an object type.")
    return scope


def _declared(facts: Facts) -> list[URIRef]:
    """What the file says is a class, a property or a datatype; what has superclasses is a class by that (RDFS, 3.4)."""
    return [
        iri
        for iri in facts.subjects()
        if namespace_of(iri) not in BUILT_IN_NAMESPACES and (_KINDS & set(facts.types(iri)) or facts.things(iri, RDFS.subClassOf))
    ]


def _home(facts: Facts, declared: list[URIRef]) -> str:
    """The namespace of the ontology's header where terms are in it, else the one that most terms share."""
    counted = Counter(namespace_of(iri) for iri in declared)
    for header in sorted(facts.subjects_of(RDF.type, OWL.Ontology), key=str):
        candidates = [namespace for namespace in (f"{header}#", f"{header}/", str(header), namespace_of(str(header))) if counted[namespace]]
        if candidates:
            return max(candidates, key=lambda namespace: counted[namespace])
    return min(counted, key=lambda namespace: (-counted[namespace], namespace), default="")


def _is_own(iri: URIRef, home: str, facts: Facts) -> bool:
    """A term of the home namespace, or one of another that the file says more about than that it exists."""
    if namespace_of(iri) == home:
        return True
    return any(predicate != RDF.type for predicate, _ in facts.about(iri))


def _implied(facts: Facts, home: str, declared: list[URIRef]) -> set[URIRef]:
    """Terms of the home namespace that are used as classes and declared nowhere."""
    known = set(declared)
    found: set[URIRef] = set()
    for iri in known:
        for _, thing in facts.of(iri, DOMAINS | RANGES | {RDFS.subClassOf}):
            found.update(each for each in facts.named(thing) if namespace_of(each) == home and local_name(each) and each not in known)
    return {iri for iri in found if not facts.types(iri)}


def _datatypes(facts: Facts, own: set[URIRef], classes: set[URIRef]) -> set[URIRef]:
    """What is declared a datatype, and what is below one."""
    found = {iri for iri in own if DATATYPES & set(facts.types(iri))}
    waiting = sorted(found)
    for current in waiting:
        for below in facts.subjects_of(RDFS.subClassOf, current):
            if isinstance(below, URIRef) and below in classes and below not in found:
                found.add(below)
                waiting.append(below)
    return found


def _metaclasses(facts: Facts) -> set[Node]:
    """What has classes for its instances: whatever is below rdfs:Class, and the class of datatypes."""
    found: set[Node] = {*CLASSES, *DATATYPES}
    waiting = sorted(found, key=str)
    for current in waiting:
        for below in facts.subjects_of(RDFS.subClassOf, current):
            if below not in found:
                found.add(below)
                waiting.append(below)
    return found


def _supers(facts: Facts, iri: URIRef, classes: set[URIRef]) -> list[URIRef]:
    found: dict[URIRef, None] = {}
    for thing in facts.things(iri, RDFS.subClassOf):
        found.update(dict.fromkeys(_above(facts, thing)))
    for node in definitions(facts, iri):
        found.update(dict.fromkeys(_members_above(facts, node)))
        # Of a datatype: what it restricts.
        found.update((each, None) for each in facts.things(node, OWL.onDatatype) if isinstance(each, URIRef))
    return [each for each in sorted(found) if each != iri and (each in classes or each in BASE_TYPES)]


def _above(facts: Facts, thing: Node) -> list[URIRef]:
    return [thing] if isinstance(thing, URIRef) else _members_above(facts, thing)


def _members_above(facts: Facts, node: Node) -> list[URIRef]:
    """The named members of an intersection."""
    return [item for head in facts.things(node, OWL.intersectionOf) for item in facts.collected(head) if isinstance(item, URIRef)]


def _is_deprecated(facts: Facts, iri: URIRef) -> bool:
    if DEPRECATED_TYPES & set(facts.types(iri)) or facts.things(iri, *sorted(SUPERSEDED)):
        return True
    return any(str(thing).lower() in {"true", "1"} for thing in facts.things(iri, OWL.deprecated))


def _enumerations(facts: Facts, scope: Scope, classes: set[URIRef]) -> dict[URIRef, list[URIRef]]:
    """The enumerations that can be lists of texts; those that cannot stay object types, with the reason listed."""
    children = scope.subclasses()
    members = {iri: _members(facts, iri) for iri in _below(ENUMERATIONS, children) if iri in classes}
    for iri in sorted(classes):
        if listed := _one_of(facts, iri):
            members[iri] = sorted({*listed, *_members(facts, iri)})
    domains = {each for iri in scope.properties for _, thing in facts.of(iri, DOMAINS) for each in facts.named(thing)}
    kept: dict[URIRef, str] = {}
    for iri, listed in members.items():
        if iri in domains:
            kept[iri] = "it has properties"
        elif not listed:
            kept[iri] = "it has no members"
        elif len(listed) > ONE_OF:
            kept[iri] = f"it has {len(listed):,} members"
    _keep_above(kept, members, children)
    for iri, reason in kept.items():
        facts.tally.add(Code.ENUMERATION_AS_OBJECT_TYPE, str(iri), f"It is an enumeration and became an object type, since {reason}.")
    return {iri: listed for iri, listed in members.items() if iri not in kept}


def _schemes(facts: Facts, declared: list[URIRef]) -> dict[URIRef, list[URIRef]]:
    """The concept schemes that can be lists of texts, each with its concepts; the others are individuals like any."""
    found: dict[URIRef, list[URIRef]] = {}
    for scheme in facts.subjects_of(RDF.type, SKOS.ConceptScheme):
        concepts = {each for predicate in IN_SCHEME for each in facts.subjects_of(predicate, scheme)}
        concepts |= set(facts.things(scheme, SKOS.hasTopConcept))
        listed = sorted(each for each in concepts if isinstance(each, URIRef))
        if isinstance(scheme, URIRef) and scheme not in declared and 1 <= len(listed) <= ONE_OF:
            found[scheme] = listed
    return {scheme: found[scheme] for scheme in sorted(found)}


def _below(roots: Iterable[URIRef], children: dict[URIRef, list[URIRef]]) -> list[URIRef]:
    """Everything below the roots, in order."""
    found: set[URIRef] = set()
    waiting = sorted(roots)
    for current in waiting:
        for each in children.get(current, ()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return sorted(found)


def _keep_above(kept: dict[URIRef, str], members: dict[URIRef, list[URIRef]], children: dict[URIRef, list[URIRef]]) -> None:
    """What has a subclass that stays an object type stays one itself."""
    moved = True
    while moved:
        moved = False
        for iri in members:
            if iri not in kept and any(below not in members or below in kept for below in children.get(iri, ())):
                kept[iri] = "it has a subclass that is an object type"
                moved = True


def _members(facts: Facts, iri: URIRef) -> list[URIRef]:
    return [each for each in facts.subjects_of(RDF.type, iri) if isinstance(each, URIRef)]


def _one_of(facts: Facts, iri: URIRef) -> list[URIRef]:
    """The members of a class that is, or is equal to, a list of individuals."""
    nodes = [iri, *facts.things(iri, OWL.equivalentClass)]
    return [item for node in nodes for head in facts.things(node, OWL.oneOf) for item in facts.collected(head) if isinstance(item, URIRef)]
