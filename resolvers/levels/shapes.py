"""Which lists a plan reads nothing but leaves of, so that PostgreSQL writes their objects; None where rows are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from graphql import GraphQLEnumType, get_named_type, is_leaf_type, is_non_null_type, is_object_type
from strawberry.types.field import StrawberryField

from app.persistence.reads.written import Constant, Form, Leaf, Reference, Shape
from resolvers.levels.columns import BACKREF, origin_of
from resolvers.levels.leaves import TEXTS, Unusual
from resolvers.types.entity import COLUMNS, REFERS, TYPES, Entity, entity
from resolvers.types.reading import Row, readers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import GraphQLField, GraphQLLeafType, GraphQLObjectType
    from graphql.execution.collect_fields import FieldDetailsList

    from resolvers.levels.columns import Subfields

BESIDE = frozenset({"totalCount", "totalCountIsLowerBound", "__typename"})  # what may be read of a page beside its items
_TEXT_COLUMNS = frozenset({"rid", "kind", "api_name", "display_name", "status", "created_by", "updated_by"})
_NUMBERS = frozenset({"version"})


class Written(NamedTuple):
    """The shape of a list's items, and the function that would make an object of the row of each."""

    made: Callable[[Any, Any], Any]
    shape: Shape


class Shapes:
    """Reads the shapes off the selections of one operation."""

    def __init__(self, subfields: Subfields) -> None:
        self._subfields = subfields

    def of(self, kind: Any, details: FieldDetailsList) -> Written | None:
        """Of a field of this type: of a page of which the items are selected once, and no place of any."""
        if not is_object_type(kind) or not kind.name.endswith("Connection"):
            return None
        items = None
        for each in self._subfields(kind, details).values():
            name = each[0].node.name.value
            if name == "nodes" and items is None:
                items = each
            elif name not in BESIDE:
                return None
        if items is None:
            return None
        of = get_named_type(kind.fields["nodes"].type)
        shape = self._object(of, items)
        if shape is None:
            return None
        origin = origin_of(of)
        return Written(origin.over if issubclass(origin, Row) else entity, shape)

    def _object(self, kind: Any, details: FieldDetailsList) -> Shape | None:
        if not is_object_type(kind):
            return None
        origin = origin_of(kind)
        if not issubclass(origin, (Entity, Row)):
            return None
        kinds = [name for name, each in TYPES.items() if each is origin]
        if issubclass(origin, Entity) and not kinds:
            return None
        fields = {}
        for response, each in self._subfields(kind, details).items():
            found = self._field(origin, kind, each)
            if found is None:
                return None
            fields[response] = found
        return Shape(fields, kinds)

    def _field(self, origin: type[Entity | Row], kind: GraphQLObjectType, details: FieldDetailsList) -> Constant | Leaf | Reference | None:
        name = details[0].node.name.value
        if name == "__typename":
            return Constant(f'"{kind.name}"')
        field = kind.fields[name].extensions.get(BACKREF)
        if not isinstance(field, StrawberryField):
            return None
        if field.is_basic_field:
            return _leaf(origin, field.python_name, kind.fields[name])
        return self._reference(origin, field, kind.fields[name], details)

    def _reference(
        self, origin: type[Entity | Row], field: StrawberryField, definition: GraphQLField, details: FieldDetailsList
    ) -> Reference | None:  # fmt: skip
        """A field that may not be null and leads to one entity, whose rid stands in a column."""
        column = origin.LEAVES.get(field.python_name) if issubclass(origin, Row) and REFERS in field.metadata else None
        if column is None or not is_non_null_type(definition.type) or field.extensions:
            return None
        shape = self._object(get_named_type(definition.type), details)
        return None if shape is None or not shape.kinds else Reference(column, shape)


def spliced(texts: Sequence[str | None]) -> orjson.Fragment:
    """The list of the objects, as a piece of the answer that is JSON already; Unusual where one of them was not foreseen."""
    if None in texts:
        raise Unusual
    return orjson.Fragment(f"[{','.join(texts)}]")  # type: ignore[arg-type]  # None is not in it


def _leaf(origin: type[Entity | Row], name: str, definition: GraphQLField) -> Leaf | None:
    """A text, an enum, yes or no, or a version; what stands in a column, or is a word of a definition."""
    kind = definition.type.of_type if is_non_null_type(definition.type) else definition.type
    if not is_leaf_type(kind):
        return None
    default = None
    if issubclass(origin, Row):
        column = origin.LEAVES.get(name)
    elif name in COLUMNS:
        column = COLUMNS[name] if COLUMNS[name] in _TEXT_COLUMNS | _NUMBERS else None
    else:
        reader = readers(origin).get(name)
        column, default = (None, None) if reader is None else (reader.word, reader.default)
    return None if column is None else _formed(column, kind, default, nullable=kind is definition.type)


def _formed(column: str, kind: GraphQLLeafType, default: Any, *, nullable: bool) -> Leaf | None:
    names = _names(kind) if isinstance(kind, GraphQLEnumType) else None
    if names is not None:
        default = default if default is None else names.get(default)
    elif kind.name not in (TEXTS | {"Boolean"} if column not in _NUMBERS else {"Int"}):
        return None
    absent = orjson.dumps(default).decode() if default is not None or nullable else None
    return Leaf(column, Form.TEXT if kind.name in TEXTS else Form.PLAIN, absent, names)


def _names(kind: GraphQLEnumType) -> dict[str, str]:
    """The names of an enum by the values that stand in columns."""
    stored = [(getattr(each.value, "value", each.value), name) for name, each in kind.values.items()]
    return {value: name for value, name in stored if isinstance(value, str)}
