"""Shared properties, as clients read them."""

from __future__ import annotations

from typing import Any

import strawberry

from app.domain.definition import Edge
from app.domain.kind import Kind
from app.domain.shared_property import SharedPropertyDefinition
from app.persistence.reads.entities import referring
from resolvers.enums import BaseType, Visibility
from resolvers.paging import After, Before, Connection, First, Last, Paging
from resolvers.types.entity import Entity, kind, one
from resolvers.types.lists import entities_of
from resolvers.types.reading import base_type, leaf
from resolvers.types.refs import InterfaceRef, PropertyRef, ValueTypeRef
from resolvers.types.typed import Constraint, DataType, Format


@kind(SharedPropertyDefinition, description="A property without an owner: written once, followed by properties and interfaces.")
class SharedProperty(Entity):
    base_type: BaseType = base_type("The base type, without its parameters.")
    type: DataType = leaf("The base type with its parameters.")
    required: bool = leaf("Whether every object has a value.")
    indexed_for_search: bool = leaf("Whether objects are found by its values.")
    format: Format | None = leaf("How values are shown.")
    constraints: list[Constraint] = leaf("Restrictions of its own, beside those of its value type.")
    visibility: Visibility = leaf("How prominently users see it.")

    @strawberry.field(description="The value type whose constraints it obeys.")
    def value_type(self, info: strawberry.Info[Any]) -> ValueTypeRef | None:
        return one(info, self._at, self._json.get("valueType"))

    @strawberry.field(description="The properties that follow it, by apiName.")
    def properties(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[PropertyRef]:
        return entities_of(info, referring(Kind.PROPERTY, Edge.SHARED_PROPERTY), self.rid, self._at, Paging(first, after, last, before))

    @strawberry.field(description="The interfaces that have it among their own properties, by apiName.")
    def interfaces(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[InterfaceRef]:
        return entities_of(info, referring(Kind.INTERFACE, Edge.SHARED_PROPERTY), self.rid, self._at, Paging(first, after, last, before))
