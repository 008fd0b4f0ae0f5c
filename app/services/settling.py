"""What becomes of a change set: how it would come out, its merge, and the rollback of one that was merged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.domain.actor import Actor, Role
from app.domain.change_set import ChangeSet, ChangeSetStatus, Choice, Operation, Origin, Resolution, ReviewStatus
from app.domain.entity import Action
from app.domain.errors import AlreadyMerged, InvalidState, ReviewRequired, RollbackBlocked, VersionConflict
from app.domain.merge import Conflict, difference
from app.domain.planning import prepare
from app.domain.rid import mint_change_set
from app.domain.rollback import inverse
from app.persistence import blockers, change_sets, impact, neighbourhood, replay
from app.persistence.merging import Merged, Proposal, Turn, hold, merge, planned, stored
from app.services.editing import allowed, checked_title
from app.services.staging import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.entity import Change
    from app.domain.kind import Kind
    from app.domain.ontology import Ontology
    from app.domain.plan import Plan
    from app.domain.rules import Violation
    from app.persistence.database import Database, Snapshot, Transaction
    from app.persistence.idempotency import Idempotency
    from app.persistence.impact import Impact


@dataclass(frozen=True, slots=True)
class Judgement:
    """Every reason why a change set could not be merged now."""

    violations: tuple[Violation, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field path with its JSON values."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class EntityDiff:
    """What a change set does to one entity, against the version that its author saw."""

    rid: str
    kind: Kind
    api_name: str
    action: Action
    fields: tuple[FieldDiff, ...]


class Settling:
    """Judging, merging and rolling back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def validate(self, actor: Actor, rid: str) -> Judgement:
        """All violations and conflicts of a merge now; nothing is written."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            found = await change_sets.find(snapshot, rid)
            plan = await planned(snapshot, found.ontology, _proposal(found, await change_sets.operations(snapshot, rid)))
        return Judgement(plan.violations, plan.conflicts)

    async def diff(self, actor: Actor, rid: str) -> tuple[EntityDiff, ...]:
        """Field by field, what its author changed; of a merged one, what the merge changed."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            found = await change_sets.find(snapshot, rid)
            if found.merged_revision is not None:
                changes = await replay.changes(snapshot, found.ontology, found.merged_revision)
                return tuple(
                    _diff(each.rid, each.before and each.before.definition, each.after and each.after.definition) for each in changes
                )
            operations = await change_sets.operations(snapshot, rid)
            heads = await neighbourhood.heads(snapshot, found.ontology, (each.rid for each in operations))
            older = await neighbourhood.versions(snapshot, operations, heads)
            prepared = prepare(operations, heads, older, strict=True, origin=found.origin)
        return tuple(_diff(each.rid, each.base and each.base.definition, each.ours) for each in prepared.drafts.values())

    async def impact(self, actor: Actor, rid: str) -> tuple[Impact, ...]:
        """What depends, directly or by way of others, on what the change set touches."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            found = await change_sets.find(snapshot, rid)
            touched = [each.rid for each in await change_sets.operations(snapshot, rid)]
            return await impact.of(snapshot, found.ontology, touched)

    async def merge(
        self, actor: Actor, rid: str, *, expected_version: int | None = None, resolutions: Sequence[Resolution] = (),
        dry_run: bool = False, idempotency: Idempotency | None = None,
    ) -> Merged:  # fmt: skip
        """Merge three ways as the next revision of its ontology.

        MergeConflict carries every field that both sides changed, ValidationFailed every rule that the outcome would
        break; then nothing is stored. Resolutions answer conflicts of an earlier try.
        """
        actor.require(Role.EDITOR)
        async with self._database.reading() as snapshot:
            if (before := await stored(snapshot, actor, idempotency)) is not None:
                return before
            found = await change_sets.find(snapshot, rid)
            _mergeable(found, expected_version)
            ontology = await change_sets.ontology_of_rid(snapshot, found.ontology)
            proposal = _proposal(found, await change_sets.operations(snapshot, rid), resolutions)
            _reviewed(found, ontology)
            allowed(ontology, Origin.EDIT)
            plan = (await planned(snapshot, found.ontology, proposal)).or_raise()
            epoch = await change_sets.epoch(snapshot) if dry_run else 0
        if dry_run:
            return Merged(found, ontology.rid, ontology.api_name, epoch, ontology.head_revision, plan.changes, dict(plan.refs))

        async def guard(work: Transaction, locked: Ontology) -> None:
            _reviewed(await opened(work, rid, found.version), locked)

        async def envelope(work: Transaction, turn: Turn) -> ChangeSet:
            merged = await change_sets.touch(
                work, rid, status=ChangeSetStatus.MERGED.value, merged_revision=turn.revision, merged_by=actor.id, merged_at=turn.at
            )
            if found.rolls_back is not None:
                await _undo(work, found.rolls_back, rid, actor)
            return merged

        return await merge(self._database, actor, ontology, plan, proposal, envelope, guard=guard, key=idempotency)

    async def rollback(
        self, actor: Actor, rid: str, *, title: str = "", dry_run: bool = False, idempotency: Idempotency | None = None
    ) -> Merged:
        """Undo a merged change set by a new one that keeps what came later.

        RollbackBlocked names the smallest set of later change sets that stand in the way, ValidationFailed the STATE
        rules that the outcome would break. Where the ontology is protected the new change set stays open for review.
        """
        actor.require(Role.EDITOR)
        async with self._database.reading() as snapshot:
            if (before := await stored(snapshot, actor, idempotency)) is not None:
                return before
            undone = await change_sets.find(snapshot, rid)
            if undone.merged_revision is None:
                message = "Only a merged change set can be rolled back."
                raise InvalidState(message)
            if undone.rolled_back_by is not None:
                message = "The change set was rolled back already."
                raise InvalidState(message, by=undone.rolled_back_by)
            ontology = await change_sets.ontology_of_rid(snapshot, undone.ontology)
            changes = await replay.changes(snapshot, undone.ontology, undone.merged_revision)
            operations = inverse(changes)
            proposal = Proposal(operations, strict=False, origin=Origin.ROLLBACK)
            plan = await planned(snapshot, undone.ontology, proposal)
            if plan.problem() is not None:
                await _blocked(snapshot, undone, changes, proposal, plan)
            epoch = await change_sets.epoch(snapshot)
        now = datetime.now(UTC)
        draft = ChangeSet(
            mint_change_set(), ontology.rid, checked_title(title) or f"Roll back: {undone.title}"[:200], "", ChangeSetStatus.OPEN,
            ReviewStatus.DRAFT, Origin.ROLLBACK, 1, ontology.head_revision, actor.id, now, now, operation_count=len(operations),
            rolls_back=rid, author_name=actor.name,
        )  # fmt: skip
        outcome = Merged(draft, ontology.rid, ontology.api_name, epoch, ontology.head_revision, plan.changes, {})
        if dry_run:
            return outcome
        if ontology.settings.require_review:
            return await hold(self._database, actor, outcome, operations, key=idempotency)

        async def envelope(work: Transaction, turn: Turn) -> ChangeSet:
            made = replace(
                draft, status=ChangeSetStatus.MERGED, merged_revision=turn.revision, merged_by=actor.id, merged_at=turn.at,
                base_revision=turn.revision - 1, created_at=turn.at, updated_at=turn.at,
            )  # fmt: skip
            await change_sets.insert(work, made)
            await change_sets.stage(work, made.rid, operations, actor)
            await _undo(work, rid, made.rid, actor)
            return made

        return await merge(self._database, actor, ontology, plan, proposal, envelope, key=idempotency)


def _diff(rid: str, before: Any, after: Any) -> EntityDiff:
    present = after or before
    action = Action.CREATED if before is None else Action.DELETED if after is None else Action.UPDATED
    fields = tuple(FieldDiff(path, old, new) for path, (old, new) in difference(before, after).items())
    return EntityDiff(rid, present.kind, present.api_name, action, fields)


def _proposal(found: ChangeSet, operations: Sequence[Operation], resolutions: Sequence[Resolution] = ()) -> Proposal:
    return Proposal(operations, strict=False, origin=found.origin, resolutions=resolutions, base_revision=found.base_revision)


def _mergeable(found: ChangeSet, expected_version: int | None) -> None:
    if found.status is ChangeSetStatus.MERGED:
        message = "The change set was merged already."
        raise AlreadyMerged(message, revision=found.merged_revision)
    if found.status is ChangeSetStatus.CLOSED:
        message = "The change set is closed."
        raise InvalidState(message)
    if expected_version is not None and found.version != expected_version:
        sentence = f"The change set is at version {found.version}, not {expected_version}."
        raise VersionConflict([Conflict(found.rid, "version", None, expected_version, found.version, found.version, message=sentence)])


def _reviewed(found: ChangeSet, ontology: Ontology) -> None:
    if not ontology.settings.require_review:
        return
    if found.review is not ReviewStatus.APPROVED or found.approved_version != found.version:
        message = f"The ontology {ontology.api_name} takes a change set only when somebody else approved it as it is."
        raise ReviewRequired(message)


async def _blocked(snapshot: Snapshot, undone: ChangeSet, changes: Sequence[Change], proposal: Proposal, plan: Plan) -> None:
    """Raise what stands in the way of a rollback: later change sets where there are any, else the rules."""
    revision = undone.merged_revision or 0
    plans = [plan]
    if plan.conflicts:
        # With the conflicts out of the way it shows what else builds on it.
        answers = [Resolution(each.rid, each.path, Choice.OURS, each.theirs_version) for each in plan.conflicts]
        plans.append(await planned(snapshot, undone.ontology, replace(proposal, resolutions=answers)))
    found = await blockers.of(snapshot, undone.ontology, revision, changes, plans)
    if found:
        raise RollbackBlocked(found)
    plan.or_raise()


async def _undo(work: Transaction, rid: str, by: str, actor: Actor) -> None:
    if not await change_sets.rolled_back(work, rid, by):
        message = "The change set was rolled back already."
        raise InvalidState(message)
    await change_sets.log(work, await change_sets.find(work, rid), "rolled_back", actor, by=by)
