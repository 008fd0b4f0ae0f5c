"""The one write path: plan in a snapshot without a lock, take the ontology's turn, look again at what moved, write."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.domain.change_set import ChangeSet, Operation, Origin, Resolution, ReviewStatus, Verb
from app.domain.errors import InvalidState
from app.domain.merge import Conflict
from app.domain.plan import Plan, judge
from app.domain.planning import prepare
from app.domain.rid import mint
from app.persistence import change_sets, idempotency, leases, neighbourhood, replay, store
from app.persistence.background import off_loop, uncollected
from app.persistence.tables import LAST

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from app.domain.actor import Actor
    from app.domain.entity import Change
    from app.domain.ontology import Ontology
    from app.persistence.database import Database, Transaction
    from app.persistence.idempotency import Idempotency
    from app.persistence.neighbourhood import Reader


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to merge, and by which rules."""

    operations: Sequence[Operation]
    strict: bool
    origin: Origin = Origin.EDIT
    resolutions: Sequence[Resolution] = ()
    base_revision: int | None = None  # of a three-way merge: where its author began


@dataclass(frozen=True, slots=True)
class Merged:
    """A change set that became a revision (of a dry run: that would)."""

    change_set: ChangeSet
    ontology: str
    ontology_name: str
    epoch: int
    revision: int
    changes: tuple[Change, ...]
    refs: dict[str, str]


@dataclass(frozen=True, slots=True)
class Turn:
    """A revision about to be written: where, which, when."""

    ontology: Ontology
    revision: int
    at: datetime


def with_rids(operations: Sequence[Operation]) -> list[Operation]:
    """The operations with a rid for each creation that has none."""
    return [replace(each, rid=mint(each.kind)) if each.verb is Verb.CREATE and not each.rid else each for each in operations]


PLANNING = 4
"""Statements of a plan at most: heads, the versions that the authors saw, neighbourhood, names."""
CROSSING = PLANNING + 1
"""Statements more where a three-way merge would break a rule: the plan at the base, and who moved what since."""


async def planned(reader: Reader, ontology: str, proposal: Proposal) -> Plan:
    """Load and plan: at most PLANNING statements whatever the size, and CROSSING more where a change set's outcome breaks a rule."""
    with uncollected(len(proposal.operations)):
        return await _planned(reader, ontology, proposal)


async def _planned(reader: Reader, ontology: str, proposal: Proposal) -> Plan:
    heads = await neighbourhood.heads(reader, ontology, (each.rid for each in proposal.operations))
    older = await neighbourhood.versions(reader, proposal.operations, heads)
    size = len(proposal.operations)
    prepared = await off_loop(
        lambda: prepare(
            proposal.operations, heads, older, strict=proposal.strict, origin=proposal.origin, resolutions=proposal.resolutions
        ),
        size,
    )
    closure = await neighbourhood.closure(reader, ontology, prepared)
    names = await neighbourhood.names(reader, ontology, prepared)
    plan = await off_loop(lambda: judge(prepared, closure, names, strict=proposal.strict, origin=proposal.origin), size + len(closure))
    if plan.violations and not proposal.strict and proposal.base_revision is not None:
        return await _crossed(reader, ontology, proposal, plan)
    return plan


async def _crossed(reader: Reader, ontology: str, proposal: Proposal, plan: Plan) -> Plan:
    """Tell the violations that the change set brings from those that arise with what others merged: these are conflicts."""
    base = proposal.base_revision or 0
    rids = {each.rid for each in proposal.operations}
    heads = await neighbourhood.heads_at(reader, ontology, rids, base)
    older = await neighbourhood.versions(reader, proposal.operations, heads)
    prepared = prepare(proposal.operations, heads, older, strict=False, origin=proposal.origin)
    closure = await neighbourhood.closure(reader, ontology, prepared, at=base)
    names = await neighbourhood.names(reader, ontology, prepared, at=base)
    alone = judge(prepared, closure, names, strict=False, origin=proposal.origin)
    if alone.conflicts:
        return plan
    own = {(each.rule, each.rid, each.path) for each in alone.violations}
    crossing = [each for each in plan.violations if (each.rule, each.rid, each.path) not in own]
    if not crossing:
        return plan
    involved = {rid for each in crossing for rid in (each.rid, *each.by, each.value) if isinstance(rid, str) and rid.startswith("ri.")}
    moved = await _moved(reader, ontology, involved, base)
    conflicts = []
    for each in crossing:
        theirs = next((moved[rid] for rid in (each.value, *each.by, each.rid) if isinstance(rid, str) and rid in moved), None)
        version, by, at = theirs or (0, "", None)
        conflicts.append(Conflict(each.rid, each.path, None, each.value, each.bound, version, by, at, each.message, each.rule))
    return replace(plan, conflicts=tuple(conflicts), violations=())


async def _moved(reader: Reader, ontology: str, rids: set[str], since: int) -> dict[str, tuple[int, str, datetime]]:
    """Who last changed each of these after a revision, and when."""
    rows = await reader.fetch(
        "SELECT rid, version, updated_by, updated_at FROM entity WHERE ontology = $1 AND rid = ANY ($2::text[]) AND revision > $3",
        ontology, list(rids), since,
    )  # fmt: skip
    return {row["rid"]: (row["version"], row["updated_by"], row["updated_at"]) for row in rows}


async def still_true(work: Transaction, ontology: str, plan: Plan, revision: int) -> bool:
    """Whether nothing that the plan looked at has moved after the revision, and nothing new refers to it."""
    rows = await work.fetch(
        """
        SELECT rid FROM change WHERE ontology = $1 AND revision > $2
        UNION SELECT target FROM entity_reference WHERE ontology = $1 AND revision_from > $2
        """,
        ontology,
        revision,
    )
    return not any(row["rid"] in plan.read for row in rows)


async def _names_free(work: Transaction, ontology: str, plan: Plan) -> bool:
    """Whether no name that the plan wants was taken in the meantime."""
    wanted = {name.key for change in plan.changes if change.after is not None for name in change.after.definition.names()}
    leaving = {change.rid for change in plan.changes}
    rows = await work.fetch(
        f"""
        SELECT n.rid FROM entity_name AS n
        JOIN unnest($2::text[], $3::text[]) AS wanted (namespace, name) ON n.namespace = wanted.namespace AND n.name = wanted.name
        WHERE n.ontology = $1 AND n.revision_to = {LAST}
        """,
        ontology, [key[0] for key in wanted], [key[1] for key in wanted],
    )  # fmt: skip
    return all(row["rid"] in leaving for row in rows)


async def merge(
    database: Database,
    actor: Actor,
    ontology: Ontology,
    plan: Plan,
    proposal: Proposal,
    envelope: Callable[[Transaction, Turn], Awaitable[ChangeSet]],
    *,
    guard: Callable[[Transaction, Ontology], Awaitable[None]] | None = None,
    key: Idempotency | None = None,
) -> Merged:
    """Write a plan that was made at `ontology.head_revision`; `envelope` writes the change set that it belongs to.

    Held under the lock: only what changed since is looked at again, and where that touches the plan it is made anew. A
    request whose key was answered before gets that merge again.
    """
    try:
        with uncollected(len(plan.changes)):
            return await _merge(database, actor, ontology, plan, proposal, envelope, guard, key)
    except _Again as again:
        async with database.reading() as snapshot:
            return await merged_again(snapshot, again.answer)


class _Again(Exception):
    """The request was answered before."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


async def stored(reader: Reader, actor: Actor, key: Idempotency | None) -> Merged | None:
    """The merge by which the same request was answered before."""
    answer = None if key is None else await idempotency.stored(reader, actor.id, key)
    return None if answer is None else await merged_again(reader, answer)


async def merged_again(reader: Reader, answer: dict[str, Any]) -> Merged:
    """The merge that a stored answer refers to; of a rollback that still waits for its review, what it would be now."""
    change_set = await change_sets.find(reader, answer["changeSet"])
    ontology = await change_sets.ontology_of_rid(reader, change_set.ontology)
    revision = change_set.merged_revision
    if revision is None:
        operations = await change_sets.operations(reader, change_set.rid)
        changes = (await planned(reader, ontology.rid, Proposal(operations, strict=False, origin=change_set.origin))).changes
    else:
        changes = await replay.changes(reader, ontology.rid, revision)
    return Merged(
        change_set, ontology.rid, ontology.api_name, await change_sets.epoch(reader),
        ontology.head_revision if revision is None else revision, changes, answer.get("refs", {}),
    )  # fmt: skip


async def hold(database: Database, actor: Actor, outcome: Merged, operations: Sequence[Operation], *, key: Idempotency | None) -> Merged:
    """Store what was planned as a change set that waits for somebody else's approval."""
    made = replace(outcome.change_set, review=ReviewStatus.IN_REVIEW)
    held = replace(outcome, change_set=made)
    async with database.writing(long=True) as work:
        if key is not None and (answer := await idempotency.answered(work, actor.id, key)) is not None:
            return await merged_again(work, answer)
        await change_sets.insert(work, made)
        await change_sets.stage(work, made.rid, operations, actor)
        await leases.guard(work, actor, (each.rid for each in operations))
        await keep(work, actor, key, held)
        await change_sets.log(work, made, "opened", actor)
        await change_sets.log(work, made, "review_requested", actor, reviewers=[])
    return held


async def keep(work: Transaction, actor: Actor, key: Idempotency | None, merged: Merged) -> None:
    """Store the answer as a reference to the change set: however much it changed, the log has it."""
    if key is not None:
        await idempotency.keep(work, actor.id, key, {"changeSet": merged.change_set.rid, "refs": merged.refs})


async def _merge(
    database: Database,
    actor: Actor,
    ontology: Ontology,
    plan: Plan,
    proposal: Proposal,
    envelope: Callable[[Transaction, Turn], Awaitable[ChangeSet]],
    guard: Callable[[Transaction, Ontology], Awaitable[None]] | None,
    key: Idempotency | None,
) -> Merged:
    async with database.writing(long=True) as work:
        locked = await store.lock(work, ontology.rid)
        if key is not None and (answer := await idempotency.answered(work, actor.id, key)) is not None:
            raise _Again(answer)
        if locked.archived_at is not None:
            message = f"The ontology {locked.api_name} is archived."
            raise InvalidState(message)
        if guard is not None:
            await guard(work, locked)
        if locked.head_revision != ontology.head_revision:
            fresh = await still_true(work, ontology.rid, plan, ontology.head_revision) and await _names_free(work, ontology.rid, plan)
            if not fresh:
                plan = (await planned(work, ontology.rid, proposal)).or_raise()
        revision, at = await store.turn(work, ontology.rid)
        change_set = await envelope(work, Turn(locked, revision, at))
        changes = store.settled(plan.changes, revision, at, actor)
        counts = await store.store(work, ontology.rid, revision, at, actor, change_set.rid, changes)
        await leases.guard(work, actor, {each.rid for each in proposal.operations} | {each.rid for each in changes})
        await store.record_revision(work, ontology.rid, revision, at, actor, change_set.rid, counts)
        merged = Merged(change_set, ontology.rid, ontology.api_name, await change_sets.epoch(work), revision, changes, dict(plan.refs))
        await keep(work, actor, key, merged)
        await change_sets.log(work, change_set, "merged", actor, revision=revision)
        await asyncio.sleep(0)
    return merged
