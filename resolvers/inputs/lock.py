"""What people say about edit locks, and how a write says under which ones it is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import strawberry

from app.domain.errors import ListTooLong
from app.domain.lease import MOST_LEASES
from resolvers.inputs.words import absent, needed
from resolvers.scalars import BigInt

if TYPE_CHECKING:
    from app.domain.actor import Actor


@strawberry.input(description="What every write may carry of edit locks.")
class UnderLocks:
    lock_tokens: list[BigInt] | None = absent(
        "The tokens of the edit locks that it is done under; FENCED where one of them is not the newest of its entity any more."
    )


@strawberry.input(description="Holds an entity for editing.")
class AcquireLockInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    rid: strawberry.ID = needed("The entity.")


@strawberry.input(description="Holds it for longer.")
class RenewLockInput(AcquireLockInput):
    token: BigInt = needed("The token of the lock.")


@strawberry.input(description="Gives a lock up.")
class ReleaseLockInput(AcquireLockInput):
    token: BigInt = needed("The token of the lock.")


@strawberry.input(description="Takes a lock from whoever holds it.")
class BreakLockInput(AcquireLockInput):
    pass


def under(actor: Actor, sent: UnderLocks) -> Actor:
    """Who writes, with the tokens that the input names."""
    tokens = None if sent.lock_tokens is strawberry.UNSET else sent.lock_tokens
    if not tokens:
        return actor
    if len(tokens) > MOST_LEASES:
        raise ListTooLong(f"A write is done under at most {MOST_LEASES} locks, not {len(tokens)}.", path="lockTokens")
    return replace(actor, lock_tokens=tuple(tokens))
