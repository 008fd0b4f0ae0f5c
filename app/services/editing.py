"""Direct writes: a small change set that is opened and merged in one transaction."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain import gauge
from app.domain.actor import Actor, Role
from app.domain.change_set import (
    IMPORTED_OPERATIONS,
    OPERATIONS,
    REF_LENGTH,
    ChangeSet,
    ChangeSetStatus,
    Operation,
    Origin,
    ReviewStatus,
    Verb,
)  # fmt: skip
from app.domain.errors import BadInput, ChangeSetTooLarge, IdempotencyInProgress, InvalidState, OmsError, ReviewRequired
from app.domain.rid import REF, mint_change_set, well_formed
from app.domain.text import DISPLAY_NAME, nfc, refused_character
from app.domain.value import unstorable
from app.persistence import change_sets
from app.persistence.background import MUCH, off_loop
from app.persistence.group_commit import GroupCommit, Overtaken, Write
from app.persistence.merging import Merged, Proposal, Turn, as_merged, hold, merge, planned, stored, with_rids

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.ontology import Ontology
    from app.domain.plan import Plan
    from app.persistence.database import Database, Transaction
    from app.persistence.idempotency import Idempotency

_VERBS = {Verb.CREATE: "Create", Verb.UPDATE: "Update", Verb.DELETE: "Delete"}
_BULK = frozenset({Origin.IMPORT, Origin.APPLY})


class Editing:
    """Creates, updates and deletes entities at once, strictly against the versions that the author saw."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = GroupCommit(database)

    async def apply(  # noqa: PLR0913 - a change set in one call has that many choices, all by name
        self, actor: Actor, ontology: str, operations: Sequence[Operation], *, title: str = "", description: str = "",
        idempotency: Idempotency | None = None, dry_run: bool = False, origin: Origin = Origin.DIRECT, review: bool = False,
        labels: Sequence[str] = (),
    ) -> Merged:  # fmt: skip
        """Merge the operations as the next revision, all or none.

        Raises ValidationFailed, NameTaken, StillReferenced or VersionConflict with everything that is in the way, and
        ReviewRequired where the ontology is protected; then nothing is stored. What a file brings stays open for review
        there, and everywhere with `review`: the change set of the answer is then OPEN, and its revision is the head's.
        """
        actor.require(Role.EDITOR)
        wanted = await off_loop(lambda: with_rids(checked(operations, origin)), len(operations))
        title = checked_title(title) or _title(wanted)
        proposal = Proposal(wanted, strict=True, origin=origin)
        async with self._database.reading() as snapshot:
            found = await change_sets.ontology_named(snapshot, ontology)
            if (before := await stored(snapshot, actor, idempotency)) is not None:
                return before
            held = review or (origin in _BULK and found.settings.require_review)
            allowed(found, Origin.EDIT if held else origin)
            plan = await planned(snapshot, found.rid, proposal)
            epoch = await change_sets.epoch(snapshot) if dry_run or held else 0
        problem = plan.problem()
        if problem is not None:
            raise await self._or_answer(problem, actor, idempotency)
        envelope = replace(_envelope(actor, found, wanted, title, description, origin), labels=tuple(labels))
        if dry_run or held:
            outcome = Merged(envelope, found.rid, found.api_name, epoch, found.head_revision, plan.changes, dict(plan.refs))
            return outcome if dry_run else await hold(self._database, actor, outcome, wanted, key=idempotency)
        return await self._write(actor, found, proposal, plan, envelope, idempotency)

    async def _write(
        self, actor: Actor, ontology: Ontology, proposal: Proposal, plan: Plan, draft: ChangeSet, key: Idempotency | None
    ) -> Merged:
        def open_to_it(locked: Ontology) -> None:
            allowed(locked, proposal.origin)

        if len(plan.changes) < MUCH:
            gauge.begin("MERGE", len(plan.changes), "steps")
            with suppress(Overtaken):
                return await self._together.merge(Write(actor, ontology, plan, proposal, draft, open_to_it, key))

        async def guard(_: Transaction, locked: Ontology) -> None:
            open_to_it(locked)

        async def envelope(work: Transaction, turn: Turn) -> ChangeSet:
            made = as_merged(draft, actor, turn)
            await change_sets.insert(work, made)
            await change_sets.stage_all(work, [(made.rid, proposal.operations, actor)])
            return made

        return await merge(self._database, actor, ontology, plan, proposal, envelope, guard=guard, key=key)

    async def _or_answer(self, problem: OmsError, actor: Actor, key: Idempotency | None) -> OmsError:
        """The problem, unless the same request succeeded a moment ago and is why there is one."""
        if key is not None:
            async with self._database.reading() as snapshot:
                if await stored(snapshot, actor, key) is not None:
                    return IdempotencyInProgress()
        return problem


def allowed(ontology: Ontology, origin: Origin) -> None:
    """Refuse to write to an archived ontology, and to write directly to a protected one."""
    if ontology.archived_at is not None:
        message = f"The ontology {ontology.api_name} is archived."
        raise InvalidState(message)
    if ontology.settings.require_review and origin is not Origin.EDIT:
        message = f"The ontology {ontology.api_name} takes changes only by a change set that somebody else approved."
        raise ReviewRequired(message)


def checked(operations: Sequence[Operation], origin: Origin = Origin.DIRECT) -> Sequence[Operation]:
    """The operations, unless there are too many or one lacks what a direct write needs."""
    limit = IMPORTED_OPERATIONS if origin in _BULK else OPERATIONS
    if len(operations) > limit:
        message = f"A change set holds at most {limit:,} operations, not {len(operations):,}."
        raise ChangeSetTooLarge(message, given=len(operations), limit=limit)
    for place, each in enumerate(operations):
        if each.verb is not Verb.CREATE and each.expected_version is None and not each.rid.startswith(REF):
            message = "An update or a deletion names the version that its author looked at."
            raise BadInput(message, path=f"operations[{place}].expectedVersion")
        if each.verb is not Verb.CREATE and not each.rid.startswith(REF) and not well_formed(each.rid):
            message = f"{each.rid[:120]!r} is neither a rid nor `ref:NAME`."
            raise BadInput(message, path=f"operations[{place}].rid")
        if (reason := unstorable(each.fields) or unstorable(each.ref)) is not None:
            raise BadInput(reason, path=f"operations[{place}].fields")
        if each.ref is not None and not 1 <= len(each.ref) <= REF_LENGTH:
            message = f"A ref has 1 to {REF_LENGTH} characters."
            raise BadInput(message, path=f"operations[{place}].ref")
    return operations


def checked_title(title: str) -> str:
    """The title in its normal form, unless it is no title."""
    text = nfc(title).strip()
    if len(text) > DISPLAY_NAME or refused_character(text):
        message = f"A title has up to {DISPLAY_NAME} plain characters."
        raise BadInput(message, path="title")
    return text


def _title(operations: Sequence[Operation]) -> str:
    if not operations:
        return "Change nothing"
    first = operations[0]
    name = str(first.fields.get("apiName") or first.rid)
    rest = f" and {len(operations) - 1:,} more" if len(operations) > 1 else ""
    return f"{_VERBS[first.verb]} {first.kind.words} {name}{rest}"[:DISPLAY_NAME]


def _envelope(actor: Actor, ontology: Ontology, operations: Sequence[Operation], title: str, description: str, origin: Origin) -> ChangeSet:
    now = datetime.now(UTC)
    return ChangeSet(
        mint_change_set(), ontology.rid, title, description, ChangeSetStatus.OPEN, ReviewStatus.DRAFT, origin, 1,
        ontology.head_revision, actor.id, now, now, operation_count=len(operations), author_name=actor.name,
    )  # fmt: skip
