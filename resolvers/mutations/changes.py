"""Many operations in one go: one revision, or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.persistence.background import off_loop
from resolvers.inputs.operation import OperationInput, holding_operations, operations
from resolvers.inputs.words import absent, needed
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import CreationInput, Info, Outcome, given, mutation, ontology_name, write
from resolvers.results import NameTaken, StillReferenced, ValidationFailed, VersionConflict


@holding_operations
@strawberry.input(description="Writes many entities at once.")
class ApplyChangesInput(CreationInput):
    operations: list[OperationInput] = needed("Up to 10,000 operations, in order; they may refer to each other by `ref:NAME`.")
    title: str | None = absent("How the change set is called in the history; up to 200 characters.")
    dry_run: bool = strawberry.field(description="Whether only to tell what would happen.", default=False)


@strawberry.type(description="All operations were merged as one revision.")
class ApplyChangesPayload(Written):
    pass


ApplyChangesResult = Annotated[
    ApplyChangesPayload | ValidationFailed | VersionConflict | NameTaken | StillReferenced,
    strawberry.union("ApplyChangesResult", description="What changed, or why nothing did."),
]


@strawberry.type
class ChangesMutations:
    """Mixed into the schema's mutations."""

    @mutation("Write many entities at once, strictly and atomically: all operations become one revision, or none does.")
    async def apply_changes(self, info: Info, input: ApplyChangesInput) -> ApplyChangesResult:
        wanted = await off_loop(lambda: operations(input.operations), len(input.operations))
        outcome = await write(info, ontology_name(input.ontology), wanted, input, title=given(input.title) or "", dry_run=input.dry_run)
        if not isinstance(outcome, Outcome):
            found: ApplyChangesResult = outcome
            return found
        return ApplyChangesPayload.of(outcome.merged, client_mutation_id=given(input.client_mutation_id), dry_run=input.dry_run)
