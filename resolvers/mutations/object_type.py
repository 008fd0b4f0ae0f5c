"""Mutations of object types."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.kind import Kind
from resolvers.inputs.object_type import ObjectTypeInput, ObjectTypePatch
from resolvers.inputs.words import needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import ChangeInput, CreationInput, DeletionInput, Info, create, delete, mutation, update
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.refs import ObjectTypeRef


@strawberry.input(description="Creates an object type with its properties.")
class CreateObjectTypeInput(CreationInput):
    object: ObjectTypeInput = needed("What it is.")


@strawberry.input(description="Changes an object type.")
class UpdateObjectTypeInput(ChangeInput):
    object: ObjectTypePatch = needed("What changes: what is absent stays, null clears.")


@strawberry.input(description="Deletes an object type.")
class DeleteObjectTypeInput(DeletionInput):
    pass


@strawberry.type(description="An object type was created.")
class CreateObjectTypePayload(Written):
    object_type: ObjectTypeRef = strawberry.field(description="The new object type.")


@strawberry.type(description="An object type was changed.")
class UpdateObjectTypePayload(Written):
    object_type: ObjectTypeRef = strawberry.field(description="The object type as it is now.")


@strawberry.type(description="An object type was deleted, and what its cascade took along.")
class DeleteObjectTypePayload(Written):
    rid: Rid = strawberry.field(description="The rid of what is gone; its history stays.")


CreateObjectTypeResult = Annotated[
    CreateObjectTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("CreateObjectTypeResult", description="The new object type, or why there is none."),
]
UpdateObjectTypeResult = Annotated[
    UpdateObjectTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("UpdateObjectTypeResult", description="The changed object type, or why it did not change."),
]
DeleteObjectTypeResult = Annotated[
    DeleteObjectTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("DeleteObjectTypeResult", description="What is gone, or why nothing is."),
]


@strawberry.type
class ObjectTypeMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create an object type with its properties: a small change set, opened and merged in one transaction.")
    async def create_object_type(self, info: Info, input: CreateObjectTypeInput) -> CreateObjectTypeResult:
        found: CreateObjectTypeResult = await create(info, Kind.OBJECT_TYPE, input, input.object, CreateObjectTypePayload, "object_type")
        return found

    @mutation("Change an object type, strictly: only at the version that its author looked at.")
    async def update_object_type(self, info: Info, input: UpdateObjectTypeInput) -> UpdateObjectTypeResult:
        found: UpdateObjectTypeResult = await update(info, Kind.OBJECT_TYPE, input, input.object, UpdateObjectTypePayload, "object_type")
        return found

    @mutation("Delete an object type, strictly: only at the version that its author looked at. What is ACTIVE or still referred to stays.")
    async def delete_object_type(self, info: Info, input: DeleteObjectTypeInput) -> DeleteObjectTypeResult:
        found: DeleteObjectTypeResult = await delete(info, Kind.OBJECT_TYPE, input, DeleteObjectTypePayload)
        return found
