"""Value types, as clients read them."""

from __future__ import annotations

from typing import Any

import strawberry

from app.domain.definition import Edge
from app.domain.kind import Kind
from app.domain.value_type import ValueTypeDefinition
from app.persistence.reads.entities import referring
from resolvers.enums import BaseType
from resolvers.paging import After, Before, Connection, First, Last, Paging
from resolvers.types.entity import Entity, kind
from resolvers.types.lists import entities_of
from resolvers.types.reading import base_type, leaf
from resolvers.types.refs import PropertyRef, SharedPropertyRef
from resolvers.types.typed import Constraint, DataType


@kind(ValueTypeDefinition, description="A named base type with constraints, such as an e-mail address.")
class ValueType(Entity):
    base_type: BaseType = base_type("The base type, without its parameters.")
    type: DataType = leaf("The base type with its parameters.")
    constraints: list[Constraint] = leaf("What its values obey.")

    @strawberry.field(description="The properties of this type, by apiName.")
    def properties(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[PropertyRef]:
        return entities_of(info, referring(Kind.PROPERTY, Edge.VALUE_TYPE), self.rid, self._at, Paging(first, after, last, before))

    @strawberry.field(description="The shared properties of this type, by apiName.")
    def shared_properties(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[SharedPropertyRef]:
        return entities_of(info, referring(Kind.SHARED_PROPERTY, Edge.VALUE_TYPE), self.rid, self._at, Paging(first, after, last, before))
