"""Which columns of entities a plan reads, so that no others are fetched; None where only the whole row will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import get_named_type, is_object_type
from strawberry.types.field import StrawberryField

from app.persistence.reads.statement import CURSOR
from resolvers.types.entity import COLUMNS, READ_BY, Entity

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLObjectType
    from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

    Subfields = Callable[[GraphQLObjectType, FieldDetailsList], GroupedFieldSet]

BACKREF = "strawberry-definition"
LINK = frozenset({"definition"})  # a link is seen in the definition of its link type
NOTHING: frozenset[str] = frozenset()
PLACE = frozenset({CURSOR})


class Columns:
    """Reads the columns off the selections of one operation."""

    def __init__(self, subfields: Subfields) -> None:
        self._subfields = subfields

    def of(self, kind: Any, details: FieldDetailsList) -> frozenset[str] | None:
        """What is read of the entities that a field of this type leads to, itself or as a connection."""
        if not is_object_type(kind):
            return None
        origin = getattr(kind.extensions.get(BACKREF), "origin", None)
        if isinstance(origin, type) and issubclass(origin, Entity):
            return self._entity(kind, details)
        if kind.name == "ObjectTypeLink":
            return None if any(each[0].node.name.value == "linkType" for each in self._subfields(kind, details).values()) else LINK
        if kind.name.endswith(("Connection", "Edge")):
            return self._container(kind, details)
        return None

    def _container(self, kind: GraphQLObjectType, details: FieldDetailsList) -> frozenset[str] | None:
        read = NOTHING
        for each in self._subfields(kind, details).values():
            name = each[0].node.name.value
            if name in {"cursor", "pageInfo"}:
                read |= PLACE
            if name in {"nodes", "edges", "node"}:
                below = self.of(get_named_type(kind.fields[name].type), each)
                if below is None:
                    return None
                read |= below
        return read

    def _entity(self, kind: GraphQLObjectType, details: FieldDetailsList) -> frozenset[str] | None:
        read = NOTHING
        for each in self._subfields(kind, details).values():
            name = each[0].node.name.value
            if name == "__typename":
                continue
            field = kind.fields[name].extensions.get(BACKREF)
            if not isinstance(field, StrawberryField):
                return None
            if field.is_basic_field:
                read |= {COLUMNS.get(field.python_name, "definition")}
            elif name in READ_BY:
                read |= READ_BY[name]
            else:
                return None
        return read
