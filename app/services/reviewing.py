"""Review: asking for it, approving, asking for changes, closing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.actor import Actor, Role
from app.domain.change_set import ChangeSet, ChangeSetStatus, ReviewStatus
from app.domain.errors import InvalidState
from app.persistence import change_sets
from app.persistence.idempotency import CHANGE_SET, once
from app.services.staging import REVIEWERS, checked_list, checked_text, opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from app.persistence.database import Database, Transaction
    from app.persistence.idempotency import Idempotency


class Reviewing:
    """What people decide about an open change set."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request_review(
        self, actor: Actor, rid: str, *, reviewers: Sequence[str] = (), expected_version: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> ChangeSet:  # fmt: skip
        """Ask the reviewers, who are added to those named before."""

        async def ask(work: Transaction, found: ChangeSet) -> ChangeSet:
            if found.review is ReviewStatus.APPROVED:
                message = "The change set is approved already."
                raise InvalidState(message)
            asked = checked_list((*found.reviewers, *reviewers), "reviewers", REVIEWERS)
            after = await change_sets.touch(work, rid, review=ReviewStatus.IN_REVIEW.value, reviewers=list(asked))
            await change_sets.log(work, after, "review_requested", actor, reviewers=list(asked))
            return after

        return await self._decided(actor, rid, ask, expected_version, idempotency)

    async def review(
        self, actor: Actor, rid: str, *, approve: bool, comment: str = "", expected_version: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> ChangeSet:  # fmt: skip
        """Approve the change set as it is now, or ask for changes; nobody approves what they wrote themselves."""
        text = checked_text(comment, "comment")

        async def judge(work: Transaction, found: ChangeSet) -> ChangeSet:
            if found.review is ReviewStatus.DRAFT:
                message = "No review was asked for."
                raise InvalidState(message)
            if approve and actor.id in {found.author, *await change_sets.contributors(work, rid)}:
                message = "A change set is approved by somebody who did not write it."
                raise InvalidState(message)
            review = ReviewStatus.APPROVED if approve else ReviewStatus.CHANGES_REQUESTED
            after = await change_sets.touch(
                work, rid, review=review.value,
                approved_by=actor.id if approve else None, approved_version=found.version + 1 if approve else None,
            )  # fmt: skip
            if text:
                await change_sets.comment(work, rid, actor, text, None, None)
            await change_sets.log(work, after, review.value.lower(), actor)
            return after

        return await self._decided(actor, rid, judge, expected_version, idempotency)

    async def close(
        self, actor: Actor, rid: str, *, expected_version: int | None = None, idempotency: Idempotency | None = None
    ) -> ChangeSet:
        """Give it up; what it holds stays readable."""

        async def give_up(work: Transaction, found: ChangeSet) -> ChangeSet:
            after = await change_sets.touch(
                work, found.rid, status=ChangeSetStatus.CLOSED.value, closed_by=actor.id, closed_at=datetime.now(UTC)
            )
            await change_sets.log(work, after, "closed", actor)
            return after

        return await self._decided(actor, rid, give_up, expected_version, idempotency)

    async def _decided(
        self, actor: Actor, rid: str, decide: Callable[[Transaction, ChangeSet], Awaitable[ChangeSet]], expected_version: int | None,
        idempotency: Idempotency | None,
    ) -> ChangeSet:  # fmt: skip
        """Decide about an open change set at its expected version, once for each idempotency key."""
        actor.require(Role.EDITOR)
        async with self._database.writing() as work:

            async def act() -> ChangeSet:
                return await decide(work, await opened(work, rid, expected_version))

            return await once(work, actor.id, idempotency, act, CHANGE_SET)
