"""Small merges of one ontology that wait for their turn are written together, each as a revision of its own.

One writer an ontology at a time means that each waits for the others' round trips and for the disk. So whoever comes while a
transaction is under way waits in memory, and the next transaction takes all who wait: it locks once, looks once at what
moved, sends all rows in one statement and commits once. A merge that anything stands in the way of is left out and goes by
itself (`merge` in merging), where it is planned anew and gets its own answer; so nobody fails because of another one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import asyncpg

from app.domain.errors import OmsError, Unavailable
from app.persistence import change_sets, idempotency, leases, moved, store
from app.persistence.merging import Merged, Turn, as_merged, held_by_others, keep, merged_again, unarchived

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.actor import Actor
    from app.domain.change_set import ChangeSet
    from app.domain.ontology import Ontology
    from app.domain.plan import Plan
    from app.persistence.database import Database, Transaction
    from app.persistence.idempotency import Idempotency
    from app.persistence.merging import Proposal

MERGES = 32  # in one transaction
CHANGES = 600  # likewise; larger merges go by themselves
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)  # nobody knows whether it was committed


class Overtaken(Exception):
    """The merge has to go by itself: what it was planned on has moved, or the others' transaction failed."""


@dataclass(eq=False)
class Write:
    """A direct write that was planned without a lock, at `ontology.head_revision`."""

    actor: Actor
    ontology: Ontology
    plan: Plan
    proposal: Proposal
    draft: ChangeSet
    guard: Callable[[Ontology], None]  # raises where the ontology, as it is now, does not take the write
    key: Idempotency | None
    forms: store.Forms = field(init=False)
    outcome: asyncio.Future[Merged] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def __post_init__(self) -> None:
        """Work out what can be before the lock."""
        self.forms = store.forms(self.plan.changes)

    def fail(self, reason: BaseException) -> None:
        """Tell whoever waits, if anybody still does."""
        if not self.outcome.done():
            self.outcome.set_exception(reason)


class GroupCommit:
    """The waiting merges of one process, by ontology."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, deque[Write]] = {}
        self._writers: set[asyncio.Task[None]] = set()

    async def merge(self, write: Write) -> Merged:
        """The merge of a small write once it is committed.

        Raises Overtaken where it has to go by itself, or what the guard raises. A request whose key was answered before gets
        that merge again.
        """
        ontology = write.ontology.rid
        if ontology in self._waiting:
            self._waiting[ontology].append(write)
        else:
            self._waiting[ontology] = deque([write])
            writer = asyncio.create_task(self._write_all(ontology), name=f"writer of {ontology}", context=Context())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        patience = asyncio.get_running_loop().call_later(self._database.lock_seconds, self._give_up, write)
        try:
            return await write.outcome
        except idempotency.Answered as again:
            async with self._database.reading() as snapshot:
                return await merged_again(snapshot, again.answer)
        finally:
            patience.cancel()

    def _give_up(self, write: Write) -> None:
        if write in self._waiting.get(write.ontology.rid, ()):
            write.fail(Unavailable("Others are writing to this ontology: try again.", retry_after=1))

    async def _write_all(self, ontology: str) -> None:
        queue = self._waiting[ontology]
        try:
            while taken := _taken(queue):
                await self._write(ontology, taken)
        finally:
            del self._waiting[ontology]
            for write in queue:
                write.outcome.cancel()

    async def _write(self, ontology: str, taken: Sequence[Write]) -> None:
        try:
            for write, merged in await self._committed(ontology, taken):
                if not write.outcome.done():
                    write.outcome.set_result(merged)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait are told
            for write in taken:
                write.fail(_told(error))
        finally:
            for write in taken:
                write.outcome.cancel()  # of a writer that is ended amid its work

    async def _committed(self, ontology: str, taken: Sequence[Write]) -> list[tuple[Write, Merged]]:
        """One transaction; who is not among its merges was told why."""
        async with self._database.writing() as work:
            locked = await store.lock(work, ontology)
            left = await _allowed(work, locked, taken)
            if not left:
                return []
            since = await moved.since(work, ontology, locked.head_revision, [(each.plan, each.ontology.head_revision) for each in left])
            rows, merges, head = store.Rows(ontology, since.totals), list[tuple[Write, Merged]](), locked
            for write in left:
                if not since.holds(write.plan, write.ontology.head_revision):
                    write.fail(Overtaken())
                    continue
                turn = Turn.after(head, since.at)
                head = replace(head, head_revision=turn.revision, head_at=turn.at)
                changes = store.settled(write.plan.changes, turn.revision, turn.at, write.actor)
                made = as_merged(write.draft, write.actor, turn)
                rows.add(turn.revision, turn.at, write.actor, made.rid, changes, write.forms)
                since.add(changes, turn.revision)
                merges.append((write, Merged(made, ontology, head.api_name, since.epoch, turn.revision, changes, dict(write.plan.refs))))
            if merges:
                store.advance(work, ontology, head.head_revision, head.head_at)
                await _send(work, ontology, rows, merges)
        return merges


async def _allowed(work: Transaction, locked: Ontology, taken: Sequence[Write]) -> list[Write]:
    """The writes that the ontology takes as it is now, and that were not answered before."""
    asked = [(write, (write.actor.id, write.key)) for write in taken if write.key is not None]
    if asked:
        for (write, _), reason in zip(asked, await idempotency.hold(work, [each for _, each in asked]), strict=True):
            if reason is not None:
                write.fail(reason)
    left = [write for write in taken if not write.outcome.done()]
    for write in left:
        try:
            unarchived(locked)
            write.guard(locked)
        except OmsError as refused:
            write.fail(refused)
    return [write for write in left if not write.outcome.done()]


async def _send(work: Transaction, ontology: str, rows: store.Rows, merges: Sequence[tuple[Write, Merged]]) -> None:
    await change_sets.insert(work, *(merged.change_set for _, merged in merges))
    await change_sets.stage_all(work, [(merged.change_set.rid, write.proposal.operations, write.actor) for write, merged in merges])
    await rows.write(work)
    events = [change_sets.Event(merged.change_set, "merged", write.actor, {"revision": merged.revision}) for write, merged in merges]
    await change_sets.record(work, ontology, events)
    await keep(work, *((write.actor, write.key, merged) for write, merged in merges))
    try:
        await leases.guard_all(work, [(write.actor, held_by_others(write.proposal.operations, merged.changes)) for write, merged in merges])
    except OmsError as refused:  # of one of them; by themselves the others get through
        raise Overtaken from refused


def _taken(queue: deque[Write]) -> list[Write]:
    taken: list[Write] = []
    room = CHANGES
    while queue and len(taken) < MERGES and (room := room - len(queue[0].plan.changes)) >= 0:
        write = queue.popleft()
        if not write.outcome.done():
            taken.append(write)
    return taken


def _told(error: Exception) -> Exception:
    """What each hears of a transaction that failed: where it was surely rolled back, to go by itself."""
    if isinstance(error, OmsError):
        return copy(error)
    rolled_back = isinstance(error, (asyncpg.PostgresError, Overtaken)) and not isinstance(error, LOST)
    return Overtaken() if rolled_back else error
