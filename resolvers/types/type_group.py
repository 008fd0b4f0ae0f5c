"""Type groups, as clients read them."""

from __future__ import annotations

from typing import Any

import strawberry

from app.domain.definition import Edge
from app.domain.kind import Kind
from app.domain.type_group import TypeGroupDefinition
from app.persistence.reads.entities import referring
from resolvers.arguments import ObjectTypes, OrderBy
from resolvers.paging import After, Before, Connection, First, Last, Paging
from resolvers.types.entity import Entity, kind
from resolvers.types.lists import entities_of
from resolvers.types.reading import leaf
from resolvers.types.refs import ObjectTypeRef


@kind(TypeGroupDefinition, description="A label with a colour for object types; it restricts nothing.")
class TypeGroup(Entity):
    colour: str | None = leaf("As #RRGGBB.")

    @strawberry.field(description="The object types with this label, by apiName.")
    def object_types(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: ObjectTypes = None, order_by: OrderBy = None,
    ) -> Connection[ObjectTypeRef]:  # fmt: skip
        return entities_of(
            info,
            referring(Kind.OBJECT_TYPE, Edge.GROUP),
            self.rid,
            self._at,
            Paging(first, after, last, before),
            asked=filter,
            order_by=order_by,
        )
