"""Conformance: what an object type owes to the interfaces that it implements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Self

from app.domain.closure import Closure
from app.domain.definition import Edge, Reference
from app.domain.interface import InterfaceLink, Member, Multiplicity, ancestors, member_links, members
from app.domain.kind import Kind
from app.domain.link_type import Cardinality, LinkTypeDefinition
from app.domain.property import PropertyDefinition
from app.domain.rid import Rid
from app.domain.rules import Violation, state
from app.domain.value import Item

TWICE = state("conformance.twice", "Each property of an interface is mapped once.")
MAPPED = state("conformance.required-property", "Every required property of an interface is mapped to an own property.")
MAPPED_TO_OWN = state("conformance.own-property", "An interface's property is mapped to a property of the same object type.")
SAME_TYPE = state("conformance.type", "A property has the type of the interface property that it implements.")
UNKNOWN = state("conformance.unknown-property", "Only properties of the interface, own or inherited, are mapped.")
NAMES = state("conformance.name", "A property bears the name of an interface's property only where it implements it.")
LINKED = state("conformance.required-link", "Every required link of an interface is there, to its target and with its multiplicity.")


class Mapped(Item):
    """One interface property and the own property that implements it."""

    identity: ClassVar[tuple[str, ...]] = ("interface_property", "declared_by")

    interface_property: str  # its key (what it was first named), or its shared property's rid
    declared_by: Rid | None = None  # the interface that declares it, where two have the same key
    property: Rid


class Implementation(Item):
    """An interface that is implemented, with the mapping of its properties."""

    identity: ClassVar[tuple[str, ...]] = ("interface",)

    interface: Rid
    mapping: tuple[Mapped, ...] = ()

    def references(self) -> Iterator[Reference]:
        """The interface and the mapped properties."""
        place = f"implements[{self.interface}]"
        yield Reference(place, self.interface, Edge.IMPLEMENTS, (Kind.INTERFACE,))
        for mapped in self.mapping:
            at = f"{place}.mapping[{mapped.identifier}]"
            yield Reference(f"{at}.property", mapped.property, Edge.MAPPED_TO, (Kind.PROPERTY,))
            if mapped.declared_by is not None:
                yield Reference(f"{at}.declaredBy", mapped.declared_by, Edge.DECLARED_BY, (Kind.INTERFACE,))

    def detached(self, gone: frozenset[str]) -> Self:
        """Without the mapped properties that go."""
        return self.model_copy(
            update={"mapping": tuple(each for each in self.mapping if each.property not in gone and each.declared_by not in gone)}
        )

    def find(self, members: Sequence[Member]) -> list[Mapped]:
        """What implements the property that these members are; what names the interface goes before what does not."""
        named = [
            mapped
            for mapped in self.mapping
            if any(
                mapped.declared_by in (None, member.interface)
                and mapped.interface_property in (member.item.key, member.item.shared_property)
                for member in members
            )
        ]
        return [mapped for mapped in named if mapped.declared_by is not None] or named


def conformance(implements: tuple[Implementation, ...], rid: str, closure: Closure) -> Iterator[Violation]:
    """What the object type with this rid owes."""
    taken: dict[str, set[str]] = {}  # name of an interface's property → own properties that implement it
    for each in implements:
        yield from _implementation(each, rid, closure, taken)
    if taken:
        yield from _names(rid, closure, taken)


def _implementation(each: Implementation, rid: str, closure: Closure, taken: dict[str, set[str]]) -> Iterator[Violation]:
    place = f"implements[{each.interface}]"
    offered = list(members(each.interface, closure))
    known = {name for member in offered for name in (member.item.key, member.item.shared_property)}
    for mapped in each.mapping:
        if mapped.interface_property not in known:
            yield UNKNOWN.broken(f"{place}.mapping[{mapped.identifier}]", value=mapped.interface_property)
    by_identity: dict[tuple[str, str], list[Member]] = {}
    for member in offered:
        by_identity.setdefault(member.identity, []).append(member)
    for same in by_identity.values():
        yield from _member(each, same, rid, closure, taken)
    for _, link in member_links(each.interface, closure):
        if link.required and not _satisfied(link, rid, closure):
            yield LINKED.broken(
                f"{place}.links[{link.identifier}]", f"The link {link.api_name} of the interface is required and missing.", value=link.key
            )


def _member(each: Implementation, same: list[Member], rid: str, closure: Closure, taken: dict[str, set[str]]) -> Iterator[Violation]:
    member = same[0]
    found = each.find(same)
    place = f"implements[{each.interface}].mapping[{member.item.key}]"
    implementers = taken.setdefault(member.api_name.lower(), set())
    if not found:
        if any(one.item.required for one in same):
            yield MAPPED.broken(place, f"The interface requires {member.api_name}, and nothing implements it.", value=member.item.key)
        return
    if len(found) > 1:
        yield TWICE.broken(place, f"{member.api_name} is mapped {len(found)} times.", value=member.item.key)
    mapped = found[0]
    implementers.add(mapped.property)
    own = closure.definition(mapped.property, PropertyDefinition)
    if own is None:
        return  # reference.exists says so
    if own.object_type != rid:
        yield MAPPED_TO_OWN.broken(f"{place}.property", f"{own.api_name} is a property of another object type.", value=mapped.property)
    elif member.type is not None and not own.type.same_as(member.type):
        yield SAME_TYPE.broken(
            place,
            f"{own.api_name} is a {own.type.base}, {member.api_name} a {member.type.base}.",
            value=own.type.base,
            bound=member.type.base,
        )


def _names(rid: str, closure: Closure, taken: dict[str, set[str]]) -> Iterator[Violation]:
    for entity in closure.referrers(rid, Edge.OWNER):
        name = entity.definition.api_name
        implementers = taken.get(name.lower())
        if implementers is not None and entity.rid not in implementers:
            yield NAMES.broken(
                "implements", f"{name} bears the name of an interface's property and does not implement it.", value=name, by=(entity.rid,)
            )


def _satisfied(link: InterfaceLink, rid: str, closure: Closure) -> bool:
    for entity in closure.referrers(rid, Edge.SIDE):
        definition = entity.definition
        if not isinstance(definition, LinkTypeDefinition):
            continue
        for near, far, many in (
            (definition.a, definition.b, definition.cardinality is not Cardinality.ONE_TO_ONE),
            (definition.b, definition.a, definition.cardinality is Cardinality.MANY_TO_MANY),
        ):
            if near.object_type != rid or many != (link.multiplicity is Multiplicity.MANY):
                continue
            if link.target == far.object_type or _implements(far.object_type, link.target, closure):
                return True
    return False


def _implements(rid: str, interface: str, closure: Closure) -> bool:
    object_type = closure.get(rid)
    if object_type is None:
        return False
    direct = [reference.target for reference in object_type.references if reference.edge is Edge.IMPLEMENTS]
    return interface in direct or any(interface in ancestors(each, closure) for each in direct)
