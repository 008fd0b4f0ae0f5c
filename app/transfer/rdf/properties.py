"""Data ranges to properties: one on each domain, following a shared property where there are several or an interface."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rdflib import OWL, RDF, URIRef

from app.domain.datatype import NO_TITLES, BaseType
from app.domain.kind import Kind
from app.domain.position import following
from app.transfer.rdf.ground import GENERATED, Ground, create, to
from app.transfer.rdf.naming import Names
from app.transfer.rdf.ranges import Held, held
from app.transfer.rdf.vocabulary import BUILT_IN_NAMESPACES, DOMAINS, OBJECT_PROPERTIES, PROPERTIES, RANGES, local_name, namespace_of
from app.transfer.receipt import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.change_set import Operation

_KEY = "iri"
_TITLES = ("name", "title", "label")


@dataclass
class Use:
    """A property of the file, sorted: where it stands and what it leads to."""

    iri: URIRef
    name: str
    domains: list[URIRef]  # object types
    classes: list[URIRef]  # ranges that are object types
    held: Held | None  # where it holds data
    fields: dict[str, Any] = field(default_factory=dict)  # texts
    shared: bool = False


def uses(ground: Ground) -> list[Use]:
    """Every property that is carried; the rest is listed."""
    return [use for iri in ground.scope.properties if (use := _use(ground, iri)) is not None]


def _use(ground: Ground, iri: URIRef) -> Use | None:
    facts, scope = ground.facts, ground.scope
    domains = [each for each in _named(ground, iri, DOMAINS) if scope.is_object_type(each)]
    ranges = _named(ground, iri, RANGES)
    classes = [each for each in ranges if scope.is_object_type(each)]
    data = [each for each in ranges if not scope.is_object_type(each) and scope.is_data(each)]
    leads_to_objects = bool(classes) or bool(OBJECT_PROPERTIES & set(facts.types(iri)) and RDF.Property not in facts.types(iri))
    unknown = [each for each in ranges if each not in classes and each not in data]
    holds_data = bool(data) or not (leads_to_objects or unknown)
    if not holds_data and not (classes and domains):
        return None  # every statement about it is listed among the leftovers
    value = held(iri, data, facts, scope) if holds_data else None
    use = Use(iri, ground.properties[iri], domains, classes if domains else [], value, ground.texts.fields(iri))
    use.shared = value is not None and (len(domains) != 1 or domains[0] in ground.interfaces)
    _carry(ground, use, data)
    return use


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


class Owned:
    """The properties of each object type, with the names that its link sides must avoid."""

    def __init__(self, ground: Ground, found: list[Use]) -> None:
        self._ground = ground
        self._by_domain: dict[URIRef, list[Use]] = defaultdict(list)
        self.members: dict[URIRef, list[Use]] = defaultdict(list)  # of interfaces
        self._shared = {use.iri: to(Kind.SHARED_PROPERTY, use.name) for use in found if use.shared}
        for use in sorted(found, key=lambda each: each.name):
            for domain in use.domains if use.held is not None else ():
                self._by_domain[domain].append(use)
                if domain in ground.interfaces:
                    self.members[domain].append(use)
        self.keys: dict[URIRef, str] = {}
        self.slots: dict[URIRef, Names] = {}
        self.generated: list[Operation] = []  # foreign keys, added by the links
        self._last: dict[URIRef, str] = {}
        for iri in ground.scope.object_types:
            inherited = [use.name for above in ground.seen_through(iri) for use in self.members[above]]
            self.slots[iri] = Names([*inherited, *(use.name for use in self._by_domain[iri])])
            self.keys[iri] = self.slots[iri].take(_KEY)

    def title(self, iri: URIRef) -> str:
        """The name of the property that is shown for an object."""
        own = {use.name: use for use in self._by_domain[iri]}
        for name in _TITLES:
            if name in own and (found := own[name].held) is not None and found.base not in NO_TITLES:
                return name
        return self.keys[iri]

    def mapping(self, iri: URIRef, interface: URIRef) -> list[dict[str, str]]:
        """The own properties that implement properties of the interface, own or inherited ones."""
        offered = {use.iri for above in (interface, *self._ground.above[interface]) for use in self.members[above]}
        owner = self._ground.names[iri]
        return [
            {"interfaceProperty": use.name, "property": to(Kind.PROPERTY, f"{owner}.{use.name}")}
            for use in self._by_domain[iri]
            if use.iri in offered
        ]

    def operations(self) -> Iterator[Operation]:
        """The keys and properties of all object types, each with its place among its siblings."""
        for iri in sorted(self._by_domain.keys() | self.keys.keys(), key=lambda each: self._ground.names[each]):
            yield self.generate(iri, self.keys[iri], "primary key", required=True)
            for use in self._by_domain[iri]:
                yield self._property(iri, use)
        yield from sorted(self.generated, key=lambda each: each.ref or "")

    def generate(self, iri: URIRef, name: str, purpose: str, *, required: bool = False) -> Operation:
        """A STRING that no statement of the file asked for."""
        owner = self._ground.names[iri]
        fields = {
            "apiName": name,
            "displayName": "IRI" if name == _KEY else name,
            "type": {"base": BaseType.STRING.value},
            "annotations": {GENERATED: [{"text": purpose}]},
            "objectType": to(Kind.OBJECT_TYPE, owner),
            "position": self._next(iri),
        } | ({"required": True} if required else {})
        return create(Kind.PROPERTY, f"{owner}.{name}", fields)

    def _property(self, iri: URIRef, use: Use) -> Operation:
        owner = self._ground.names[iri]
        siblings = {each.iri: to(Kind.PROPERTY, f"{owner}.{each.name}") for each in self._by_domain[iri]}
        fields = {
            **typed(self._ground, use),
            **self._ground.status(use.iri, siblings),
            "objectType": to(Kind.OBJECT_TYPE, owner),
            "position": self._next(iri),
        }
        if use.iri in self._shared:
            fields["sharedProperty"] = self._shared[use.iri]
        return create(Kind.PROPERTY, f"{owner}.{use.name}", fields)

    def shared_operations(self, found: list[Use]) -> Iterator[Operation]:
        """The shared properties, by name."""
        for use in sorted(found, key=lambda each: each.name):
            if use.shared:
                fields = {**typed(self._ground, use), **self._ground.status(use.iri, self._shared)}
                yield create(Kind.SHARED_PROPERTY, use.name, fields)

    def _next(self, iri: URIRef) -> str:
        self._last[iri] = following(self._last.get(iri, ""))
        return self._last[iri]


def typed(ground: Ground, use: Use) -> dict[str, Any]:
    """The fields that a property and a shared property have in common."""
    if use.held is None:
        message = f"{use.iri} holds no data"
        raise ValueError(message)
    fields = {"apiName": use.name, **use.fields, "type": use.held.type}
    if use.held.value_type is not None:
        fields["valueType"] = to(Kind.VALUE_TYPE, ground.value_types[use.held.value_type])
    return fields
