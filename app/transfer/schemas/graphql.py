"""An ontology as GraphQL: what an API over its objects would offer, as types without resolvers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app.domain.constraints import Constraint, ConstraintType
from app.domain.datatype import NUMBERS, BaseType, DataType
from app.domain.definition import Definition, Edge, Status
from app.domain.interface import InterfaceDefinition, ancestors, members
from app.domain.kind import Kind
from app.domain.link_type import Cardinality, LinkTypeDefinition
from app.domain.object_type import ObjectTypeDefinition
from app.domain.property import PropertyDefinition
from app.domain.typed import TypedDefinition
from app.domain.value_type import ValueTypeDefinition
from app.transfer.receipt import Loss
from app.transfer.schemas.account import Account
from app.transfer.schemas.names import Given
from app.transfer.schemas.sdl import CONSTRAINT, Field, Shape, directive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.entity import Entity
    from app.transfer.document.writing import Writing

_TEXTS = frozenset({"apiName", "displayName", "description"})
_SAID: dict[Kind, frozenset[str]] = {
    Kind.OBJECT_TYPE: _TEXTS,
    Kind.INTERFACE: _TEXTS | {"properties", "extends"},
    Kind.PROPERTY: _TEXTS | {"type", "constraints", "valueType", "required", "objectType"},
    Kind.VALUE_TYPE: _TEXTS | {"type", "constraints"},
    Kind.LINK_TYPE: frozenset({"a", "b", "cardinality"}),
}
_BUILT_IN = ("String", "Int", "Float", "Boolean", "ID", "Query", "Mutation", "Subscription")
_NAMES: dict[BaseType, str] = {
    BaseType.STRING: "String", BaseType.BOOLEAN: "Boolean", BaseType.BYTE: "Int", BaseType.SHORT: "Int", BaseType.INTEGER: "Int",
    BaseType.FLOAT: "Float", BaseType.DOUBLE: "Float",
}  # fmt: skip
# Base types that GraphQL has no scalar for, and what each is called.
_SCALARS: dict[BaseType, str] = {
    BaseType.LONG: "Long", BaseType.DECIMAL: "Decimal", BaseType.DATE: "Date", BaseType.TIMESTAMP: "DateTime",
    BaseType.GEOPOINT: "GeoPoint", BaseType.GEOSHAPE: "GeoShape", BaseType.TIME_SERIES: "TimeSeries",
    BaseType.GEOTIME_SERIES: "GeotimeSeries",
    BaseType.ATTACHMENT: "Attachment", BaseType.MEDIA_REFERENCE: "MediaReference", BaseType.MARKING: "Marking",
    BaseType.CIPHER_TEXT: "CipherText",
}  # fmt: skip
_APPROXIMATED = frozenset({BaseType.BYTE, BaseType.SHORT, BaseType.DECIMAL, BaseType.VECTOR, BaseType.TIME_SERIES})
_VALUE = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*", re.ASCII)
_BOUNDS = {
    ConstraintType.LENGTH: ("minLength", "maxLength"),
    ConstraintType.RANGE: ("min", "max"),
    ConstraintType.ARRAY_SIZE: ("minItems", "maxItems"),
}
_INT = 1 << 31
NODE = Field("ID", required=True, texts=("The resource identifier of the object.",))


class GraphQLSchema:
    """The schema of one ontology; `account` is settled when it was made."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self.closure = writing.closure
        self.account = Account(writing)
        self._given = Given(*_BUILT_IN)
        self._names: dict[str, str] = {}
        self._scalars: dict[BaseType, str] = {}
        self._structs: dict[Any, Shape] = {}
        entities = list(writing.entities())
        self._entities = {each.rid: each for each in entities}
        for kind in (Kind.OBJECT_TYPE, Kind.INTERFACE, Kind.VALUE_TYPE):
            for entity in entities:
                if entity.kind is kind:
                    self._names[entity.rid] = self._named(entity)
        self._node = self._given.take("Node", "Interface")
        self._links = self._linked()
        self._interfaces = {each.rid: self._members(each.rid) for each in entities if each.kind is Kind.INTERFACE}
        self._shapes = [shape for entity in entities if (shape := self._shape(entity)) is not None]

    def text(self) -> Iterator[str]:
        """The file in pieces of one type each."""
        yield CONSTRAINT
        yield f'\ntype Query {{\n  """An object by its resource identifier."""\n  node(rid: ID!): {self._node}\n}}\n'
        node = Shape("interface", self._node, ("Every object.",), fields={"rid": NODE})
        scalars = [Shape("scalar", name) for name in sorted(self._scalars.values())]
        for shape in (node, *self._shapes, *self._structs.values(), *scalars):
            yield "".join(shape.text())

    def _named(self, entity: Entity) -> str:
        wished = entity.definition.api_name
        wished = wished[0].upper() + wished[1:]
        made = self._given.take(
            wished, "Type" if entity.kind is Kind.OBJECT_TYPE else "Value" if entity.kind is Kind.VALUE_TYPE else "Interface"
        )
        if made != wished:
            self.account.adapted(Loss.NAME_CHANGED, entity, f"Its type is named {made}.")
        return made

    def _shape(self, entity: Entity) -> Shape | None:
        definition = entity.definition
        said = set(_SAID.get(entity.kind, ()))
        if entity.kind not in _SAID:
            self.account.kind(entity, f"A schema of objects has no place for {entity.kind.words}s.")
            return None
        made: Shape | None = None
        if isinstance(definition, ObjectTypeDefinition):
            made, whole = self._object_type(entity, definition)
            said |= {"implements"} if whole else set()
        elif isinstance(definition, InterfaceDefinition):
            above = [each for each in ancestors(entity.rid, self.closure) if each in self._names]
            fields = {"rid": NODE, **self._interfaces[entity.rid]}
            made = Shape(
                "interface", self._names[entity.rid], _texts(definition), [self._node, *map(self._names.__getitem__, above)], fields
            )
        elif isinstance(definition, ValueTypeDefinition):
            made = self._value_type(entity, definition)
        elif entity.kind is Kind.PROPERTY and definition.status is Status.DEPRECATED:
            said |= {"status", "deprecation"}
        self.account.entity(entity, said)
        return made

    def _object_type(self, entity: Entity, definition: ObjectTypeDefinition) -> tuple[Shape, bool]:
        fields = {"rid": NODE, **self._links.get(entity.rid, {})}
        own: dict[str, str] = {}
        for each in sorted(self.closure.referrers(entity.rid, Edge.OWNER), key=lambda each: each.definition.api_name):
            if isinstance(each.definition, PropertyDefinition):
                own[each.rid] = each.definition.api_name
                fields[each.definition.api_name] = self._property(each, each.definition)
        above: dict[str, None] = {}
        for implementation in definition.implements:
            mapped = {each.interface_property: own.get(each.property, "") for each in implementation.mapping}
            if (found := self._seen_through(entity, implementation.interface, mapped, fields)) is None:
                name = self._writing.called(implementation.interface)
                self.account.adapted(Loss.INTERFACE_NOT_SAID, entity, f"It implements {name} by fields that do not fit its own.")
                continue
            fields = found
            above |= dict.fromkeys((implementation.interface, *ancestors(implementation.interface, self.closure)))
        names = [self._node, *(self._names[each] for each in above if each in self._names)]
        whole = all(each.interface in above for each in definition.implements)
        return Shape("type", self._names[entity.rid], _texts(definition), names, fields), whole

    def _seen_through(self, entity: Entity, interface: str, mapped: dict[str, str], fields: dict[str, Field]) -> dict[str, Field] | None:
        """The fields with those of the interface, None where one of them is something else already."""
        made = dict(fields)
        wanted = self._interfaces[interface]
        for member in members(interface, self.closure):
            name = member.api_name
            field, held = wanted[name], made.get(name)
            own = mapped.get(member.item.key) or mapped.get(member.item.shared_property or "")
            if held is None:
                made[name] = field
            elif own != name and held != field:
                return None
            elif held.type != field.type or held.deprecated or (field.required and not held.required):
                self.account.adapted(Loss.TYPE_APPROXIMATED, entity, f"Its field {name} is as the interface says it.")
                made[name] = replace(held, type=field.type, required=held.required or field.required, deprecated="")
        return made if all(self._fits(made, each) for each in (interface, *ancestors(interface, self.closure))) else None

    def _fits(self, fields: dict[str, Field], interface: str) -> bool:
        wanted = self._interfaces.get(interface, {})
        return all(
            name in fields and fields[name].type == each.type and fields[name].required >= each.required for name, each in wanted.items()
        )

    def _members(self, interface: str) -> dict[str, Field]:
        found: dict[str, Field] = {}
        entity = self._entities[interface]
        for member in members(interface, self.closure):
            item = member.item
            shared = self.closure.definition(item.shared_property, TypedDefinition)
            if member.type is not None:
                value_type = item.value_type or (shared.value_type if shared else None)
                required = item.required or (member.api_name in found and found[member.api_name].required)
                constraints = (*item.constraints, *(shared.constraints if shared else ()))
                said = directive("constraint", self._constrained(entity, constraints, member.type)) if member.interface == interface else ""
                found[member.api_name] = Field(
                    self._type(entity, member.type, value_type, member.api_name), required, (item.display_name, item.description), said
                )
        return found

    def _property(self, entity: Entity, definition: PropertyDefinition) -> Field:
        said = directive("constraint", self._constrained(entity, definition.constraints, definition.type))
        deprecated = ""
        if definition.status is Status.DEPRECATED:
            reason = definition.deprecation.message if definition.deprecation else ""
            deprecated = directive("deprecated", {"reason": reason} if reason else {}) or " @deprecated"
        data = self._type(entity, definition.type, definition.value_type, definition.api_name)
        return Field(data, definition.required, _texts(definition), said, deprecated)

    def _linked(self) -> dict[str, dict[str, Field]]:
        found: dict[str, dict[str, Field]] = {}
        for entity in self.closure:
            link = entity.definition
            if isinstance(link, LinkTypeDefinition):
                for side, other, many in (
                    (link.a, link.b, link.cardinality is not Cardinality.ONE_TO_ONE),
                    (link.b, link.a, link.cardinality is Cardinality.MANY_TO_MANY),
                ):
                    name = self._names[other.object_type]
                    texts = (side.display_name or link.display_name, link.description)
                    found.setdefault(side.object_type, {})[side.api_name] = Field(f"[{name}!]" if many else name, texts=texts)
        return found

    def _value_type(self, entity: Entity, definition: ValueTypeDefinition) -> Shape | None:
        if definition.type.base in {BaseType.ARRAY, BaseType.STRUCT, BaseType.VECTOR}:
            self.account.adapted(Loss.TYPE_APPROXIMATED, entity, f"It is a scalar, whose values are each a {definition.type.base}.")
        elif definition.type.base in _APPROXIMATED:
            self.account.adapted(Loss.TYPE_APPROXIMATED, entity, f"A {definition.type.base} is not said with all that belongs to it.")
        if values := _enumeration(definition):
            return Shape("enum", self._names[entity.rid], _texts(definition), values=values)
        said = directive("constraint", self._constrained(entity, definition.constraints, definition.type))
        return Shape("scalar", self._names[entity.rid], _texts(definition), directives=said)

    def _type(self, entity: Entity, data: DataType, value_type: str | None, name: str) -> str:
        """The type of a field in the schema language."""
        if value_type is not None and value_type in self._names:
            return self._names[value_type]
        if data.base in _APPROXIMATED:
            self.account.adapted(Loss.TYPE_APPROXIMATED, entity, f"A {data.base} is not said with all that belongs to it.")
        if data.base is BaseType.ARRAY and data.of is not None:
            return f"[{self._type(entity, data.of, None, name)}!]"
        if data.base is BaseType.VECTOR:
            return "[Float!]"
        if data.base is BaseType.STRUCT:
            return self._struct(entity, data, name)
        if data.base in _SCALARS:
            if data.base not in self._scalars:
                self._scalars[data.base] = self._given.take(_SCALARS[data.base], "Scalar")
            return self._scalars[data.base]
        return _NAMES[data.base]

    def _struct(self, entity: Entity, data: DataType, name: str) -> str:
        """A type for each shape of fields, named after the first that has it."""
        shape = data.shape()
        if shape not in self._structs:
            named = self._given.take(name[0].upper() + name[1:], "Struct")
            self._structs[shape] = Shape("type", named)
            for each in data.fields:
                self._structs[shape].fields[each.api_name] = Field(
                    self._type(entity, each.type, None, f"{name}{each.api_name}"), texts=(each.display_name,)
                )
        return self._structs[shape].name

    def _constrained(self, entity: Entity, constraints: Iterable[Constraint], data: DataType) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for each in constraints:
            said = _said(each, data)
            if said is None or made.keys() & said.keys():
                self.account.adapted(Loss.CONSTRAINT_NOT_SAID, entity, f"The constraint {each.key} ({each.type}) is not said.")
            else:
                made |= said
        return made


def _said(each: Constraint, data: DataType) -> dict[str, Any] | None:
    if each.type is ConstraintType.REGEX:
        return {"pattern": each.pattern}
    if each.type is ConstraintType.UUID:
        return {"format": "uuid"}
    if each.type is ConstraintType.ARRAY_UNIQUE:
        return {"uniqueItems": True}
    bounds = {name: bound for name, bound in zip(_BOUNDS.get(each.type, ()), (each.min, each.max), strict=False) if bound is not None}
    whole = each.type is not ConstraintType.RANGE
    if not bounds or any(isinstance(bound, str) or (whole and not bound < _INT) for bound in bounds.values()):
        return None
    return bounds if whole or data.base in NUMBERS else None


def _enumeration(definition: ValueTypeDefinition) -> tuple[str, ...]:
    """The values of a list of texts that are all names; nothing else can be an enum."""
    listed = [each for each in definition.constraints if each.type is ConstraintType.ONE_OF]
    if definition.type.base is not BaseType.STRING or len(definition.constraints) != 1 or not listed:
        return ()
    values = [str(value) for value in listed[0].values]
    return tuple(values) if all(_VALUE.fullmatch(each) and each not in {"true", "false", "null"} for each in values) else ()


def _texts(definition: Definition) -> tuple[str, ...]:
    return (definition.display_name, definition.description)
