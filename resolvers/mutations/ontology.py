"""Mutations of ontologies themselves: administered outside change sets, versioned, audited and evented."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.domain.actor import Role
from app.domain.errors import Problem
from app.domain.ontology import OntologySettings
from resolvers.inputs.ontology import ArchiveOntologyInput, CreateOntologyInput, OntologySettingsInput, UpdateOntologyInput
from resolvers.mutations.writing import Info, given, known_rid, mutation, once, told
from resolvers.results import NameTaken, ValidationFailed, VersionConflict
from resolvers.types.ontology import ontology
from resolvers.types.refs import OntologyRef

if TYPE_CHECKING:
    from app.domain.ontology import Ontology


@strawberry.type(description="The ontology was created, changed or archived.")
class OntologyPayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    ontology: OntologyRef = strawberry.field(description="The ontology as it is now.")


OntologyResult = Annotated[
    OntologyPayload | ValidationFailed | VersionConflict | NameTaken,
    strawberry.union("OntologyResult", description="The ontology, or why it did not change."),
]


@strawberry.type
class OntologyMutations:
    """Mixed into the schema's mutations."""

    @mutation("Create an empty ontology, at revision 0.", Role.ADMIN)
    async def create_ontology(self, info: Info, input: CreateOntologyInput) -> OntologyResult:
        work = info.context.services.ontologies.create(
            info.context.actor,
            api_name=input.api_name,
            display_name=input.display_name,
            description=given(input.description) or "",
            settings=_settings(given(input.settings), OntologySettings()),
            idempotency=await once(info, input),
        )
        found: OntologyResult = await _answered(info, work, given(input.client_mutation_id))
        return found

    @mutation("Change an ontology's texts or settings, strictly: only at the version that its author looked at.", Role.ADMIN)
    async def update_ontology(self, info: Info, input: UpdateOntologyInput) -> OntologyResult:
        row, _ = await info.context.ontology_of(known_rid(input.rid, "ontology"))
        work = info.context.services.ontologies.update(
            info.context.actor,
            input.rid,
            expected_version=input.expected_version,
            display_name=given(input.display_name),
            description=given(input.description),
            settings=_settings(given(input.settings), OntologySettings(**row["settings"])),
            idempotency=await once(info, input),
        )
        found: OntologyResult = await _answered(info, work, given(input.client_mutation_id))
        return found

    @mutation("Make an ontology read-only; nothing is deleted.", Role.ADMIN)
    async def archive_ontology(self, info: Info, input: ArchiveOntologyInput) -> OntologyResult:
        rid = known_rid(input.rid, "ontology")
        work = info.context.services.ontologies.archive(
            info.context.actor, rid, expected_version=input.expected_version, idempotency=await once(info, input)
        )
        found: OntologyResult = await _answered(info, work, given(input.client_mutation_id))
        return found


def _settings(sent: OntologySettingsInput | None, stored: OntologySettings) -> OntologySettings:
    wanted = None if sent is None else given(sent.require_review)
    return stored if wanted is None else replace(stored, require_review=wanted)


async def _answered(info: Info, work: Awaitable[Ontology], mark: str | None) -> Any:
    try:
        found = await work
    except Problem as problem:
        return await told(info.context, problem)
    await info.context.refresh()
    return OntologyPayload(client_mutation_id=mark, ontology=ontology(*await info.context.ontology_of(found.rid)))
