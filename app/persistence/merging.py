"""The one write path: plan in a snapshot without a lock, take the ontology's turn, look again at what moved, write."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from app.domain import gauge
from app.domain.change_set import ChangeSet, ChangeSetStatus, Operation, Origin, Resolution, ReviewStatus, Verb
from app.domain.errors import InvalidState
from app.domain.merge import Conflict
from app.domain.plan import Plan, judge
from app.domain.planning import prepare
from app.domain.rid import REF, mint
from app.persistence import change_sets, idempotency, leases, moved, neighbourhood, replay, store
from app.persistence.background import off_loop, uncollected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from app.domain.actor import Actor
    from app.domain.entity import Change, Entity
    from app.domain.ontology import Ontology
    from app.domain.planning import Prepared
    from app.persistence.database import Database, Transaction
    from app.persistence.idempotency import Idempotency
    from app.persistence.neighbourhood import Reader
    from app.persistence.totals import Totals


MOMENT = timedelta(microseconds=1)

SLICE = 5_000  # changes whose rows are in memory at once
LARGE = 10_000  # operations; only an import or `oms apply` has more
LARGE_SECONDS = 300  # that their transaction may be idle


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

    @classmethod
    def after(cls, ontology: Ontology, now: datetime) -> Turn:
        """The one after the head, at a time that is later than any before it."""
        return cls(ontology, ontology.head_revision + 1, max(now, ontology.head_at + MOMENT))


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
    operations = proposal.operations
    if len(operations) > LARGE:
        # While these are judged no statement is sent, for longer than other transactions may be idle.
        await reader.fetch("SELECT set_config('idle_in_transaction_session_timeout', $1, true)", f"{LARGE_SECONDS}s")
    new = {each.rid for each in operations if each.verb is Verb.CREATE and each.restores is None}
    known = [each.rid for each in operations if each.rid not in new and not each.rid.startswith(REF)]
    heads = await neighbourhood.heads(reader, ontology, known) if known else {}
    older = await neighbourhood.versions(reader, operations, heads)
    prepared = await _prepared(proposal, heads, older)
    closure = await neighbourhood.closure(reader, ontology, prepared)
    names, taken = await neighbourhood.names_and_rids(reader, ontology, prepared, new)
    if taken:  # somebody chose the rid of an entity that is there
        prepared = await _prepared(proposal, heads | await neighbourhood.heads(reader, None, taken), older)
    plan = await off_loop(
        lambda: judge(prepared, closure, names, strict=proposal.strict, origin=proposal.origin), len(operations) + len(closure)
    )
    if plan.violations and not proposal.strict and proposal.base_revision is not None:
        return await _crossed(reader, ontology, proposal, plan)
    return plan


async def _prepared(proposal: Proposal, heads: dict[str, Entity], older: dict[tuple[str, int], Entity]) -> Prepared:
    prepared = await off_loop(
        lambda: prepare(
            proposal.operations, heads, older, strict=proposal.strict, origin=proposal.origin, resolutions=proposal.resolutions
        ),
        len(proposal.operations),
    )
    prepared.since = proposal.base_revision
    return prepared


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
    theirs_by = await _moved(reader, ontology, involved, base)
    conflicts = []
    for each in crossing:
        theirs = next((theirs_by[rid] for rid in (each.value, *each.by, each.rid) if isinstance(rid, str) and rid in theirs_by), None)
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
    except idempotency.Answered as again:
        async with database.reading() as snapshot:
            return await merged_again(snapshot, again.answer)


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
        await keep(work, (actor, key, held))
        await change_sets.log(work, made, "opened", actor)
        await change_sets.log(work, made, "review_requested", actor, reviewers=[])
    return held


async def keep(work: Transaction, *answers: tuple[Actor, Idempotency | None, Merged]) -> None:
    """Store the answers as references to change sets: however much one changed, the log has it."""
    kept = [(actor.id, key, {"changeSet": merged.change_set.rid, "refs": merged.refs}) for actor, key, merged in answers if key is not None]
    await idempotency.keep(work, kept)


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
    gauge.begin("MERGE", 2 * len(plan.changes), "steps")  # each change is made ready here, and written later
    forms = await off_loop(lambda: store.forms(plan.changes), len(plan.changes))
    async with database.writing(long=True) as work:
        locked = await store.lock(work, ontology.rid)
        if key is not None and (answer := await idempotency.answered(work, actor.id, key)) is not None:
            raise idempotency.Answered(answer)
        unarchived(locked)
        if guard is not None:
            await guard(work, locked)
        since = await moved.since(work, ontology.rid, locked.head_revision, [(plan, ontology.head_revision)])
        if not since.holds(plan, ontology.head_revision):
            plan = (await planned(work, ontology.rid, proposal)).or_raise()
            anew = plan.changes
            forms = await off_loop(lambda: store.forms(anew), len(anew))
        turn = Turn.after(locked, since.at)
        change_set = await envelope(work, turn)
        changes = await _written(work, actor, turn, change_set.rid, plan.changes, forms, since.totals)
        await leases.guard(work, actor, held_by_others(proposal.operations, changes))
        merged = Merged(change_set, ontology.rid, ontology.api_name, since.epoch, turn.revision, changes, dict(plan.refs))
        await keep(work, (actor, key, merged))
        await change_sets.record(work, ontology.rid, [change_sets.Event(change_set, "merged", actor, {"revision": turn.revision})])
        await asyncio.sleep(0)
    return merged


async def _written(
    work: Transaction, actor: Actor, turn: Turn, change_set: str, planned: Sequence[Change], forms: store.Forms, totals: Totals
) -> tuple[Change, ...]:
    """Write the changes slice by slice, and after all of them the line of their revision; answers with them as they are stored.

    References and names are checked when all is committed, so it does not matter which slice they stand in.
    """
    stored: list[Change] = []
    ontology = turn.ontology.rid

    def sliced(begin: int) -> store.Rows:
        part, rows = store.settled(planned[begin : begin + SLICE], turn.revision, turn.at, actor), store.Rows(ontology, totals)
        rows.add_slice(turn.revision, turn.at, actor, change_set, part, forms, begin=begin)
        stored.extend(part)
        return rows

    for begin in range(0, len(planned), SLICE):
        rows = await off_loop(partial(sliced, begin), len(planned))
        await rows.write(work)
        gauge.add(min(SLICE, len(planned) - begin))
    line = store.Rows(ontology, totals)
    await off_loop(lambda: line.add_line(turn.revision, turn.at, actor, change_set, stored), len(stored))
    store.advance(work, ontology, turn.revision, turn.at)
    await line.write(work)
    return tuple(stored)


def held_by_others(operations: Sequence[Operation], changes: Sequence[Change]) -> set[str]:
    """The rids of a write that somebody may hold a lease of: what was there before it."""
    asked = {each.rid for each in operations if each.verb is not Verb.CREATE or each.restores is not None}
    return asked | {each.rid for each in changes if each.before is not None}


def unarchived(ontology: Ontology) -> None:
    """Refuse to write to an archived ontology."""
    if ontology.archived_at is not None:
        message = f"The ontology {ontology.api_name} is archived."
        raise InvalidState(message)


def as_merged(draft: ChangeSet, actor: Actor, turn: Turn) -> ChangeSet:
    """The envelope of a direct write, opened and merged in one."""
    return replace(
        draft, status=ChangeSetStatus.MERGED, merged_revision=turn.revision, merged_by=actor.id, merged_at=turn.at,
        base_revision=turn.revision - 1, created_at=turn.at, updated_at=turn.at,
    )  # fmt: skip
