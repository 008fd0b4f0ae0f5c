"""Mending a change set with the fixes that its violations offer."""

from __future__ import annotations

from typing import Annotated

import strawberry

from app.domain.errors import ListTooLong, Problem
from resolvers.inputs.fixes import ApplyFixesInput
from resolvers.inputs.lock import under
from resolvers.mutations.change_set import StageOperationsPayload, staged_operation
from resolvers.mutations.writing import Info, given, known_rid, mutation, once, told
from resolvers.results import ValidationFailed, VersionConflict
from resolvers.types.change_set import change_set_of
from resolvers.types.judgement import Judgement

MOST = 1_000  # violations at once


@strawberry.type(description="The fixes were staged.")
class ApplyFixesPayload(StageOperationsPayload):
    judgement: Judgement = strawberry.field(description="What stands against the change set with them.")


ApplyFixesResult = Annotated[
    ApplyFixesPayload | ValidationFailed | VersionConflict,
    strawberry.union("ApplyFixesResult", description="What was staged, or why nothing was."),
]


@strawberry.type
class FixMutations:
    """Mixed into the schema's mutations."""

    @mutation(
        "Stage the fixes of a change set's violations, each judged after the ones before it; without any, nothing changes."
        " One call stages up to 10,000 in ten rounds of up to 1,000, of fixes of one field one a round; the judgement tells what is left,"
        " for the next call."
    )
    async def apply_fixes(self, info: Info, input: ApplyFixesInput) -> ApplyFixesResult:
        wanted = given(input.violations)
        if wanted is not None and len(wanted) > MOST:
            raise ListTooLong(f"violations holds at most {MOST:,}, not {len(wanted):,}.", path="violations")
        marks = None if wanted is None else {(each.rule, str(each.rid), each.path) for each in wanted}
        try:
            mended = await info.context.services.change_sets.apply_fixes(
                under(info.context.actor, input),
                known_rid(input.rid, "change set"),
                marks,
                expected_version=given(input.expected_version),
                idempotency=await once(info, input),
            )
        except Problem as problem:
            found: ApplyFixesResult = await told(info.context, problem)
            return found
        await info.context.refresh()
        return ApplyFixesPayload(
            client_mutation_id=given(input.client_mutation_id),
            change_set=change_set_of(mended.change_set),
            operations=[staged_operation(each) for each in mended.staged],
            judgement=Judgement.of(mended),
        )
