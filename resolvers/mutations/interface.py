"""Mutations of interfaces."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.kind import Kind
from resolvers.inputs.interface import InterfaceInput, InterfacePatch
from resolvers.inputs.words import needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import ChangeInput, CreationInput, DeletionInput, Info, create, delete, mutation, update
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.refs import InterfaceRef


@strawberry.input(description="Creates an interface.")
class CreateInterfaceInput(CreationInput):
    interface: InterfaceInput = needed("What it is.")


@strawberry.input(description="Changes an interface.")
class UpdateInterfaceInput(ChangeInput):
    interface: InterfacePatch = needed("What changes: what is absent stays, null clears.")


@strawberry.input(description="Deletes an interface.")
class DeleteInterfaceInput(DeletionInput):
    pass


@strawberry.type(description="An interface was created.")
class CreateInterfacePayload(Written):
    interface: InterfaceRef = strawberry.field(description="The new interface.")


@strawberry.type(description="An interface was changed.")
class UpdateInterfacePayload(Written):
    interface: InterfaceRef = strawberry.field(description="The interface as it is now.")


@strawberry.type(description="An interface was deleted, and what its cascade took along.")
class DeleteInterfacePayload(Written):
    rid: Rid = strawberry.field(description="The rid of what is gone; its history stays.")


CreateInterfaceResult = Annotated[
    CreateInterfacePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("CreateInterfaceResult", description="The new interface, or why there is none."),
]
UpdateInterfaceResult = Annotated[
    UpdateInterfacePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("UpdateInterfaceResult", description="The changed interface, or why it did not change."),
]
DeleteInterfaceResult = Annotated[
    DeleteInterfacePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("DeleteInterfaceResult", description="What is gone, or why nothing is."),
]


@strawberry.type
class InterfaceMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create an interface: a small change set, opened and merged in one transaction.")
    async def create_interface(self, info: Info, input: CreateInterfaceInput) -> CreateInterfaceResult:
        found: CreateInterfaceResult = await create(info, Kind.INTERFACE, input, input.interface, CreateInterfacePayload, "interface")
        return found

    @mutation("Change an interface, strictly: only at the version that its author looked at.")
    async def update_interface(self, info: Info, input: UpdateInterfaceInput) -> UpdateInterfaceResult:
        found: UpdateInterfaceResult = await update(info, Kind.INTERFACE, input, input.interface, UpdateInterfacePayload, "interface")
        return found

    @mutation("Delete an interface, strictly: only at the version that its author looked at. What is ACTIVE or still referred to stays.")
    async def delete_interface(self, info: Info, input: DeleteInterfaceInput) -> DeleteInterfaceResult:
        found: DeleteInterfaceResult = await delete(info, Kind.INTERFACE, input, DeleteInterfacePayload)
        return found
