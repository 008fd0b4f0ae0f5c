"""Mutations of edit locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry

from app.domain.actor import Role
from app.domain.lease import LEASE_SECONDS
from resolvers.inputs.lock import AcquireLockInput, BreakLockInput, ReleaseLockInput, RenewLockInput
from resolvers.mutations.writing import Info, given, known_rid, mutation
from resolvers.scalars import BigInt
from resolvers.types.entity import Entity
from resolvers.types.lock import EditLock

if TYPE_CHECKING:
    from app.services.locks import Locks


@strawberry.type(description="The entity is held.")
class LockPayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    lock: EditLock = strawberry.field(description="Who holds it, and until when.")
    token: BigInt = strawberry.field(
        description="What renewing, releasing and writes (`lockTokens`) name the lock by; greater than any token of the entity before it."
    )

    @strawberry.field(description="The entity as it is now: what is older than this was looked at before it was held.")
    async def entity(self, info: Info) -> Entity | None:
        found: Entity | None = await self.lock.entity(info)
        return found


@strawberry.type(description="The entity is not held any more.")
class LockEndedPayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    lock: EditLock = strawberry.field(description="The lock as it was.")


@strawberry.type
class LockMutations:
    """Mixed into the schema's mutations."""

    @mutation(
        f"Hold an entity for {LEASE_SECONDS} seconds: until then, or until it is released, others can neither stage nor merge what touches it. "
        "LOCKED says who holds it already. Whoever holds it and acquires it again gets a new token, and the one before is fenced."
    )
    async def acquire_lock(self, info: Info, input: AcquireLockInput) -> LockPayload:
        lease = await _locks(info).acquire(info.context.actor, _rid(input))
        return await _held(info, input, lease)

    @mutation(
        f"Hold it for {LEASE_SECONDS} seconds more, from now. INVALID_STATE where it lapsed before, FENCED where somebody else has it."
    )
    async def renew_lock(self, info: Info, input: RenewLockInput) -> LockPayload:
        lease = await _locks(info).renew(info.context.actor, _rid(input), input.token)
        return await _held(info, input, lease)

    @mutation("Give a lock up; its token is good for nothing any more.")
    async def release_lock(self, info: Info, input: ReleaseLockInput) -> LockEndedPayload:
        lease = await _locks(info).release(info.context.actor, _rid(input), input.token)
        return LockEndedPayload(client_mutation_id=given(input.client_mutation_id), lock=EditLock.of(lease))

    @mutation("Take a lock from whoever holds it; the audit log has it, and what they write under it is fenced.", Role.ADMIN)
    async def break_lock(self, info: Info, input: BreakLockInput) -> LockEndedPayload:
        lease = await _locks(info).break_open(info.context.actor, _rid(input))
        return LockEndedPayload(client_mutation_id=given(input.client_mutation_id), lock=EditLock.of(lease))


def _locks(info: Info) -> Locks:
    locks: Locks = info.context.services.locks
    return locks


def _rid(sent: AcquireLockInput) -> str:
    return known_rid(sent.rid, "entity")


async def _held(info: Info, sent: AcquireLockInput, lease: Any) -> LockPayload:
    await info.context.refresh()
    return LockPayload(client_mutation_id=given(sent.client_mutation_id), lock=EditLock.of(lease), token=BigInt(lease.token))
