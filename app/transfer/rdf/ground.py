"""What every part of the mapping stands on: the facts, what is in scope, and the names that were given."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from rdflib import OWL, URIRef

from app.domain.change_set import REF_LENGTH, Operation, Verb
from app.transfer.rdf.hierarchy import ancestors, without_cycles
from app.transfer.rdf.naming import Names, assigned, camel, pascal
from app.transfer.rdf.vocabulary import SUPERSEDED, local_name
from app.transfer.receipt import Code

if TYPE_CHECKING:
    from app.domain.kind import Kind
    from app.transfer.rdf.facts import Facts
    from app.transfer.rdf.scope import Scope
    from app.transfer.rdf.texts import Texts

GENERATED = "urn:oms:generated"  # annotation of what no statement of the file asked for; the text says what it is for


def ref(kind: Kind, name: str) -> str:
    """What other operations call the creation of this entity."""
    made = f"{kind.slug}:{name}"
    return made if len(made) <= REF_LENGTH else f"{kind.slug}:{sha256(name.encode()).hexdigest()}"


def to(kind: Kind, name: str) -> str:
    """A reference to an entity that is created beside."""
    return f"ref:{ref(kind, name)}"


def create(kind: Kind, name: str, fields: dict[str, Any]) -> Operation:
    """The creation of an entity, under the ref by which others know it."""
    return Operation(Verb.CREATE, kind, ref=ref(kind, name), fields=fields)


@dataclass
class Ground:
    """Names are given when it is made, so that every part may refer to every other."""

    facts: Facts
    scope: Scope
    texts: Texts
    names: dict[URIRef, str] = field(default_factory=dict)  # of object types
    interfaces: dict[URIRef, str] = field(default_factory=dict)
    value_types: dict[URIRef, str] = field(default_factory=dict)
    properties: dict[URIRef, str] = field(default_factory=dict)
    supers: dict[URIRef, list[URIRef]] = field(default_factory=dict)  # of object types, without cycles

    def __post_init__(self) -> None:
        scope = self.scope
        direct = {iri: [above for above in scope.supers[iri] if scope.is_object_type(above)] for iri in scope.object_types}
        self.supers, cut = without_cycles(direct)
        for below, above in cut:
            self.facts.tally.add(
                Code.CYCLE_CUT, str(below), f"Its superclass {local_name(above)} is below it; this edge of the cycle is cut."
            )
        types = Names()
        self.names = self._assigned(scope.object_types, lambda text: pascal(text, "Type"), types)
        below_something = {above for below, all_above in scope.supers.items() for above in self.supers.get(below, all_above)}
        for iri in sorted(self.names, key=lambda each: (self.names[each], each)):
            if iri in below_something:
                self.interfaces[iri] = types.take(f"{self.names[iri][:90]}Interface")
        data = [*scope.datatypes, *scope.enumerations]
        self.value_types = self._assigned(data, lambda text: camel(text, "type"), Names())
        self.properties = self._assigned(scope.properties, lambda text: camel(text, "property"), Names())
        self._list_renamed(self.names, lambda name: name)
        self._list_renamed(self.value_types, lambda name: camel(name, "type"))
        self._list_renamed(self.properties, lambda name: name)

    def _assigned(self, terms: list[URIRef], form: Any, names: Names) -> dict[URIRef, str]:
        return assigned(terms, form, self.texts.label, home=self.scope.home, deprecated=self.scope.deprecated, names=names)

    def _list_renamed(self, names: dict[URIRef, str], unchanged: Any) -> None:
        for iri, name in names.items():
            if name != unchanged(local_name(iri)):
                self.facts.tally.add(Code.RENAMED, str(iri), f"{local_name(iri) or iri} is named {name}.")

    @cached_property
    def above(self) -> dict[URIRef, frozenset[URIRef]]:
        """Of each object type, all that it is below, directly or not."""
        return ancestors(self.supers)

    def implemented(self, iri: URIRef) -> list[URIRef]:
        """The classes whose interfaces the object type implements: its own if it has one, else those of its superclasses."""
        return [iri] if iri in self.interfaces else self.supers[iri]

    def seen_through(self, iri: URIRef) -> frozenset[URIRef]:
        """The classes whose interface properties and links the object type sees."""
        return self.above[iri] | ({iri} if iri in self.interfaces else frozenset())

    def status(self, iri: URIRef, replacements: dict[URIRef, str]) -> dict[str, Any]:
        """EXPERIMENTAL is the default; what is deprecated says what replaces it, where that was carried."""
        if iri not in self.scope.deprecated:
            return {}
        for thing in self.facts.things(iri, OWL.deprecated):
            self.facts.carry(iri, OWL.deprecated, thing)
        successors = [each for each in self.facts.things(iri, *sorted(SUPERSEDED)) if isinstance(each, URIRef)]
        deprecation: dict[str, Any] = {}
        if successors:
            deprecation["message"] = f"Superseded by {', '.join(map(local_name, successors))}."
        carried = [each for each in successors if each in replacements and each != iri]
        if carried:
            deprecation["replacedBy"] = replacements[carried[0]]
            for predicate, thing in self.facts.of(iri, SUPERSEDED):
                if thing == carried[0]:
                    self.facts.carry(iri, predicate, thing)
        return {"status": "DEPRECATED"} | ({"deprecation": deprecation} if deprecation else {})
