"""Mutations of link types."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.kind import Kind
from resolvers.inputs.link_type import LinkTypeInput, LinkTypePatch
from resolvers.inputs.words import needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import ChangeInput, CreationInput, DeletionInput, Info, create, delete, mutation, update
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.refs import LinkTypeRef


@strawberry.input(description="Creates a link type.")
class CreateLinkTypeInput(CreationInput):
    link_type: LinkTypeInput = needed("What it is.")


@strawberry.input(description="Changes a link type.")
class UpdateLinkTypeInput(ChangeInput):
    link_type: LinkTypePatch = needed("What changes: what is absent stays, null clears.")


@strawberry.input(description="Deletes a link type.")
class DeleteLinkTypeInput(DeletionInput):
    pass


@strawberry.type(description="A link type was created.")
class CreateLinkTypePayload(Written):
    link_type: LinkTypeRef = strawberry.field(description="The new link type.")


@strawberry.type(description="A link type was changed.")
class UpdateLinkTypePayload(Written):
    link_type: LinkTypeRef = strawberry.field(description="The link type as it is now.")


@strawberry.type(description="A link type was deleted, and what its cascade took along.")
class DeleteLinkTypePayload(Written):
    rid: Rid = strawberry.field(description="The rid of what is gone; its history stays.")


CreateLinkTypeResult = Annotated[
    CreateLinkTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("CreateLinkTypeResult", description="The new link type, or why there is none."),
]
UpdateLinkTypeResult = Annotated[
    UpdateLinkTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("UpdateLinkTypeResult", description="The changed link type, or why it did not change."),
]
DeleteLinkTypeResult = Annotated[
    DeleteLinkTypePayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("DeleteLinkTypeResult", description="What is gone, or why nothing is."),
]


@strawberry.type
class LinkTypeMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create a link type: a small change set, opened and merged in one transaction.")
    async def create_link_type(self, info: Info, input: CreateLinkTypeInput) -> CreateLinkTypeResult:
        found: CreateLinkTypeResult = await create(info, Kind.LINK_TYPE, input, input.link_type, CreateLinkTypePayload, "link_type")
        return found

    @mutation("Change a link type, strictly: only at the version that its author looked at.")
    async def update_link_type(self, info: Info, input: UpdateLinkTypeInput) -> UpdateLinkTypeResult:
        found: UpdateLinkTypeResult = await update(info, Kind.LINK_TYPE, input, input.link_type, UpdateLinkTypePayload, "link_type")
        return found

    @mutation("Delete a link type, strictly: only at the version that its author looked at. What is ACTIVE or still referred to stays.")
    async def delete_link_type(self, info: Info, input: DeleteLinkTypeInput) -> DeleteLinkTypeResult:
        found: DeleteLinkTypeResult = await delete(info, Kind.LINK_TYPE, input, DeleteLinkTypePayload)
        return found
