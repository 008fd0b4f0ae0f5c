"""Object types, as clients read them."""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar

import strawberry

from app.domain import conformance, object_type
from app.domain.definition import Edge
from app.domain.kind import Kind
from app.persistence.reads.entities import OWNED, SIDES, referring
from app.persistence.reads.selection import Order
from resolvers.arguments import LinkTypes, Properties, PropertyOrderBy
from resolvers.enums import Cardinality, Visibility
from resolvers.filters import where
from resolvers.paging import After, Before, Connection, First, Last, List, Paging, connection
from resolvers.types.entity import Entity, entity, kind, one, refers, several
from resolvers.types.lists import entities_of
from resolvers.types.reading import Read, Row, leaf, part
from resolvers.types.refs import ActionTypeRef, InterfaceRef, LinkTypeRef, ObjectTypeLinkRef, ObjectTypeRef, PropertyRef, TypeGroupRef


@part(object_type.Icon, description="How an object type is drawn.")
class Icon(Read):
    name: str = leaf("The name of a picture in the client's own set; empty where nobody said.")
    colour: str | None = leaf("As #RRGGBB.")


@part(conformance.Mapped, description="One property of an interface and the own property that implements it.")
class PropertyMapping(Read):
    interface_property: str = leaf("The key of the interface's property, or the rid of the shared property that it follows.")

    @strawberry.field(description="The interface that declares it, where several have one of the same key.")
    def declared_by(self, info: strawberry.Info[Any]) -> InterfaceRef | None:
        return one(info, self._at, self._json.get("declaredBy"))

    @strawberry.field(description="The own property.")
    def property(self, info: strawberry.Info[Any]) -> PropertyRef:
        return one(info, self._at, self._json["property"])


@part(conformance.Implementation, description="An interface that an object type implements, with the mapping of its properties.")
class Implementation(Read):
    mapping: list[PropertyMapping] = leaf("Which own property implements which of the interface's.")

    @strawberry.field(description="The interface.")
    def interface(self, info: strawberry.Info[Any]) -> InterfaceRef:
        return one(info, self._at, self._json["interface"])


@strawberry.enum(description="An end of a link type.")
class LinkEnd(Enum):
    """As the definition says them."""

    A = strawberry.enum_value("a", description="Side A, the one side of ONE_TO_MANY.")
    B = strawberry.enum_value("b", description="Side B, the many side of ONE_TO_MANY.")


def _other(link: ObjectTypeLink) -> str:
    rid: str = link._record["side.other"]  # noqa: SLF001 - of our own class
    return rid


@strawberry.type(description="A link type seen from one of its ends; a link of an object type to itself is seen from both.")
class ObjectTypeLink(Row):
    api_name: str = leaf("The name by which objects of this end reach the other.")
    display_name: str = leaf("What people read at this end; empty where nobody said.")
    visibility: Visibility = leaf("How prominently users see it at this end.")
    cardinality: Cardinality = leaf("That of the link type: side A is the one side of ONE_TO_MANY.")
    side: LinkEnd = leaf("Which end this is.")
    link_type: LinkTypeRef = strawberry.field(description="The link type.")

    LEAVES: ClassVar = {
        "api_name": "side.apiName", "display_name": "side.displayName", "visibility": "side.visibility", "cardinality": "side.cardinality",
        "side": "side.end", "other": "side.other",
    }  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        return entity(self._record, self._at) if name == "link_type" else super().__getattr__(name)

    @strawberry.field(description="The object type at the other end.", metadata=refers(_other))
    def other(self, info: strawberry.Info[Any]) -> ObjectTypeRef:
        return one(info, self._at, _other(self))


@kind(
    object_type.ObjectTypeDefinition,
    description="A type of real things, such as an employee or an aircraft, with its properties and links.",
)
class ObjectType(Entity):
    plural_display_name: str = leaf("The display name of many; empty where nobody said.")
    icon: Icon | None = leaf("How it is drawn.")
    visibility: Visibility = leaf("How prominently users see it.")
    aliases: list[str] = leaf("Former apiNames: they resolve where nothing bears them now.")
    implementations: list[Implementation] = leaf(
        "The interfaces that it implements, with the mapping of their properties.", key="implements"
    )

    @strawberry.field(description="The property whose values tell its objects apart.")
    def primary_key(self, info: strawberry.Info[Any]) -> PropertyRef:
        return one(info, self._at, self._json["primaryKey"])

    @strawberry.field(description="The property by which people recognise an object.")
    def title_property(self, info: strawberry.Info[Any]) -> PropertyRef | None:
        return one(info, self._at, self._json.get("titleProperty"))

    @strawberry.field(description="Its properties, in the author's order.")
    def properties(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: Properties = None, order_by: PropertyOrderBy = None,
    ) -> Connection[PropertyRef]:  # fmt: skip
        return entities_of(
            info, OWNED, self.rid, self._at, Paging(first, after, last, before), asked=filter, order_by=order_by, default=Order.POSITION
        )

    @strawberry.field(description="The links at whose ends it is, by the apiName of the link type.")
    def links(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: LinkTypes = None,
    ) -> Connection[ObjectTypeLinkRef]:  # fmt: skip
        links = List(SIDES, self.rid, self._at, Order.NAME, where=where(filter))
        return connection(info, links, Paging(first, after, last, before), ObjectTypeLink.over)

    @strawberry.field(description="The interfaces that it implements directly.")
    def interfaces(self, info: strawberry.Info[Any]) -> list[InterfaceRef]:
        return several(info, self._at, [each["interface"] for each in self._json.get("implements", ())])

    @strawberry.field(description="The action types that refer to it, by apiName.")
    def actions(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ActionTypeRef]:
        return entities_of(info, referring(Kind.ACTION_TYPE, Edge.ACTION), self.rid, self._at, Paging(first, after, last, before))

    @strawberry.field(description="Its type groups.")
    def type_groups(self, info: strawberry.Info[Any]) -> list[TypeGroupRef]:
        return several(info, self._at, self._json.get("typeGroups", []))
