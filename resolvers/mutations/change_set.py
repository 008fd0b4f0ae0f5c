"""Mutations of change sets: working on them, reviewing them, and what becomes of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.domain.change_set import Operation as DomainOperation
from app.domain.change_set import Resolution
from app.domain.errors import BadInput, Problem
from app.domain.text import refused_character
from app.persistence.background import off_loop
from resolvers.inputs.change_set import (
    AmendOperationInput,
    CloseChangeSetInput,
    CommentOnChangeSetInput,
    DropOperationInput,
    DropOperationsInput,
    MergeChangeSetInput,
    OfChangeSetInput,
    OpenChangeSetInput,
    ReorderOperationsInput,
    RequestReviewInput,
    ReviewChangeSetInput,
    RollbackChangeSetInput,
    StageOperationsInput,
    ValidateChangeSetInput,
)  # fmt: skip
from resolvers.inputs.lock import under
from resolvers.inputs.operation import operations
from resolvers.mutations.payloads import Written
from resolvers.mutations.writing import Info, Outcome, given, known_rid, merged_or_problem, mutation, once, ontology_name, told
from resolvers.results import MergeConflict, NameTaken, RollbackBlocked, StillReferenced, ValidationFailed, VersionConflict
from resolvers.scalars import Rid
from resolvers.types.change_set import change_set_of, change_set_with
from resolvers.types.judgement import Judgement
from resolvers.types.refs import ChangeSetRef

if TYPE_CHECKING:
    from app.domain.change_set import ChangeSet
    from app.persistence.merging import Merged

LONGEST_PATH = 1_000  # characters


@strawberry.type(description="An operation as it was staged.")
class StagedOperation:
    operation_id: strawberry.ID = strawberry.field(description="What amending, reordering and dropping name it by.")
    rid: Rid = strawberry.field(description="The entity; of a creation, the rid that it will have.")
    ref: str | None = strawberry.field(description="The name by which other operations refer to what it creates.")
    expected_version: int | None = strawberry.field(description="The version that it is based on; null for a creation.")


@strawberry.type(description="The change set was opened, or changed.")
class ChangeSetPayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    change_set: ChangeSetRef = strawberry.field(description="The change set as it is now.")


@strawberry.type(description="The operations were staged.")
class StageOperationsPayload(ChangeSetPayload):
    operations: list[StagedOperation] = strawberry.field(description="The new operations, nested creations expanded.")


@strawberry.type(description="The change set was judged; nothing was written.")
class ValidateChangeSetPayload(ChangeSetPayload):
    judgement: Judgement = strawberry.field(description="Every reason why it could not be merged now.")


@strawberry.type(description="The change set was merged.")
class MergeChangeSetPayload(Written):
    pass


@strawberry.type(description="A new change set undid the other; in a protected ontology it is open for review, and nothing is undone yet.")
class RollbackChangeSetPayload(Written):
    pass


ChangeSetResult = Annotated[
    ChangeSetPayload | ValidationFailed | VersionConflict,
    strawberry.union("ChangeSetResult", description="The change set, or why it did not change."),
]
StageOperationsResult = Annotated[
    StageOperationsPayload | ValidationFailed | VersionConflict,
    strawberry.union("StageOperationsResult", description="What was staged, or why nothing was."),
]
MergeChangeSetResult = Annotated[
    MergeChangeSetPayload | ValidationFailed | VersionConflict | MergeConflict | NameTaken | StillReferenced,
    strawberry.union("MergeChangeSetResult", description="The revision that it became, or why there is none."),
]
RollbackChangeSetResult = Annotated[
    RollbackChangeSetPayload | ValidationFailed | VersionConflict | MergeConflict | NameTaken | StillReferenced | RollbackBlocked,
    strawberry.union("RollbackChangeSetResult", description="The revision that undid it, or why there is none."),
]


@strawberry.type
class ChangeSetMutations:
    """Mixed into the schema's mutations."""

    @mutation("Open a change set: operations that are worked on, reviewed and merged together.")
    async def open_change_set(self, info: Info, input: OpenChangeSetInput) -> ChangeSetResult:
        first = given(input.operations) or []
        wanted = await off_loop(lambda: operations(first), len(first))
        work = _service(info).open(
            under(info.context.actor, input),
            ontology_name(input.ontology),
            title=input.title,
            description=given(input.description) or "",
            labels=given(input.labels) or (),
            reviewers=given(input.reviewers) or (),
            operations=wanted,
            idempotency=await once(info, input, wanted),
        )
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Add operations to a change set. What is sent without `expectedVersion` is based on the entity as it is now.")
    async def stage_operations(self, info: Info, input: StageOperationsInput) -> StageOperationsResult:
        wanted = await off_loop(lambda: operations(input.operations), len(input.operations))
        key = await once(info, input, wanted)
        work = _service(info).stage(
            under(info.context.actor, input), _rid(input), wanted, expected_version=given(input.expected_version), idempotency=key
        )

        def payload(found: tuple[ChangeSet, list[DomainOperation]]) -> StageOperationsPayload:
            after, staged = found
            return StageOperationsPayload(
                client_mutation_id=given(input.client_mutation_id),
                change_set=change_set_of(after),
                operations=[staged_operation(each) for each in staged],
            )

        found: StageOperationsResult = await _answered(info, work, payload)
        return found

    @mutation("Replace the words of one operation.")
    async def amend_operation(self, info: Info, input: AmendOperationInput) -> ChangeSetResult:
        fields = given(input.fields)
        if fields is not None and not isinstance(fields, dict):
            raise BadInput("fields is an object.", path="fields")
        work = _service(info).amend(
            under(info.context.actor, input),
            _rid(input),
            input.operation_id,
            fields=fields,
            expected_entity_version=given(input.expected_entity_version),
            cascade=given(input.cascade),
            expected_version=given(input.expected_version),
            idempotency=await once(info, input),
        )
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Give the operations of a change set another order.")
    async def reorder_operations(self, info: Info, input: ReorderOperationsInput) -> ChangeSetResult:
        key = await once(info, input)
        work = _service(info).reorder(
            info.context.actor, _rid(input), input.operation_ids, expected_version=given(input.expected_version), idempotency=key
        )
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Take one operation out of a change set.")
    async def drop_operation(self, info: Info, input: DropOperationInput) -> ChangeSetResult:
        key = await once(info, input)
        work = _service(info).drop(
            info.context.actor, _rid(input), [input.operation_id], expected_version=given(input.expected_version), idempotency=key
        )
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Take operations out of a change set.")
    async def drop_operations(self, info: Info, input: DropOperationsInput) -> ChangeSetResult:
        key = await once(info, input)
        work = _service(info).drop(
            info.context.actor, _rid(input), input.operation_ids, expected_version=given(input.expected_version), idempotency=key
        )
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Say something about a change set, or about one field of one entity in it. No version changes, and no approval is void.")
    async def comment_on_change_set(self, info: Info, input: CommentOnChangeSetInput) -> ChangeSetResult:
        about, path = given(input.about), given(input.path)
        work = _service(info).comment(
            info.context.actor,
            _rid(input),
            input.body,
            about=about and known_rid(about, "entity"),
            path=path and _plain(path),
            idempotency=await once(info, input),
        )
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Ask for a review of a change set.")
    async def request_review(self, info: Info, input: RequestReviewInput) -> ChangeSetResult:
        work = _service(info).request_review(
            info.context.actor,
            _rid(input),
            reviewers=given(input.reviewers) or (),
            expected_version=given(input.expected_version),
            idempotency=await once(info, input),
        )
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Approve a change set as it is now, or ask for changes. An approval names its version, and any later operation voids it.")
    async def review_change_set(self, info: Info, input: ReviewChangeSetInput) -> ChangeSetResult:
        work = _service(info).review(
            info.context.actor,
            _rid(input),
            approve=input.approve,
            comment=given(input.comment) or "",
            expected_version=given(input.expected_version),
            idempotency=await once(info, input),
        )
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Judge a change set as if it were merged now: every violation and every conflict. Nothing is written.")
    async def validate_change_set(self, info: Info, input: ValidateChangeSetInput) -> ValidateChangeSetPayload:
        judgement = await _service(info).validate(info.context.actor, _rid(input))
        return ValidateChangeSetPayload(
            client_mutation_id=given(input.client_mutation_id),
            change_set=await change_set_with(info, input.rid),
            judgement=Judgement.of(judgement),
        )

    @mutation(
        "Merge a change set, three ways and field by field, as the next revision of its ontology. What both sides changed is a "
        "MergeConflict, which resolutions answer."
    )
    async def merge_change_set(self, info: Info, input: MergeChangeSetInput) -> MergeChangeSetResult:
        resolutions = [
            Resolution(each.rid, each.path, each.choice, each.theirs_version, given(each.value)) for each in given(input.resolutions) or ()
        ]
        work = _service(info).merge(
            under(info.context.actor, input),
            _rid(input),
            expected_version=given(input.expected_version),
            resolutions=resolutions,
            dry_run=input.dry_run,
            idempotency=await once(info, input),
        )
        found: MergeChangeSetResult = await _merged(info, input, work, MergeChangeSetPayload, dry_run=input.dry_run)
        return found

    @mutation("Give a change set up. What it holds stays readable.")
    async def close_change_set(self, info: Info, input: CloseChangeSetInput) -> ChangeSetResult:
        key = await once(info, input)
        work = _service(info).close(info.context.actor, _rid(input), expected_version=given(input.expected_version), idempotency=key)
        found: ChangeSetResult = await _changed(info, work, given(input.client_mutation_id))
        return found

    @mutation("Undo a merged change set by a new one that keeps what came later, or name the change sets that stand in the way.")
    async def rollback_change_set(self, info: Info, input: RollbackChangeSetInput) -> RollbackChangeSetResult:
        key = await once(info, input)
        work = _service(info).rollback(
            under(info.context.actor, input), _rid(input), title=given(input.title) or "", dry_run=input.dry_run, idempotency=key
        )
        found: RollbackChangeSetResult = await _merged(info, input, work, RollbackChangeSetPayload, dry_run=input.dry_run)
        return found


def _service(info: Info) -> Any:
    return info.context.services.change_sets


def _rid(sent: OfChangeSetInput) -> str:
    return known_rid(sent.rid, "change set")


async def _answered(info: Info, work: Awaitable[Any], payload: Callable[[Any], Any]) -> Any:
    """The payload of what the service returned, or the problem as data."""
    try:
        found = await work
    except Problem as problem:
        return await told(info.context, problem)
    await info.context.refresh()
    return payload(found)


async def _changed(info: Info, work: Awaitable[ChangeSet], mark: str | None) -> Any:
    return await _answered(info, work, lambda found: ChangeSetPayload(client_mutation_id=mark, change_set=change_set_of(found)))


async def _merged(info: Info, sent: Any, work: Awaitable[Merged], payload: type[Written], *, dry_run: bool) -> Any:
    outcome = await merged_or_problem(info.context, work)
    if not isinstance(outcome, Outcome):
        return outcome
    return payload.of(outcome.merged, client_mutation_id=given(sent.client_mutation_id), dry_run=dry_run)


def _plain(path: str) -> str:
    if len(path) > LONGEST_PATH or refused_character(path) is not None:
        raise BadInput(f"A path has up to {LONGEST_PATH:,} plain characters.", path="path")
    return path


def staged_operation(operation: DomainOperation) -> StagedOperation:
    """An operation as it was staged."""
    return StagedOperation(
        operation_id=strawberry.ID(operation.id),
        rid=Rid(operation.rid),
        ref=operation.ref,
        expected_version=operation.expected_version,
    )
