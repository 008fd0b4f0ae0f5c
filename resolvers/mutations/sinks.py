"""Mutations of what follows the log: an admin's ways to put the search index right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from app.domain.actor import Role
from app.domain.errors import Unavailable
from resolvers.inputs.words import IDEMPOTENCY_KEY, absent, needed
from resolvers.mutations.writing import Info, given, mutation, once, ontology_name
from resolvers.scalars import Rid
from resolvers.types.job import Job
from resolvers.types.sinks import DeadLetter, Sink

if TYPE_CHECKING:
    from app.services.repairs import Repaired


@strawberry.input(description="Writes entities to search index and graph database anew.")
class ReindexInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    rids: list[strawberry.ID] = needed("The entities, up to 1,000; deleted ones too.")
    sinks: list[Sink] | None = absent("Only in these; in all that are set up where nothing is said.")


@strawberry.input(description="Writes again what search index or graph database refused.")
class RetryFailedEventsInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    rids: list[strawberry.ID] | None = absent("Only these entities; up to 1,000 of all that were refused where nothing is said.")
    sinks: list[Sink] | None = absent("Only in these; in all that are set up where nothing is said.")


@strawberry.input(description="Takes refused documents off the list.")
class DiscardFailedEventsInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    rids: list[strawberry.ID] = needed("The entities, up to 1,000; those that are not on the list are left alone.")
    sinks: list[Sink] | None = absent("Only in these; in all that are set up where nothing is said.")


@strawberry.input(description="Builds search index and graph database anew from the database.")
class FullSyncInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    idempotency_key: str | None = absent(IDEMPOTENCY_KEY)
    ontology: str | None = absent("The apiName of an ontology; all of them where nothing is said.")
    sinks: list[Sink] | None = absent("Only these; all that are set up where nothing is said.")


@strawberry.type(description="The full sync has begun; what comes of it is the job's.")
class FullSyncPayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    job: Job = strawberry.field(description="The job: follow it by `jobChanged`, or ask for it by `job`.")


@strawberry.type(description="The entities were written, or taken off the list.")
class RepairPayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    rids: list[Rid] = strawberry.field(description="Which entities.")
    refused: list[DeadLetter] = strawberry.field(description="What is still refused of them.")


@strawberry.type
class SinkMutations:
    """Mixed into the schema's mutations."""

    @mutation("Write entities to search index and graph database as they are now, whatever these have of them.", Role.ADMIN)
    async def reindex(self, info: Info, input: ReindexInput) -> RepairPayload:
        repaired = await info.context.services.repairs.reindex(info.context.actor, input.rids, only=_names(input.sinks))
        return _answered(repaired, given(input.client_mutation_id))

    @mutation("Write again what search index or graph database refused: each entity as it is now, never an old document.", Role.ADMIN)
    async def retry_failed_events(self, info: Info, input: RetryFailedEventsInput) -> RepairPayload:
        repaired = await info.context.services.repairs.retry(info.context.actor, given(input.rids), only=_names(input.sinks))
        return _answered(repaired, given(input.client_mutation_id))

    @mutation("Take what was refused off the list; the entities stay FAILED until they can be written.", Role.ADMIN)
    async def discard_failed_events(self, info: Info, input: DiscardFailedEventsInput) -> RepairPayload:
        repaired = await info.context.services.repairs.discard(info.context.actor, input.rids, only=_names(input.sinks))
        return _answered(repaired, given(input.client_mutation_id))

    @mutation(
        "Build search index and graph database anew, beside what is searched and while others write: the answer is a job, at once. What is "
        "searched is replaced when the new one holds everything; where that fails nothing changes.",
        Role.ADMIN,
    )
    async def full_sync(self, info: Info, input: FullSyncInput) -> FullSyncPayload:
        key = await once(info, input)
        if info.context.services.syncing is None:
            raise Unavailable("Nothing is synced here.")
        ontology = given(input.ontology)
        if ontology is not None:
            ontology_name(ontology)
        only = _names(input.sinks)
        job = await info.context.services.syncing.submit(info.context.actor, ontology=ontology, only=only, key=key)
        return FullSyncPayload(client_mutation_id=given(input.client_mutation_id), job=Job.of(job))


def _names(only: list[Sink] | None) -> list[str] | None:
    chosen = given(only)
    return None if chosen is None else [str(each.value) for each in chosen]


def _answered(repaired: Repaired, mark: str | None) -> RepairPayload:
    return RepairPayload(
        client_mutation_id=mark, rids=[Rid(rid) for rid in repaired.rids], refused=[DeadLetter.of(letter) for letter in repaired.refused]
    )
