"""Which columns of entities a plan reads, so that no others are fetched; None where only the whole row will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import get_named_type, is_object_type
from strawberry.types.field import StrawberryField

from app.persistence.reads.statement import CURSOR
from app.persistence.reads.words import WHOLE, is_word
from resolvers.types.entity import COLUMNS, READ_BY, Entity
from resolvers.types.reading import Row, readers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import GraphQLObjectType
    from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet

    Subfields = Callable[[GraphQLObjectType, FieldDetailsList], GroupedFieldSet]

BACKREF = "strawberry-definition"
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
        origin = origin_of(kind)
        if issubclass(origin, Entity):
            return self._entity(kind, details)
        if issubclass(origin, Row):
            return self._row(origin, kind, details)
        if kind.name.endswith(("Connection", "Edge")):
            return self._container(kind, details)
        return None

    def _fields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Iterator[tuple[str, StrawberryField | None]]:
        """What is selected of an object, by name, but its type's name; None for what is no field of ours."""
        for each in self._subfields(kind, details).values():
            name = each[0].node.name.value
            if name != "__typename":
                field = kind.fields[name].extensions.get(BACKREF)
                yield name, field if isinstance(field, StrawberryField) else None

    def _row(self, of: type[Row], kind: GraphQLObjectType, details: FieldDetailsList) -> frozenset[str] | None:
        columns = [None if field is None else of.LEAVES.get(field.python_name) for _, field in self._fields(kind, details)]
        read = frozenset(column for column in columns if column is not None)
        return None if None in columns else read

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
        for name, field in self._fields(kind, details):
            if field is None:
                return None
            if field.is_basic_field:
                read |= {COLUMNS.get(field.python_name) or word(kind, field.python_name) or WHOLE}
            elif name in READ_BY:
                read |= READ_BY[name]
            else:
                return None
        return frozenset(name for name in read if not is_word(name)) if WHOLE in read else read


def origin_of(kind: GraphQLObjectType) -> type:
    """The class that a type of the schema was declared by; `object` where none says."""
    origin = getattr(kind.extensions.get(BACKREF), "origin", None)
    return origin if isinstance(origin, type) else object


def word(kind: GraphQLObjectType, name: str) -> str | None:
    """The column for an attribute of an entity that can be read without its whole definition."""
    reader = readers(origin_of(kind)).get(name)
    return None if reader is None else reader.word
