"""Who may do what: every root field names its role, and a schema with one that does not cannot be built."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.schema_directive import Location
from strawberry.types.base import has_object_definition

from app.domain.actor import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from strawberry.extensions.field_extension import AsyncExtensionResolver, SyncExtensionResolver
    from strawberry.types import Info
    from strawberry.types.field import StrawberryField


@strawberry.enum(name="Role", description="What a person may do; each role includes the ones before it.")
class RoleName(Enum):
    """The roles as the schema says them."""

    VIEWER = strawberry.enum_value("VIEWER", description="Reads everything but the audit of others.")
    EDITOR = strawberry.enum_value("EDITOR", description="Also works on change sets and merges them.")
    ADMIN = strawberry.enum_value("ADMIN", description="Ontology Admin: also ontologies, their settings, and the audit of others.")


@strawberry.schema_directive(
    name="requires", locations=[Location.FIELD_DEFINITION], description="The role that a field needs; without it the answer is FORBIDDEN."
)
class RequiresDirective:
    """What the printed schema says of a field."""

    role: RoleName = strawberry.directive_field(name="role")


class Requires(FieldExtension):
    """Checks the actor before the field is resolved; on roots and edges, never on leaves."""

    def __init__(self, role: Role) -> None:
        self.role = role

    def apply(self, field: StrawberryField) -> None:
        if not any(isinstance(directive, RequiresDirective) for directive in field.directives):
            field.directives = [*field.directives, RequiresDirective(role=RoleName[self.role.name])]

    def resolve(self, next_: SyncExtensionResolver, source: Any, info: Info, **arguments: Any) -> Any:
        info.context.actor.require(self.role)
        return next_(source, info, **arguments)

    async def resolve_async(self, next_: AsyncExtensionResolver, source: Any, info: Info, **arguments: Any) -> Any:
        info.context.actor.require(self.role)
        return await next_(source, info, **arguments)


def requires(role: Role) -> Requires:
    """The extension of a field that only this role and those above it may use: `extensions=[requires(Role.EDITOR)]`."""
    return Requires(role)


def declared(field: StrawberryField) -> Role | None:
    """The role that a field names."""
    return next((extension.role for extension in field.extensions if isinstance(extension, Requires)), None)


def undeclared(*roots: type | None) -> Iterator[str]:
    """The root fields that name no role; a schema is built only where there is none."""
    for root in roots:
        if not has_object_definition(root):
            continue
        definition = root.__strawberry_definition__
        for field in definition.fields:
            if declared(field) is None:
                yield f"{definition.name}.{field.python_name}"
