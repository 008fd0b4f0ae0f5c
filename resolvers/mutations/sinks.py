"""Mutations of what follows the log: an admin's ways to put the search index right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from app.domain.actor import Role
from resolvers.inputs.words import absent, needed
from resolvers.mutations.writing import Info, given, mutation
from resolvers.scalars import Rid
from resolvers.types.sinks import DeadLetter

if TYPE_CHECKING:
    from app.services.repairs import Repaired


@strawberry.input(description="Writes entities to the search index anew.")
class ReindexInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    rids: list[strawberry.ID] = needed("The entities, up to 1,000; deleted ones too.")


@strawberry.input(description="Writes again what the search index refused.")
class RetryFailedEventsInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    rids: list[strawberry.ID] | None = absent("Only these entities; up to 1,000 of all that were refused where nothing is said.")


@strawberry.input(description="Takes refused documents off the list.")
class DiscardFailedEventsInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    rids: list[strawberry.ID] = needed("The entities, up to 1,000; those that are not on the list are left alone.")


@strawberry.type(description="The entities were written to the index, or taken off the list.")
class RepairPayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    rids: list[Rid] = strawberry.field(description="Which entities.")
    refused: list[DeadLetter] = strawberry.field(description="What the index still refuses of them.")


@strawberry.type
class SinkMutations:
    """Mixed into the schema's mutations."""

    @mutation("Write entities to the search index as they are now, whatever it has of them.", Role.ADMIN)
    async def reindex(self, info: Info, input: ReindexInput) -> RepairPayload:
        repaired = await info.context.services.repairs.reindex(info.context.actor, input.rids)
        return _answered(repaired, given(input.client_mutation_id))

    @mutation("Write again what the search index refused: each entity as it is now, never an old document.", Role.ADMIN)
    async def retry_failed_events(self, info: Info, input: RetryFailedEventsInput) -> RepairPayload:
        repaired = await info.context.services.repairs.retry(info.context.actor, given(input.rids))
        return _answered(repaired, given(input.client_mutation_id))

    @mutation("Take refused documents off the list; their entities stay FAILED until they can be written.", Role.ADMIN)
    async def discard_failed_events(self, info: Info, input: DiscardFailedEventsInput) -> RepairPayload:
        repaired = await info.context.services.repairs.discard(info.context.actor, input.rids)
        return _answered(repaired, given(input.client_mutation_id))


def _answered(repaired: Repaired, mark: str | None) -> RepairPayload:
    return RepairPayload(
        client_mutation_id=mark, rids=[Rid(rid) for rid in repaired.rids], refused=[DeadLetter.of(letter) for letter in repaired.refused]
    )
