"""Mutations of action types."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.kind import Kind
from resolvers.inputs.action_type import ActionTypeInput, ActionTypePatch
from resolvers.inputs.words import needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import ChangeInput, CreationInput, DeletionInput, Info, create, delete, mutation, update
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.refs import ActionTypeRef


@strawberry.input(description="Creates an action type.")
class CreateActionTypeInput(CreationInput):
    action_type: ActionTypeInput = needed("What it is.")


@strawberry.input(description="Changes an action type.")
class UpdateActionTypeInput(ChangeInput):
    action_type: ActionTypePatch = needed("What changes: what is absent stays, null clears.")


@strawberry.input(description="Deletes an action type.")
class DeleteActionTypeInput(DeletionInput):
    pass


@strawberry.type(description="An action type was created.")
class CreateActionTypePayload(Written):
    action_type: ActionTypeRef = strawberry.field(description="The new action type.")


@strawberry.type(description="An action type was changed.")
class UpdateActionTypePayload(Written):
    action_type: ActionTypeRef = strawberry.field(description="The action type as it is now.")


@strawberry.type(description="An action type was deleted, and what its cascade took along.")
class DeleteActionTypePayload(Written):
    rid: Rid = strawberry.field(description="The rid of what is gone; its history stays.")


CreateActionTypeResult = Annotated[
    CreateActionTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("CreateActionTypeResult", description="The new action type, or why there is none."),
]
UpdateActionTypeResult = Annotated[
    UpdateActionTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("UpdateActionTypeResult", description="The changed action type, or why it did not change."),
]
DeleteActionTypeResult = Annotated[
    DeleteActionTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("DeleteActionTypeResult", description="What is gone, or why nothing is."),
]


@strawberry.type
class ActionTypeMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create an action type: a small change set, opened and merged in one transaction.")
    async def create_action_type(self, info: Info, input: CreateActionTypeInput) -> CreateActionTypeResult:
        found: CreateActionTypeResult = await create(
            info, Kind.ACTION_TYPE, input, input.action_type, CreateActionTypePayload, "action_type"
        )
        return found

    @mutation("Change an action type, strictly: only at the version that its author looked at.")
    async def update_action_type(self, info: Info, input: UpdateActionTypeInput) -> UpdateActionTypeResult:
        found: UpdateActionTypeResult = await update(
            info, Kind.ACTION_TYPE, input, input.action_type, UpdateActionTypePayload, "action_type"
        )
        return found

    @mutation("Delete an action type, strictly: only at the version that its author looked at. What is ACTIVE or still referred to stays.")
    async def delete_action_type(self, info: Info, input: DeleteActionTypeInput) -> DeleteActionTypeResult:
        found: DeleteActionTypeResult = await delete(info, Kind.ACTION_TYPE, input, DeleteActionTypePayload)
        return found
