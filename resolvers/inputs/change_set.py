"""What people write when they work on a change set."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from resolvers.enums import Choice
from resolvers.inputs.lock import UnderLocks
from resolvers.inputs.operation import OperationInput, holding_operations
from resolvers.inputs.words import IDEMPOTENCY_KEY, absent, needed


@strawberry.input(description="What every mutation of a change set carries.")
class OfChangeSetInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    rid: strawberry.ID = needed("The change set.")


@strawberry.input(description="What every mutation that changes a change set may carry.")
class ChangingChangeSetInput(OfChangeSetInput):
    idempotency_key: str | None = absent(IDEMPOTENCY_KEY)


@strawberry.input(description="What a mutation of an open change set may carry.")
class OfOpenChangeSetInput(ChangingChangeSetInput):
    expected_version: int | None = absent("The version of the change set that the author looked at; any other is a VersionConflict.")


@holding_operations
@strawberry.input(description="Opens a change set.")
class OpenChangeSetInput(UnderLocks):
    client_mutation_id: str | None = absent("Sent back unchanged.")
    idempotency_key: str | None = absent(IDEMPOTENCY_KEY)
    ontology: str = strawberry.field(description="The apiName of the ontology.", default="main")
    title: str = needed("What it is about, in 1 to 200 characters.")
    description: str | None = absent("What it is about, in up to 10,000 characters.")
    labels: list[str] | None = absent("Words to find it by; at most 50.")
    reviewers: list[str] | None = absent("The ids of who will be asked to review it; at most 50.")
    operations: list[OperationInput] | None = absent("Its first operations.")


@holding_operations
@strawberry.input(description="Adds operations to a change set.")
class StageOperationsInput(OfOpenChangeSetInput, UnderLocks):
    operations: list[OperationInput] = needed("They go after those that are there; a change set holds at most 10,000.")


@strawberry.input(description="Replaces the words of one operation.")
class AmendOperationInput(OfOpenChangeSetInput, UnderLocks):
    operation_id: strawberry.ID = needed("The operation.")
    fields: JSON | None = absent("The new words, in place of all those before: as JSON, in the form of the definition.")
    expected_entity_version: int | None = absent("The version of the entity that its author looked at now, for example after a conflict.")
    cascade: bool | None = absent("Whether a deletion takes along what depends on it.")


@strawberry.input(description="Gives operations another order.")
class ReorderOperationsInput(OfOpenChangeSetInput):
    operation_ids: list[strawberry.ID] = needed("Every operation of the change set once, in the new order.")


@strawberry.input(description="Takes one operation out of a change set.")
class DropOperationInput(OfOpenChangeSetInput):
    operation_id: strawberry.ID = needed("The operation.")


@strawberry.input(description="Takes operations out of a change set.")
class DropOperationsInput(OfOpenChangeSetInput):
    operation_ids: list[strawberry.ID] = needed("The operations.")


@strawberry.input(description="Says something about a change set.")
class CommentOnChangeSetInput(ChangingChangeSetInput):
    body: str = needed("1 to 10,000 characters.")
    about: strawberry.ID | None = absent("The entity that it is about; the whole change set where nothing is said.")
    path: str | None = absent("The field of that entity that it is about.")


@strawberry.input(description="Asks for a review.")
class RequestReviewInput(OfOpenChangeSetInput):
    reviewers: list[str] | None = absent("The ids of who is asked, beside those named before; at most 50 in all.")


@strawberry.input(description="Approves a change set as it is now, or asks for changes.")
class ReviewChangeSetInput(OfOpenChangeSetInput):
    approve: bool = needed("Whether it may be merged; nobody approves what they wrote.")
    comment: str | None = absent("Why, in up to 10,000 characters.")


@strawberry.input(description="Judges a change set.")
class ValidateChangeSetInput(OfChangeSetInput):
    pass


@strawberry.input(description="An answer to one conflict; it lapses when theirs moves past the version that it names.")
class ResolutionInput:
    rid: strawberry.ID = needed("The entity of the conflict.")
    path: str = strawberry.field(description="The field of the conflict; empty for the whole entity.", default="")
    choice: Choice = needed("Which side, or another value.")
    theirs_version: int = needed("The version of theirs that it was chosen against, as the conflict says it.")
    value: JSON | None = absent("VALUE: the value.")


@strawberry.input(description="Merges a change set.")
class MergeChangeSetInput(OfOpenChangeSetInput, UnderLocks):
    resolutions: list[ResolutionInput] | None = absent("Answers to the conflicts of an earlier try.")
    dry_run: bool = strawberry.field(description="Whether only to tell what would happen.", default=False)


@strawberry.input(description="Gives a change set up.")
class CloseChangeSetInput(OfOpenChangeSetInput):
    pass


@strawberry.input(description="Undoes a merged change set.")
class RollbackChangeSetInput(ChangingChangeSetInput, UnderLocks):
    title: str | None = absent("How the new change set is called; up to 200 characters.")
    dry_run: bool = strawberry.field(description="Whether only to tell what would happen.", default=False)
