"""Interface: an abstract shape that object types implement and interfaces extend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from pydantic import field_validator

from app.domain import constraints
from app.domain.closure import Closure
from app.domain.common import api_name, text
from app.domain.constraints import Constraint
from app.domain.datatype import BaseType, DataType
from app.domain.definition import Definition, Edge, Name, Reference, Status
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.rid import Rid
from app.domain.rules import Violation, state, transition
from app.domain.searched import Searched, part
from app.domain.shared_property import SharedPropertyDefinition
from app.domain.text import CAMEL, DESCRIPTION, DISPLAY_NAME, PASCAL, Text
from app.domain.typed import MARKING_REQUIRED, VALUE_TYPE_FITS
from app.domain.value import Item, SetOf, keyed
from app.domain.value_type import ValueTypeDefinition

EXTENDED = 100  # interfaces, transitively
PROPERTIES = 2_000

CYCLE = state("interface.cycle", "An interface does not extend itself, not even by way of others.")
EXTENDS_BOUND = state("interface.extends", "An interface extends at most 100 others, transitively.")
OWN_OR_SHARED = state(
    "interface.property", "A property of an interface either follows a shared property or has a name and a type of its own."
)
UNIQUE = state("interface.member-unique", "Properties and links have one name each within an interface and all that it extends.")
STAYS_REQUIRED = state("interface.stays-required", "An inherited required property cannot be made optional.")
COUNT = state("interface.size", "An interface has at most 2,000 properties and 2,000 links.")
LOSES = transition("interface.loses-property", "An ACTIVE interface cannot lose a property.")


class Multiplicity(StrEnum):
    """How many links a constraint is about."""

    SINGLE = "SINGLE"
    MANY = "MANY"


class InterfaceProperty(Item):
    """Follows a shared property, or has a name and a type of its own; `key` stays when it is renamed."""

    key: str
    shared_property: Rid | None = None
    api_name: str | None = None
    display_name: Text = ""
    description: Text = ""
    type: DataType | None = None
    constraints: tuple[Constraint, ...] = ()
    value_type: Rid | None = None
    required: bool = False

    @field_validator("constraints", mode="before")
    @classmethod
    def _keys(cls, items: Any) -> Any:
        return keyed(items, "constraint")


class InterfaceLink(Item):
    """A link that implementers must (or may) have; `key` stays when it is renamed."""

    key: str
    api_name: str
    display_name: Text = ""
    description: Text = ""
    target: Rid
    multiplicity: Multiplicity = Multiplicity.MANY
    required: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """An interface's property as an implementer sees it, own or inherited."""

    interface: str
    item: InterfaceProperty
    api_name: str
    type: DataType | None

    @property
    def identity(self) -> tuple[str, str]:
        """The same shared property reached by two paths counts once."""
        if self.item.shared_property is not None:
            return ("", self.item.shared_property)
        return (self.interface, self.item.key)

    @property
    def marks(self) -> frozenset[tuple[str, str]]:
        """All by which it is known again when it begins or ceases to follow a shared property."""
        return frozenset({self.identity, (self.interface, self.item.key)})


class InterfaceDefinition(Definition):
    """Abstract: it has no objects of its own."""

    kind = Kind.INTERFACE
    api_name_pattern = PASCAL
    api_name_form = "a PascalCase name of up to 100 letters and digits"

    extends: SetOf[Rid] = ()
    properties: tuple[InterfaceProperty, ...] = ()
    links: tuple[InterfaceLink, ...] = ()

    @field_validator("properties", "links", mode="before")
    @classmethod
    def _keys(cls, items: Any) -> Any:
        return keyed(items, "member")

    def references(self) -> Iterator[Reference]:
        yield from super().references()
        for rid in self.extends:
            yield Reference("extends", rid, Edge.EXTENDS, (Kind.INTERFACE,))
        for item in self.properties:
            place = f"properties[{item.identifier}]"
            if item.shared_property is not None:
                yield Reference(f"{place}.sharedProperty", item.shared_property, Edge.SHARED_PROPERTY, (Kind.SHARED_PROPERTY,))
            if item.value_type is not None:
                yield Reference(f"{place}.valueType", item.value_type, Edge.VALUE_TYPE, (Kind.VALUE_TYPE,))
        for link in self.links:
            yield Reference(f"links[{link.identifier}].target", link.target, Edge.LINK_TARGET, (Kind.OBJECT_TYPE, Kind.INTERFACE))

    def names(self) -> Iterator[Name]:
        yield Name("type", self.api_name, "apiName")
        if self.source_iri:
            yield Name("iri:interface", self.source_iri, "sourceIri")

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        yield from self._own(closure)
        above = ancestors(rid, closure)
        if rid in above:
            yield CYCLE.broken("extends", f"{self.api_name} extends itself.", value=list(self.extends))
            return
        if len(above) > EXTENDED:
            yield EXTENDS_BOUND.broken("extends", value=len(above), bound=EXTENDED)
        yield from self._members(rid, closure)

    def step_violations(self, before: Self, entity: Entity, closure: Closure) -> Iterator[Violation]:
        for heir in (entity.rid, *heirs(entity.rid, closure.before)):
            was = closure.before.definition(heir, InterfaceDefinition)
            if was is None or was.status is not Status.ACTIVE or heir not in closure:
                continue
            kept = {mark for member in members(heir, closure) for mark in member.marks}
            for member in members(heir, closure.before):
                if not kept & member.marks:
                    path = f"properties[{member.item.key}]" if member.interface == entity.rid else "extends"
                    sentence = f"{was.api_name} is ACTIVE and would lose {member.api_name}."
                    yield LOSES.broken(path, sentence, value=member.item.key, by=(heir,) if heir != entity.rid else ())

    def detached(self, gone: frozenset[str]) -> Self:
        kept = super().detached(gone)
        properties = tuple(
            item.model_copy(update={"value_type": None}) if item.value_type in gone else item
            for item in self.properties
            if item.shared_property not in gone
        )
        return kept.model_copy(
            update={
                "extends": tuple(rid for rid in self.extends if rid not in gone),
                "properties": properties,
                "links": tuple(link for link in self.links if link.target not in gone),
            },
        )

    def search_text(self) -> Iterator[Searched]:
        yield from super().search_text()
        for own in self.properties:
            yield from part(f"properties[{own.identifier}]", own.api_name or "", own.display_name, own.description)
        for link in self.links:
            yield from part(f"links[{link.identifier}]", link.api_name, link.display_name, link.description)

    def _own(self, closure: Closure) -> Iterator[Violation]:
        for name in ("properties", "links"):
            items: tuple[Item, ...] = getattr(self, name)
            if len(items) > PROPERTIES:
                yield COUNT.broken(name, value=len(items), bound=PROPERTIES)
        for item in self.properties:
            yield from _property(item, f"properties[{item.identifier}]", closure)
        for link in self.links:
            place = f"links[{link.identifier}]"
            yield from api_name(link.api_name, f"{place}.apiName", CAMEL, "a camelCase name of up to 100 letters and digits")
            yield from text(link.display_name, f"{place}.displayName", longest=DISPLAY_NAME)
            yield from text(link.description, f"{place}.description", longest=DESCRIPTION)

    def _members(self, rid: str, closure: Closure) -> Iterator[Violation]:
        seen: dict[str, tuple[str, str]] = {}
        required: dict[tuple[str, str], bool] = {}
        for member in sorted(members(rid, closure), key=lambda member: member.interface == rid):
            held = seen.setdefault(member.api_name.lower(), member.identity)
            place = f"properties[{member.item.identifier}]"
            if held != member.identity:
                yield UNIQUE.broken(
                    f"{place}.apiName", f"Two members of {self.api_name} are named {member.api_name}.", value=member.api_name
                )
            inherited = required.get(member.identity, False)
            if member.interface == rid and inherited and not member.item.required:
                yield STAYS_REQUIRED.broken(
                    f"{place}.required", f"{member.api_name} is required by an interface that is extended.", value=False
                )
            required[member.identity] = inherited or member.item.required
        for holder, link in member_links(rid, closure):
            identity = (holder, f"link {link.key}")
            if seen.setdefault(link.api_name.lower(), identity) != identity:
                yield UNIQUE.broken(
                    f"links[{link.identifier}].apiName", f"Two members of {self.api_name} are named {link.api_name}.", value=link.api_name
                )


def _property(item: InterfaceProperty, place: str, closure: Closure) -> Iterator[Violation]:
    own = item.api_name is not None and item.type is not None
    if own == (item.shared_property is not None) or (item.shared_property is not None and (item.api_name or item.type or item.value_type)):
        yield OWN_OR_SHARED.broken(place)
        return
    if item.api_name is not None and item.type is not None:
        yield from api_name(item.api_name, f"{place}.apiName", CAMEL, "a camelCase name of up to 100 letters and digits")
        yield from item.type.violations(f"{place}.type")
        yield from constraints.violations(item.constraints, item.type, f"{place}.constraints")
        if item.type.base is BaseType.MARKING and not item.required:
            yield MARKING_REQUIRED.broken(f"{place}.required", value=False, bound=True)
        value_type = closure.definition(item.value_type, ValueTypeDefinition)
        if value_type is not None and not value_type.type.same_as(item.type):
            yield VALUE_TYPE_FITS.broken(f"{place}.type", value=item.type.base, bound=value_type.type.base)
    yield from text(item.display_name, f"{place}.displayName", longest=DISPLAY_NAME)
    yield from text(item.description, f"{place}.description", longest=DESCRIPTION)


def ancestors(rid: str, closure: Closure) -> tuple[str, ...]:
    """The rids of everything that the interface extends, nearest first; it is among them only where there is a cycle."""
    return closure.remembered(rid, _extended)


def _extended(rid: str, closure: Closure) -> Iterable[str]:
    found: dict[str, None] = {}
    waiting = [rid]
    for current in waiting:
        definition = closure.definition(current, InterfaceDefinition)
        for parent in definition.extends if definition else ():
            if parent not in found:
                found[parent] = None
                waiting.append(parent)
    return found


def heirs(rid: str, closure: Closure) -> list[str]:
    """The rids of all that extend the interface, directly or by way of others."""
    found: dict[str, None] = {}
    waiting = [rid]
    for current in waiting:
        for entity in closure.referrers(current, Edge.EXTENDS):
            if entity.rid not in found:
                found[entity.rid] = None
                waiting.append(entity.rid)
    return list(found)


def members(rid: str, closure: Closure) -> Iterator[Member]:
    """Its properties and all that it inherits; one whose shared property is missing has no type and no place here."""
    for holder in dict.fromkeys((rid, *ancestors(rid, closure))):
        definition = closure.definition(holder, InterfaceDefinition)
        for item in definition.properties if definition else ():
            if item.shared_property is None:
                yield Member(holder, item, item.api_name or "", item.type)
            elif shared := closure.definition(item.shared_property, SharedPropertyDefinition):
                yield Member(holder, item, shared.api_name, shared.type)


def member_links(rid: str, closure: Closure) -> Iterator[tuple[str, InterfaceLink]]:
    """Its link constraints and all that it inherits, each with the interface that declares it."""
    for holder in dict.fromkeys((rid, *ancestors(rid, closure))):
        definition = closure.definition(holder, InterfaceDefinition)
        for link in definition.links if definition else ():
            yield holder, link
