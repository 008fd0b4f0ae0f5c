"""Types by name: the kinds refer to each other in circles, so they are looked up when the schema is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from resolvers.types.action_type import ActionType
    from resolvers.types.blame import FieldBlame
    from resolvers.types.change_set import ChangeSet
    from resolvers.types.entity import Entity
    from resolvers.types.history import EntityChange
    from resolvers.types.interface import Interface
    from resolvers.types.link_type import LinkType
    from resolvers.types.lock import EditLock
    from resolvers.types.object_type import ObjectType, ObjectTypeLink
    from resolvers.types.ontology import Ontology
    from resolvers.types.property import Property
    from resolvers.types.shared_property import SharedProperty
    from resolvers.types.sinks import IndexStatus
    from resolvers.types.type_group import TypeGroup
    from resolvers.types.usage import UsageConnection
    from resolvers.types.value_type import ValueType

ActionTypeRef = Annotated["ActionType", strawberry.lazy("resolvers.types.action_type")]
FieldBlameRef = Annotated["FieldBlame", strawberry.lazy("resolvers.types.blame")]
ChangeSetRef = Annotated["ChangeSet", strawberry.lazy("resolvers.types.change_set")]
EditLockRef = Annotated["EditLock", strawberry.lazy("resolvers.types.lock")]
EntityChangeRef = Annotated["EntityChange", strawberry.lazy("resolvers.types.history")]
EntityRef = Annotated["Entity", strawberry.lazy("resolvers.types.entity")]
IndexStatusRef = Annotated["IndexStatus", strawberry.lazy("resolvers.types.sinks")]
InterfaceRef = Annotated["Interface", strawberry.lazy("resolvers.types.interface")]
LinkTypeRef = Annotated["LinkType", strawberry.lazy("resolvers.types.link_type")]
ObjectTypeLinkRef = Annotated["ObjectTypeLink", strawberry.lazy("resolvers.types.object_type")]
ObjectTypeRef = Annotated["ObjectType", strawberry.lazy("resolvers.types.object_type")]
OntologyRef = Annotated["Ontology", strawberry.lazy("resolvers.types.ontology")]
PropertyRef = Annotated["Property", strawberry.lazy("resolvers.types.property")]
SharedPropertyRef = Annotated["SharedProperty", strawberry.lazy("resolvers.types.shared_property")]
TypeGroupRef = Annotated["TypeGroup", strawberry.lazy("resolvers.types.type_group")]
UsageConnectionRef = Annotated["UsageConnection", strawberry.lazy("resolvers.types.usage")]
ValueTypeRef = Annotated["ValueType", strawberry.lazy("resolvers.types.value_type")]
