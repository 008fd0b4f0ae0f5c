"""The one list of kinds; everything that serves all kinds walks it."""

from __future__ import annotations

from app.domain.action_type import ActionTypeDefinition
from app.domain.definition import Definition
from app.domain.interface import InterfaceDefinition
from app.domain.kind import Kind
from app.domain.link_type import LinkTypeDefinition
from app.domain.object_type import ObjectTypeDefinition
from app.domain.property import PropertyDefinition
from app.domain.shared_property import SharedPropertyDefinition
from app.domain.type_group import TypeGroupDefinition
from app.domain.value_type import ValueTypeDefinition

KINDS: dict[Kind, type[Definition]] = {
    Kind.OBJECT_TYPE: ObjectTypeDefinition,
    Kind.PROPERTY: PropertyDefinition,
    Kind.SHARED_PROPERTY: SharedPropertyDefinition,
    Kind.LINK_TYPE: LinkTypeDefinition,
    Kind.INTERFACE: InterfaceDefinition,
    Kind.ACTION_TYPE: ActionTypeDefinition,
    Kind.VALUE_TYPE: ValueTypeDefinition,
    Kind.TYPE_GROUP: TypeGroupDefinition,
}
