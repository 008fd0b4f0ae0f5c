"""Mutations of value types."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.kind import Kind
from resolvers.inputs.value_type import ValueTypeInput, ValueTypePatch
from resolvers.inputs.words import needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import ChangeInput, CreationInput, DeletionInput, Info, create, delete, mutation, update
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.refs import ValueTypeRef


@strawberry.input(description="Creates a value type.")
class CreateValueTypeInput(CreationInput):
    value_type: ValueTypeInput = needed("What it is.")


@strawberry.input(description="Changes a value type.")
class UpdateValueTypeInput(ChangeInput):
    value_type: ValueTypePatch = needed("What changes: what is absent stays, null clears.")


@strawberry.input(description="Deletes a value type.")
class DeleteValueTypeInput(DeletionInput):
    pass


@strawberry.type(description="A value type was created.")
class CreateValueTypePayload(Written):
    value_type: ValueTypeRef = strawberry.field(description="The new value type.")


@strawberry.type(description="A value type was changed.")
class UpdateValueTypePayload(Written):
    value_type: ValueTypeRef = strawberry.field(description="The value type as it is now.")


@strawberry.type(description="A value type was deleted, and what its cascade took along.")
class DeleteValueTypePayload(Written):
    rid: Rid = strawberry.field(description="The rid of what is gone; its history stays.")


CreateValueTypeResult = Annotated[
    CreateValueTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("CreateValueTypeResult", description="The new value type, or why there is none."),
]
UpdateValueTypeResult = Annotated[
    UpdateValueTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("UpdateValueTypeResult", description="The changed value type, or why it did not change."),
]
DeleteValueTypeResult = Annotated[
    DeleteValueTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("DeleteValueTypeResult", description="What is gone, or why nothing is."),
]


@strawberry.type
class ValueTypeMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create a value type: a small change set, opened and merged in one transaction.")
    async def create_value_type(self, info: Info, input: CreateValueTypeInput) -> CreateValueTypeResult:
        found: CreateValueTypeResult = await create(info, Kind.VALUE_TYPE, input, input.value_type, CreateValueTypePayload, "value_type")
        return found

    @mutation("Change a value type, strictly: only at the version that its author looked at.")
    async def update_value_type(self, info: Info, input: UpdateValueTypeInput) -> UpdateValueTypeResult:
        found: UpdateValueTypeResult = await update(info, Kind.VALUE_TYPE, input, input.value_type, UpdateValueTypePayload, "value_type")
        return found

    @mutation("Delete a value type, strictly: only at the version that its author looked at. What is ACTIVE or still referred to stays.")
    async def delete_value_type(self, info: Info, input: DeleteValueTypeInput) -> DeleteValueTypeResult:
        found: DeleteValueTypeResult = await delete(info, Kind.VALUE_TYPE, input, DeleteValueTypePayload)
        return found
