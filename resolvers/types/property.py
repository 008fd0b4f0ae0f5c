"""Properties, as clients read them."""

from __future__ import annotations

from typing import Any

import strawberry

from app.domain.property import PropertyDefinition
from resolvers.enums import BaseType, Visibility
from resolvers.types.entity import Entity, kind, one
from resolvers.types.reading import base_type, leaf
from resolvers.types.refs import ObjectTypeRef, SharedPropertyRef, ValueTypeRef
from resolvers.types.typed import Constraint, DataType, Format


@kind(PropertyDefinition, description="What one object type knows about its objects.")
class Property(Entity):
    base_type: BaseType = base_type("The base type, without its parameters.")
    type: DataType = leaf("The base type with its parameters.")
    required: bool = leaf("Whether every object has a value.")
    indexed_for_search: bool = leaf("Whether objects are found by its values.")
    format: Format | None = leaf("How values are shown.")
    constraints: list[Constraint] = leaf("Restrictions of its own, beside those of its value type.")
    visibility: Visibility = leaf("How prominently users see it.")
    position: str = leaf("A fractional key: siblings are in the order of these texts.")

    @strawberry.field(description="The object type that it belongs to.")
    def object_type(self, info: strawberry.Info[Any]) -> ObjectTypeRef:
        return one(info, self._at, self._json["objectType"])

    @strawberry.field(description="The shared property that it follows, of which it has the type.")
    def shared_property(self, info: strawberry.Info[Any]) -> SharedPropertyRef | None:
        return one(info, self._at, self._json.get("sharedProperty"))

    @strawberry.field(description="The value type whose constraints it obeys.")
    def value_type(self, info: strawberry.Info[Any]) -> ValueTypeRef | None:
        return one(info, self._at, self._json.get("valueType"))
