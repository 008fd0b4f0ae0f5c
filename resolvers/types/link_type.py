"""Link types, as clients read them."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from app.domain import link_type as words
from resolvers.enums import BackingType, Cardinality, Visibility
from resolvers.types.entity import Entity, kind, one
from resolvers.types.reading import Read, leaf, part
from resolvers.types.refs import LinkTypeRef, ObjectTypeRef, PropertyRef


@part(words.LinkSide, description="One end of a link type.")
class LinkSide(Read):
    api_name: str = leaf("The name by which objects of this end reach the other; unique in the object type.")
    display_name: str = leaf("What people read at this end; empty where nobody said.")
    visibility: Visibility = leaf("How prominently users see it at this end.")

    @strawberry.field(description="The object type at this end.")
    def object_type(self, info: strawberry.Info[Any]) -> ObjectTypeRef:
        return one(info, self._at, self._json["objectType"])


@part(words.ForeignKey, description="A property of the many side holds the other side's primary key.")
class ForeignKeyBacking(Read):
    type: BackingType = leaf("FOREIGN_KEY.")

    @strawberry.field(description="The property.")
    def property(self, info: strawberry.Info[Any]) -> PropertyRef:
        return one(info, self._at, self._json["property"])


@part(words.Join, description="A table of pairs of keys.")
class JoinBacking(Read):
    type: BackingType = leaf("JOIN.")


@part(words.Intermediary, description="An object type between the two ends, so that links carry properties.")
class IntermediaryBacking(Read):
    type: BackingType = leaf("INTERMEDIARY.")

    @strawberry.field(description="The object type in between.")
    def object_type(self, info: strawberry.Info[Any]) -> ObjectTypeRef:
        return one(info, self._at, self._json["objectType"])

    @strawberry.field(description="The one-to-many link type from side A to it.")
    def link_a(self, info: strawberry.Info[Any]) -> LinkTypeRef:
        return one(info, self._at, self._json["linkA"])

    @strawberry.field(description="The one-to-many link type from side B to it.")
    def link_b(self, info: strawberry.Info[Any]) -> LinkTypeRef:
        return one(info, self._at, self._json["linkB"])


LinkBacking = Annotated[
    ForeignKeyBacking | JoinBacking | IntermediaryBacking, strawberry.union("LinkBacking", description="How a link type is backed.")
]
_BACKINGS: dict[str, type[Read]] = {"FOREIGN_KEY": ForeignKeyBacking, "JOIN": JoinBacking, "INTERMEDIARY": IntermediaryBacking}


@kind(words.LinkTypeDefinition, description="How objects of two types are connected; both ends may be one object type.")
class LinkType(Entity):
    a: LinkSide = leaf("Side A, the one side of ONE_TO_MANY.")
    b: LinkSide = leaf("Side B, the many side of ONE_TO_MANY.")
    cardinality: Cardinality = leaf("How many objects one object is linked to.")

    @strawberry.field(description="How it is backed.")
    def backing(self) -> LinkBacking:
        json = self._json["backing"]
        backing: LinkBacking = _BACKINGS[json["type"]].over(json, self._at)  # type: ignore[assignment]  # one of the three
        return backing
