"""An ontology as JSON Schema 2020-12: what an object of each type looks like as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.domain.constraints import Constraint, ConstraintType
from app.domain.datatype import NUMBERS, BaseType, DataType
from app.domain.definition import Definition, Edge, Status
from app.domain.interface import InterfaceDefinition, InterfaceProperty, members
from app.domain.kind import Kind
from app.domain.link_type import Cardinality, LinkSide, LinkTypeDefinition
from app.domain.object_type import ObjectTypeDefinition
from app.domain.property import PropertyDefinition
from app.domain.typed import TypedDefinition
from app.domain.value_type import ValueTypeDefinition
from app.transfer.owl.terms import local
from app.transfer.receipt import Loss
from app.transfer.schemas.account import Account
from app.transfer.schemas.patterns import portable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.closure import Closure
    from app.domain.entity import Entity
    from app.transfer.document.writing import Writing

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXTS = frozenset({"apiName", "displayName", "description"})
_TYPED = _TEXTS | {"type", "constraints", "valueType"}
_SAID: dict[Kind, frozenset[str]] = {
    Kind.OBJECT_TYPE: _TEXTS,
    Kind.INTERFACE: _TEXTS | {"properties", "extends"},
    Kind.PROPERTY: _TYPED | {"required", "objectType", "sharedProperty"},
    Kind.SHARED_PROPERTY: _TYPED,
    Kind.VALUE_TYPE: _TEXTS | {"type", "constraints"},
    Kind.LINK_TYPE: frozenset({"a", "b", "cardinality"}),
}
_BITS = {BaseType.BYTE: 7, BaseType.SHORT: 15, BaseType.INTEGER: 31, BaseType.LONG: 63}
_PLAIN: dict[BaseType, Schema] = {
    BaseType.STRING: {"type": "string"},
    BaseType.BOOLEAN: {"type": "boolean"},
    BaseType.FLOAT: {"type": "number"},
    BaseType.DOUBLE: {"type": "number"},
    BaseType.DATE: {"type": "string", "format": "date"},
    BaseType.TIMESTAMP: {"type": "string", "format": "date-time"},
    BaseType.ATTACHMENT: {"type": "string"},
    BaseType.MEDIA_REFERENCE: {"type": "string"},
    BaseType.MARKING: {"type": "string"},
    BaseType.CIPHER_TEXT: {"type": "string"},
    BaseType.GEOPOINT: {
        "type": "object",
        "properties": {
            "type": {"const": "Point"},
            "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3},
        },
        "required": ["type", "coordinates"],
    },
    BaseType.GEOSHAPE: {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]},
    BaseType.GEOTIME_SERIES: {"type": "array", "items": {"type": "object"}},
}  # fmt: skip
_APPROXIMATED = {
    BaseType.GEOSHAPE: "any GeoJSON geometry",
    BaseType.GEOTIME_SERIES: "a list of objects",
    BaseType.CIPHER_TEXT: "a text",
    BaseType.MARKING: "a text",
    BaseType.ATTACHMENT: "a text",
    BaseType.MEDIA_REFERENCE: "a text",
    BaseType.VECTOR: "a list of numbers",
}
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_BOUNDS = {
    ConstraintType.LENGTH: ("minLength", "maxLength"),
    ConstraintType.RANGE: ("minimum", "maximum"),
    ConstraintType.ARRAY_SIZE: ("minItems", "maxItems"),
}


class JsonSchema:
    """The schema of one ontology; `account` is settled when it was made."""

    def __init__(self, writing: Writing, ontology: str) -> None:
        self._closure: Closure = writing.closure
        self._writing = writing
        self._ontology = ontology
        self.account = Account(writing)
        self._sides = self._links()
        self._definitions = {
            local(each.kind, writing.called(each.rid)): schema for each in writing.entities() if (schema := self._entity(each))
        }

    def text(self) -> Iterator[str]:
        """The file in pieces of one definition each."""
        yield f'{{\n  "$schema": "{DIALECT}",\n  "$id": "urn:oms:ontology:{self._ontology}:json-schema",\n  "$defs": {{'
        for place, (name, schema) in enumerate(self._definitions.items()):
            said = json.dumps(schema, ensure_ascii=False, indent=2, allow_nan=False).replace("\n", "\n    ")
            yield f"{',' if place else ''}\n    {json.dumps(name)}: {said}"
        yield "\n  }\n}\n"

    def _entity(self, entity: Entity) -> Schema | None:
        definition = entity.definition
        if entity.kind not in _SAID:
            self.account.kind(entity, f"A schema of objects has no place for {entity.kind.words}s.")
            return None
        fields = dict.fromkeys(_SAID[entity.kind])
        if definition.status is Status.DEPRECATED:
            fields["status"] = None
        made: Schema | None = None
        if isinstance(definition, ObjectTypeDefinition):
            made, whole = self._object_type(entity, definition)
            fields |= {"implements": None} if whole else {}
        elif isinstance(definition, InterfaceDefinition):
            made = self._interface(entity, definition)
        elif isinstance(definition, TypedDefinition) and entity.kind is Kind.SHARED_PROPERTY:
            made = self._typed(entity, definition)
        elif isinstance(definition, ValueTypeDefinition):
            made = {
                **_texts(definition),
                **self._data(entity, definition.type),
                **self._constraints(entity, definition.constraints, definition.type),
            }
        self.account.entity(entity, fields)
        return made

    def _object_type(self, entity: Entity, definition: ObjectTypeDefinition) -> tuple[Schema, bool]:
        """Its properties and the keys of what it is linked to; and whether all that it implements is said."""
        own = sorted(
            (each for each in self._closure.referrers(entity.rid, Edge.OWNER) if isinstance(each.definition, PropertyDefinition)),
            key=lambda each: (each.definition.api_name, each.rid),
        )
        properties = {
            each.definition.api_name: self._typed(each, each.definition) for each in own if isinstance(each.definition, TypedDefinition)
        }
        required = [each.definition.api_name for each in own if isinstance(each.definition, TypedDefinition) and each.definition.required]
        followed = [each.interface for each in definition.implements if self._conforms(each.interface, definition)]
        for implementation in definition.implements:
            if implementation.interface not in followed:
                name = self._writing.called(implementation.interface)
                self.account.adapted(Loss.INTERFACE_NOT_SAID, entity, f"It implements {name} by properties of other names.")
        made = {**_texts(definition), "type": "object"}
        made |= {"allOf": [_to(Kind.INTERFACE, self._writing.called(each)) for each in followed]} if followed else {}
        made |= {"properties": properties | dict(sorted(self._sides.get(entity.rid, {}).items()))}
        made |= {"required": required} if required else {}
        return made | {"unevaluatedProperties": False}, len(followed) == len(definition.implements)

    def _conforms(self, interface: str, definition: ObjectTypeDefinition) -> bool:
        """Whether every property of the interface is one of the object type's own by the same name."""
        mapped = {
            (each.declared_by, each.interface_property): self._name(each.property)
            for implementation in definition.implements
            if implementation.interface == interface
            for each in implementation.mapping
        }
        found = {name for name in mapped.values() if name}
        return all(member.api_name in found for member in members(interface, self._closure)) and len(found) == len(mapped)

    def _name(self, rid: str) -> str:
        entity = self._closure.get(rid)
        return entity.definition.api_name if entity is not None else ""

    def _interface(self, entity: Entity, definition: InterfaceDefinition) -> Schema:
        made = {**_texts(definition), "type": "object"}
        made |= {"allOf": [_to(Kind.INTERFACE, self._writing.called(each)) for each in definition.extends]} if definition.extends else {}
        properties: dict[str, Schema] = {}
        required: list[str] = []
        for item in definition.properties:
            name = item.api_name or self._name(item.shared_property or "")
            properties[name] = self._member(entity, item)
            required += [name] if item.required else []
        made |= {"properties": dict(sorted(properties.items()))} if properties else {}
        return made | ({"required": sorted(required)} if required else {})

    def _member(self, entity: Entity, item: InterfaceProperty) -> Schema:
        if item.shared_property is not None:
            return _to(Kind.SHARED_PROPERTY, self._writing.called(item.shared_property))
        texts = _titled(item.display_name) | ({"description": item.description} if item.description else {})
        if item.type is None:
            return texts
        data = self._reference(item.value_type) or self._data(entity, item.type)
        return {**texts, **data, **self._constraints(entity, item.constraints, item.type)}

    def _typed(self, entity: Entity, definition: TypedDefinition) -> Schema:
        shared = definition.shared_property if isinstance(definition, PropertyDefinition) else None
        followed = _to(Kind.SHARED_PROPERTY, self._writing.called(shared)) if shared is not None else None
        data = followed or self._reference(definition.value_type) or self._data(entity, definition.type)
        return {**_texts(definition), **data, **self._constraints(entity, definition.constraints, definition.type)}

    def _reference(self, value_type: str | None) -> Schema | None:
        return None if value_type is None else _to(Kind.VALUE_TYPE, self._writing.called(value_type))

    def _links(self) -> dict[str, dict[str, Schema]]:
        """Of each object type its link sides: the key of the other object, or a list of such keys."""
        found: dict[str, dict[str, Schema]] = {}
        for entity in self._closure:
            link = entity.definition
            if isinstance(link, LinkTypeDefinition):
                one = link.cardinality is Cardinality.ONE_TO_ONE
                self._side(found, link, link.a, link.b, many=not one)
                self._side(found, link, link.b, link.a, many=link.cardinality is Cardinality.MANY_TO_MANY)
        return found

    def _side(self, found: dict[str, dict[str, Schema]], link: LinkTypeDefinition, side: LinkSide, other: LinkSide, *, many: bool) -> None:
        target = self._closure.definition(other.object_type, ObjectTypeDefinition)
        key = self._name(target.primary_key) if target is not None else ""
        to = {"$ref": f"#/$defs/{self._writing.called(other.object_type)}/properties/{key}"}
        texts = {"title": side.display_name or link.display_name}
        found.setdefault(side.object_type, {})[side.api_name] = {**texts, **({"type": "array", "items": to} if many else to)}

    def _data(self, entity: Entity, data: DataType) -> Schema:
        """What a value of the type looks like."""
        if data.base in _APPROXIMATED:
            self.account.adapted(Loss.TYPE_APPROXIMATED, entity, f"A {data.base} is {_APPROXIMATED[data.base]}.")
        if data.base is BaseType.STRUCT:
            parts = {each.api_name: _titled(each.display_name) | self._data(entity, each.type) for each in data.fields}
            return {"type": "object", "properties": parts, "additionalProperties": False}
        if data.of is not None:
            of = self._data(entity, data.of)
            point = {"time": {"type": "string", "format": "date-time"}, "value": of}
            series = {"type": "object", "properties": point, "required": ["time", "value"]}
            return {"type": "array", "items": of if data.base is BaseType.ARRAY else series}
        return _scalar(data)

    def _constraints(self, entity: Entity, constraints: Iterable[Constraint], data: DataType) -> Schema:
        made: Schema = {}
        for each in constraints:
            said = _constraint(each, data)
            if said is None:
                self.account.adapted(Loss.CONSTRAINT_NOT_SAID, entity, f"The constraint {each.key} ({each.type}) is not said.")
            elif made.keys() & said.keys():
                made.setdefault("allOf", []).append(said)
            else:
                made |= said
        return made


def _scalar(data: DataType) -> Schema:
    if data.base in _BITS:
        bound = 1 << _BITS[data.base]
        return {"type": "integer", "minimum": -bound, "maximum": bound - 1}
    if data.base is BaseType.DECIMAL:
        whole, scale = max((data.precision or 1) - (data.scale or 0), 1), data.scale or 0
        return {"type": "string", "pattern": f"^-?[0-9]{{1,{whole}}}" + (f"(\\.[0-9]{{1,{scale}}})?$" if scale else "$")}
    if data.base is BaseType.VECTOR:
        return {"type": "array", "items": {"type": "number"}, "minItems": data.dimension, "maxItems": data.dimension}
    return dict(_PLAIN.get(data.base, {}))


def _constraint(each: Constraint, data: DataType) -> Schema | None:
    """The constraint in the words of JSON Schema, None where it has none."""
    if each.type in _BOUNDS:
        if each.type is ConstraintType.RANGE and (data.base not in NUMBERS or data.base is BaseType.DECIMAL):
            return None
        said = {name: bound for name, bound in zip(_BOUNDS[each.type], (each.min, each.max), strict=True) if bound is not None}
        return said if all(not isinstance(bound, str) for bound in said.values()) else None
    if each.type is ConstraintType.STRUCT_FIELD:
        part = next((field for field in data.fields if field.key == each.field), None)
        inner = _constraint(each.constraint, part.type) if part is not None and each.constraint is not None else None
        return None if inner is None or part is None else {"allOf": [{"properties": {part.api_name: inner}}]}
    if each.type is ConstraintType.REGEX:
        return {"pattern": each.pattern} if portable(each.pattern or "") else None
    others: dict[ConstraintType, Schema] = {
        ConstraintType.UUID: {"format": "uuid", "pattern": _UUID},
        ConstraintType.ONE_OF: {"enum": list(each.values)},
        ConstraintType.ARRAY_UNIQUE: {"uniqueItems": True},
    }
    return others[each.type]


def _titled(text: str) -> Schema:
    return {"title": text} if text else {}


def _texts(definition: Definition) -> Schema:
    made: Schema = {"title": definition.display_name}
    made |= {"description": definition.description} if definition.description else {}
    return made | ({"deprecated": True} if definition.status is Status.DEPRECATED else {})


def _to(kind: Kind, name: str) -> Schema:
    return {"$ref": f"#/$defs/{local(kind, name)}"}
