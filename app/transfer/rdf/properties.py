"""Data ranges to properties: one on each domain, following a shared property where there are several or an interface."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from app.domain.datatype import NO_TITLES, BaseType
from app.domain.kind import Kind
from app.domain.position import following
from app.transfer.rdf.ground import GENERATED, Ground, create, to
from app.transfer.rdf.naming import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rdflib import URIRef

    from app.domain.change_set import Operation
    from app.transfer.rdf.uses import Use

_KEY = "iri"
_TITLES = ("name", "title", "label")


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
    if use.held.constraints:
        fields["constraints"] = use.held.constraints
    return fields
