"""Interfaces, as clients read them."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from app.domain import interface as words
from app.domain.definition import Edge
from app.domain.kind import Kind
from app.persistence.reads.entities import referring
from resolvers.arguments import Interfaces, ObjectTypes, OrderBy
from resolvers.enums import BaseType, Multiplicity
from resolvers.paging import After, Before, Connection, First, Last, Paging
from resolvers.types.entity import Entity, kind, one, several
from resolvers.types.lists import entities_of
from resolvers.types.object_type import ObjectType
from resolvers.types.reading import Read, base_type, leaf, part
from resolvers.types.refs import InterfaceRef, ObjectTypeRef, SharedPropertyRef, ValueTypeRef
from resolvers.types.typed import Constraint, DataType


@part(words.InterfaceProperty, description="A property of an interface: it follows a shared property, or has a name and a type of its own.")
class InterfaceProperty(Read):
    key: str = leaf("What stays when it is renamed, and what mappings name it by.")
    api_name: str | None = leaf("Its own name; null where it follows a shared property.")
    display_name: str = leaf("What people read; empty where nobody said.")
    description: str = leaf("What it stands for; empty where nobody said.")
    base_type: BaseType | None = base_type("Its own base type; null where it follows a shared property.")
    type: DataType | None = leaf("Its own base type with its parameters; null where it follows a shared property.")
    constraints: list[Constraint] = leaf("Restrictions of its own.")
    required: bool = leaf("Whether every object type that implements the interface must map it.")

    @strawberry.field(description="The shared property that it follows.")
    def shared_property(self, info: strawberry.Info[Any]) -> SharedPropertyRef | None:
        return one(info, self._at, self._json.get("sharedProperty"))

    @strawberry.field(description="The value type whose constraints it obeys.")
    def value_type(self, info: strawberry.Info[Any]) -> ValueTypeRef | None:
        return one(info, self._at, self._json.get("valueType"))


LinkTarget = Annotated[
    ObjectType | InterfaceRef, strawberry.union("LinkTarget", description="Where a link constraint of an interface leads.")
]


@part(words.InterfaceLink, description="A link that the object types which implement an interface must, or may, have.")
class InterfaceLink(Read):
    key: str = leaf("What stays when it is renamed.")
    api_name: str = leaf("A camelCase name, unique in the interface.")
    display_name: str = leaf("What people read; empty where nobody said.")
    description: str = leaf("What it stands for; empty where nobody said.")
    multiplicity: Multiplicity = leaf("How many links there may be.")
    required: bool = leaf("Whether every object type that implements the interface must have it.")

    @strawberry.field(description="Where it leads: to an object type, or to any that implements an interface.")
    def target(self, info: strawberry.Info[Any]) -> LinkTarget:
        return one(info, self._at, self._json["target"])


@kind(
    words.InterfaceDefinition,
    description="An abstract shape that object types implement and interfaces extend; it has no objects of its own.",
)
class Interface(Entity):
    properties: list[InterfaceProperty] = leaf("Its own properties; those that it inherits are with the interfaces that it extends.")
    links: list[InterfaceLink] = leaf("Its own link constraints.")

    @strawberry.field(description="The interfaces that it extends directly.")
    def extends(self, info: strawberry.Info[Any]) -> list[InterfaceRef]:
        return several(info, self._at, self._json.get("extends", []))

    @strawberry.field(description="The interfaces that extend it directly, by apiName.")
    def extended_by(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: Interfaces = None, order_by: OrderBy = None,
    ) -> Connection[InterfaceRef]:  # fmt: skip
        source = referring(Kind.INTERFACE, Edge.EXTENDS)
        return entities_of(info, source, self.rid, self._at, Paging(first, after, last, before), asked=filter, order_by=order_by)

    @strawberry.field(description="The object types that implement it directly, by apiName.")
    def implemented_by(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: ObjectTypes = None, order_by: OrderBy = None,
    ) -> Connection[ObjectTypeRef]:  # fmt: skip
        source = referring(Kind.OBJECT_TYPE, Edge.IMPLEMENTS)
        return entities_of(info, source, self.rid, self._at, Paging(first, after, last, before), asked=filter, order_by=order_by)
