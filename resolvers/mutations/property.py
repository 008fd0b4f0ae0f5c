"""Mutations of properties."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.kind import Kind
from resolvers.inputs.property import PropertyInput, PropertyPatch
from resolvers.inputs.words import needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import ChangeInput, CreationInput, DeletionInput, Info, create, delete, mutation, update
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.refs import PropertyRef


@strawberry.input(description="Creates a property.")
class CreatePropertyInput(CreationInput):
    property: PropertyInput = needed("What it is.")


@strawberry.input(description="Changes a property.")
class UpdatePropertyInput(ChangeInput):
    property: PropertyPatch = needed("What changes: what is absent stays, null clears.")


@strawberry.input(description="Deletes a property.")
class DeletePropertyInput(DeletionInput):
    pass


@strawberry.type(description="A property was created.")
class CreatePropertyPayload(Written):
    property: PropertyRef = strawberry.field(description="The new property.")


@strawberry.type(description="A property was changed.")
class UpdatePropertyPayload(Written):
    property: PropertyRef = strawberry.field(description="The property as it is now.")


@strawberry.type(description="A property was deleted, and what its cascade took along.")
class DeletePropertyPayload(Written):
    rid: Rid = strawberry.field(description="The rid of what is gone; its history stays.")


CreatePropertyResult = Annotated[
    CreatePropertyPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("CreatePropertyResult", description="The new property, or why there is none."),
]
UpdatePropertyResult = Annotated[
    UpdatePropertyPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("UpdatePropertyResult", description="The changed property, or why it did not change."),
]
DeletePropertyResult = Annotated[
    DeletePropertyPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("DeletePropertyResult", description="What is gone, or why nothing is."),
]


@strawberry.type
class PropertyMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create a property: a small change set, opened and merged in one transaction.")
    async def create_property(self, info: Info, input: CreatePropertyInput) -> CreatePropertyResult:
        found: CreatePropertyResult = await create(info, Kind.PROPERTY, input, input.property, CreatePropertyPayload, "property")
        return found

    @mutation("Change a property, strictly: only at the version that its author looked at.")
    async def update_property(self, info: Info, input: UpdatePropertyInput) -> UpdatePropertyResult:
        found: UpdatePropertyResult = await update(info, Kind.PROPERTY, input, input.property, UpdatePropertyPayload, "property")
        return found

    @mutation("Delete a property, strictly: only at the version that its author looked at. What is ACTIVE or still referred to stays.")
    async def delete_property(self, info: Info, input: DeletePropertyInput) -> DeletePropertyResult:
        found: DeletePropertyResult = await delete(info, Kind.PROPERTY, input, DeletePropertyPayload)
        return found
