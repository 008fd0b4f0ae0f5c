"""Mutations of shared properties."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.kind import Kind
from resolvers.inputs.shared_property import SharedPropertyInput, SharedPropertyPatch
from resolvers.inputs.words import needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import ChangeInput, CreationInput, DeletionInput, Info, create, delete, mutation, update
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.refs import SharedPropertyRef


@strawberry.input(description="Creates a shared property.")
class CreateSharedPropertyInput(CreationInput):
    shared_property: SharedPropertyInput = needed("What it is.")


@strawberry.input(description="Changes a shared property.")
class UpdateSharedPropertyInput(ChangeInput):
    shared_property: SharedPropertyPatch = needed("What changes: what is absent stays, null clears.")


@strawberry.input(description="Deletes a shared property.")
class DeleteSharedPropertyInput(DeletionInput):
    pass


@strawberry.type(description="A shared property was created.")
class CreateSharedPropertyPayload(Written):
    shared_property: SharedPropertyRef = strawberry.field(description="The new shared property.")


@strawberry.type(description="A shared property was changed.")
class UpdateSharedPropertyPayload(Written):
    shared_property: SharedPropertyRef = strawberry.field(description="The shared property as it is now.")


@strawberry.type(description="A shared property was deleted, and what its cascade took along.")
class DeleteSharedPropertyPayload(Written):
    rid: Rid = strawberry.field(description="The rid of what is gone; its history stays.")


CreateSharedPropertyResult = Annotated[
    CreateSharedPropertyPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("CreateSharedPropertyResult", description="The new shared property, or why there is none."),
]
UpdateSharedPropertyResult = Annotated[
    UpdateSharedPropertyPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("UpdateSharedPropertyResult", description="The changed shared property, or why it did not change."),
]
DeleteSharedPropertyResult = Annotated[
    DeleteSharedPropertyPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("DeleteSharedPropertyResult", description="What is gone, or why nothing is."),
]


@strawberry.type
class SharedPropertyMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create a shared property: a small change set, opened and merged in one transaction.")
    async def create_shared_property(self, info: Info, input: CreateSharedPropertyInput) -> CreateSharedPropertyResult:
        found: CreateSharedPropertyResult = await create(
            info, Kind.SHARED_PROPERTY, input, input.shared_property, CreateSharedPropertyPayload, "shared_property"
        )
        return found

    @mutation("Change a shared property, strictly: only at the version that its author looked at.")
    async def update_shared_property(self, info: Info, input: UpdateSharedPropertyInput) -> UpdateSharedPropertyResult:
        found: UpdateSharedPropertyResult = await update(
            info, Kind.SHARED_PROPERTY, input, input.shared_property, UpdateSharedPropertyPayload, "shared_property"
        )
        return found

    @mutation(
        "Delete a shared property, strictly: only at the version that its author looked at. What is ACTIVE or still referred to stays."
    )
    async def delete_shared_property(self, info: Info, input: DeleteSharedPropertyInput) -> DeleteSharedPropertyResult:
        found: DeleteSharedPropertyResult = await delete(info, Kind.SHARED_PROPERTY, input, DeleteSharedPropertyPayload)
        return found
