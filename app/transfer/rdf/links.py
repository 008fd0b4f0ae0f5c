"""Class ranges to link types: one for each pair of domain and range, a pair of inverses being one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rdflib import OWL, RDF, RDFS, URIRef

from app.domain.common import ANNOTATIONS
from app.domain.kind import Kind
from app.transfer.rdf.ground import Ground, create, to
from app.transfer.rdf.naming import LONGEST, Names, camel
from app.transfer.rdf.vocabulary import INVERSES
from app.transfer.receipt import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.change_set import Operation
    from app.transfer.rdf.properties import Owned
    from app.transfer.rdf.uses import Use

_KEYED = "foreign key"


@dataclass(frozen=True, order=True)
class Pair:
    """One domain and one range of one property, as IRIs."""

    property: URIRef
    domain: URIRef
    range: URIRef


class Links:
    """The link types of a file. Names are given in two passes, so that side A has the property's name where it can."""

    def __init__(self, ground: Ground, found: list[Use], owned: Owned) -> None:
        self._ground = ground
        self._owned = owned
        self._uses = {use.iri: use for use in found if use.ends}
        self._inverses = self._read_inverses()
        self._pairs: dict[Pair, Pair | None] = self._merged()
        self._functional = {iri for iri in self._uses if OWL.FunctionalProperty in ground.facts.types(iri)}
        self._inverse_functional = {iri for iri in self._uses if OWL.InverseFunctionalProperty in ground.facts.types(iri)}
        own = Names()
        self._a: dict[Pair, str] = {}
        self._b: dict[Pair, str] = {}
        self.names: dict[Pair, str] = {}
        order = sorted(self._pairs, key=lambda pair: (self._uses[pair.property].name, ground.names[pair.domain], ground.names[pair.range]))
        for pair in order:
            self._a[pair] = owned.slots[pair.domain].take(self.side_name(pair))
        for pair in order:
            self._b[pair] = owned.slots[pair.range].take(self._back_name(pair, self._pairs[pair]))
        for pair in order:
            side = self._a[pair]
            self.names[pair] = own.take(f"{camel(ground.names[pair.domain])}{side[0].upper()}{side[1:]}"[:LONGEST])

    def side_name(self, pair: Pair) -> str:
        """The property's name, with the range's where the property leads to other things too."""
        use = self._uses[pair.property]
        if len(use.classes) > 1 or use.held is not None:
            return f"{use.name}{self._ground.names[pair.range]}"[:LONGEST]
        return use.name

    def _back_name(self, pair: Pair, inverse: Pair | None) -> str:
        if inverse is not None and inverse != pair:
            return self.side_name(inverse)
        for iri in self._inverses.get(pair.property, ()):
            if iri in self._uses and iri != pair.property:
                return self.side_name(Pair(iri, pair.range, pair.domain))
        return f"{self._uses[pair.property].name}Of{self._ground.names[pair.domain]}"[:LONGEST]

    def _read_inverses(self) -> dict[URIRef, list[URIRef]]:
        """Both directions of every statement about inverses; a symmetric property is its own."""
        facts = self._ground.facts
        found: dict[URIRef, set[URIRef]] = {}
        for iri in self._ground.scope.properties:
            for _, thing in facts.of(iri, INVERSES):
                if isinstance(thing, URIRef):
                    found.setdefault(iri, set()).add(thing)
                    found.setdefault(thing, set()).add(iri)
            if OWL.SymmetricProperty in facts.types(iri):
                found.setdefault(iri, set()).add(iri)
                facts.carry(iri, RDF.type, OWL.SymmetricProperty)
        return {iri: sorted(inverses) for iri, inverses in found.items()}

    def _merged(self) -> dict[Pair, Pair | None]:
        """Every pair, without those that are the other direction of an earlier one; with that other direction."""
        every = {Pair(use.iri, domain, over) for use in self._uses.values() for domain, over in use.ends}
        kept: dict[Pair, Pair | None] = {}
        gone: set[Pair] = set()
        for pair in sorted(every):
            if pair in gone:
                continue
            kept[pair] = None
            for iri in self._inverses.get(pair.property, ()):
                other = Pair(iri, pair.range, pair.domain)
                if other in every and other not in kept and other not in gone:
                    kept[pair] = other
                    gone.add(other)
                    self._carry_inverse(pair.property, iri)
                    break
        return kept

    def _carry_inverse(self, iri: URIRef, inverse: URIRef) -> None:
        for predicate in INVERSES:
            self._ground.facts.carry(iri, predicate, inverse)
            self._ground.facts.carry(inverse, predicate, iri)

    def operations(self) -> Iterator[Operation]:
        """The link types, by name; their foreign keys are added to the properties."""
        for pair in sorted(self._pairs, key=lambda each: self.names[each]):
            yield create(Kind.LINK_TYPE, self.names[pair], self._fields(pair, self._pairs[pair]))

    def _fields(self, pair: Pair, inverse: Pair | None) -> dict[str, Any]:
        use = self._uses[pair.property]
        sides = {
            "a": self._side(pair.domain, self._a[pair], use.fields["displayName"]),
            "b": self._side(pair.range, self._b[pair], self._uses[inverse.property].fields["displayName"] if inverse else ""),
        }
        fields = {"apiName": self.names[pair], **use.fields, **self._status(pair, inverse), **self._backed(pair, inverse, sides)}
        if inverse is not None and inverse.property != pair.property:
            fields["annotations"] = _with_inverse(use.fields, self._uses[inverse.property])
        return fields

    def _side(self, iri: URIRef, name: str, display: str) -> dict[str, Any]:
        side = {"objectType": to(Kind.OBJECT_TYPE, self._ground.names[iri]), "apiName": name}
        return side | ({"displayName": display} if display else {})

    def is_single(self, pair: Pair) -> bool:
        """Whether an object of the domain has at most one such link."""
        return pair.property in self._functional or any(each in self._inverse_functional for each in self._inverses.get(pair.property, ()))

    def _backed(self, pair: Pair, inverse: Pair | None, sides: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Many to many through a join, unless the file says that one object has at most one; the one side is side A."""
        forward = self.is_single(pair)
        backward = pair.property in self._inverse_functional or (inverse is not None and inverse.property in self._functional)
        if not forward and not backward:
            return {**sides, "cardinality": "MANY_TO_MANY", "backing": {"type": "JOIN"}}
        for iri, kind in ((pair.property, OWL.FunctionalProperty), (pair.property, OWL.InverseFunctionalProperty)):
            self._ground.facts.carry(iri, RDF.type, kind)
        holder, side = (pair.domain, self._a[pair]) if forward else (pair.range, self._b[pair])
        name = self._owned.slots[holder].take(f"{side[: LONGEST - 3]}Iri")
        self._owned.generated.append(self._owned.generate(holder, name, _KEYED))
        key = {"type": "FOREIGN_KEY", "property": to(Kind.PROPERTY, f"{self._ground.names[holder]}.{name}")}
        if forward and backward:
            return {**sides, "cardinality": "ONE_TO_ONE", "backing": key}
        if forward:
            sides = {"a": sides["b"], "b": sides["a"]}
        return {**sides, "cardinality": "ONE_TO_MANY", "backing": key}

    def _status(self, pair: Pair, inverse: Pair | None) -> dict[str, Any]:
        """DEPRECATED where both directions are."""
        ground = self._ground
        old = ground.scope.deprecated
        if pair.property not in old or (inverse is not None and inverse.property not in old):
            return {}
        successors = {
            each.property: to(Kind.LINK_TYPE, name)
            for each, name in self.names.items()
            if (each.domain, each.range) == (pair.domain, pair.range) and each != pair
        }
        return ground.status(pair.property, successors)

    def constraints(self) -> dict[URIRef, list[dict[str, Any]]]:
        """The optional link constraints of interfaces, named so that no interface sees two of one name."""
        return _constraints(self._ground, self, self._owned)

    def on_interfaces(self) -> list[Pair]:
        """The pairs whose domain is an interface, both directions, ancestors before what is below them."""
        ground = self._ground
        every = [*self._pairs, *(other for other in self._pairs.values() if other is not None)]
        found = {pair for pair in every if pair.domain in ground.interfaces}
        return sorted(found, key=lambda pair: (len(ground.above[pair.domain]), self._uses[pair.property].name, pair))

    def use(self, pair: Pair) -> Use:
        """The property of a pair."""
        return self._uses[pair.property]


def _with_inverse(fields: dict[str, Any], inverse: Use) -> dict[str, Any]:
    """The annotations of a link type that says what the file says of two properties; side B bears the other's label."""
    made = {key: list(texts) for key, texts in fields.get("annotations", {}).items()}
    added: dict[str, list[dict[str, str]]] = {str(OWL.inverseOf): [{"text": str(inverse.iri)}]}
    if "description" in inverse.fields:
        added[str(RDFS.comment)] = [{"text": inverse.fields["description"]}]
    for language, texts in inverse.fields.get("translations", {}).items():
        for key, name in ((str(RDFS.label), "displayName"), (str(RDFS.comment), "description")):
            if name in texts:
                added.setdefault(key, []).append({"text": texts[name], "language": language})
    for key, texts in inverse.fields.get("annotations", {}).items():
        added.setdefault(key, []).extend(texts)
    for key, texts in added.items():
        if key in made or len(made) < ANNOTATIONS:
            made[key] = [*made.get(key, []), *(text for text in texts if text not in made.get(key, []))]
    return {key: made[key] for key in sorted(made)}


def _constraints(ground: Ground, links: Links, owned: Owned) -> dict[URIRef, list[dict[str, Any]]]:
    below: dict[URIRef, set[URIRef]] = {iri: {iri} for iri in ground.interfaces}
    for iri in ground.interfaces:
        for above in ground.above[iri]:
            below[above].add(iri)
    holders: dict[str, list[tuple[URIRef, Pair | None]]] = {}
    for iri, members in owned.members.items():
        for use in members:
            holders.setdefault(use.name.lower(), []).append((iri, None))
    made: dict[URIRef, list[dict[str, Any]]] = {}
    for pair in links.on_interfaces():
        same = [pair.property, pair.range]
        wished = links.side_name(pair)
        held = holders.get(wished.lower(), [])
        if any(
            other is not None and [other.property, other.range] == same and holder in ground.above[pair.domain] for holder, other in held
        ):
            continue  # it is seen through the interface above
        name = _free(pair, wished, holders, below, ground)
        holders.setdefault(name.lower(), []).append((pair.domain, pair))
        made.setdefault(pair.domain, []).append(_constraint(ground, links, pair, name))
        if name != wished:
            sentence = (
                f"The link {wished} of {ground.interfaces[pair.domain]} is named {name} there, since an interface below inherits another."
            )
            ground.facts.tally.add(Code.LINK_CONSTRAINT_RENAMED, str(pair.property), sentence)
    return made


def _free(
    pair: Pair, wished: str, holders: dict[str, list[tuple[URIRef, Pair | None]]], below: dict[URIRef, set[URIRef]], ground: Ground
) -> str:
    """The wished name, else with the domain's name, else with a number: one that no related interface has."""
    suffix = f"Of{ground.names[pair.domain]}"
    candidates = [wished, f"{wished}{suffix}"[:LONGEST]]
    count = 2
    while True:
        for name in candidates:
            if all(below[holder].isdisjoint(below[pair.domain]) for holder, _ in holders.get(name.lower(), [])):
                return name
        candidates = [f"{wished[: LONGEST - 4]}{count}"]
        count += 1


def _constraint(ground: Ground, links: Links, pair: Pair, name: str) -> dict[str, Any]:
    use = links.use(pair)
    target = pair.range
    aims = to(Kind.INTERFACE, ground.interfaces[target]) if target in ground.interfaces else to(Kind.OBJECT_TYPE, ground.names[target])
    made = {"key": name, "apiName": name, "displayName": use.fields["displayName"], "target": aims}
    return made | ({"multiplicity": "SINGLE"} if links.is_single(pair) else {})
