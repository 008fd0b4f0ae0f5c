"""Mutations of type groups."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.kind import Kind
from resolvers.inputs.type_group import TypeGroupInput, TypeGroupPatch
from resolvers.inputs.words import needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import ChangeInput, CreationInput, DeletionInput, Info, create, delete, mutation, update
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.refs import TypeGroupRef


@strawberry.input(description="Creates a type group.")
class CreateTypeGroupInput(CreationInput):
    type_group: TypeGroupInput = needed("What it is.")


@strawberry.input(description="Changes a type group.")
class UpdateTypeGroupInput(ChangeInput):
    type_group: TypeGroupPatch = needed("What changes: what is absent stays, null clears.")


@strawberry.input(description="Deletes a type group.")
class DeleteTypeGroupInput(DeletionInput):
    pass


@strawberry.type(description="A type group was created.")
class CreateTypeGroupPayload(Written):
    type_group: TypeGroupRef = strawberry.field(description="The new type group.")


@strawberry.type(description="A type group was changed.")
class UpdateTypeGroupPayload(Written):
    type_group: TypeGroupRef = strawberry.field(description="The type group as it is now.")


@strawberry.type(description="A type group was deleted, and what its cascade took along.")
class DeleteTypeGroupPayload(Written):
    rid: Rid = strawberry.field(description="The rid of what is gone; its history stays.")


CreateTypeGroupResult = Annotated[
    CreateTypeGroupPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("CreateTypeGroupResult", description="The new type group, or why there is none."),
]
UpdateTypeGroupResult = Annotated[
    UpdateTypeGroupPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("UpdateTypeGroupResult", description="The changed type group, or why it did not change."),
]
DeleteTypeGroupResult = Annotated[
    DeleteTypeGroupPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("DeleteTypeGroupResult", description="What is gone, or why nothing is."),
]


@strawberry.type
class TypeGroupMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create a type group: a small change set, opened and merged in one transaction.")
    async def create_type_group(self, info: Info, input: CreateTypeGroupInput) -> CreateTypeGroupResult:
        found: CreateTypeGroupResult = await create(info, Kind.TYPE_GROUP, input, input.type_group, CreateTypeGroupPayload, "type_group")
        return found

    @mutation("Change a type group, strictly: only at the version that its author looked at.")
    async def update_type_group(self, info: Info, input: UpdateTypeGroupInput) -> UpdateTypeGroupResult:
        found: UpdateTypeGroupResult = await update(info, Kind.TYPE_GROUP, input, input.type_group, UpdateTypeGroupPayload, "type_group")
        return found

    @mutation("Delete a type group, strictly: only at the version that its author looked at. What is ACTIVE or still referred to stays.")
    async def delete_type_group(self, info: Info, input: DeleteTypeGroupInput) -> DeleteTypeGroupResult:
        found: DeleteTypeGroupResult = await delete(info, Kind.TYPE_GROUP, input, DeleteTypeGroupPayload)
        return found
