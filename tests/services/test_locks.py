"""Edit locks: who holds what, who is refused meanwhile, and that a holder who was paused can never write."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from app.domain.actor import Actor, Role
from app.domain.change_set import ChangeSetStatus
from app.domain.errors import Fenced, Forbidden, InvalidState, Locked, NotFound, VersionConflict
from app.domain.kind import Kind
from app.domain.lease import Lease
from app.domain.ontology import OntologySettings
from app.persistence import leases
from app.persistence.database import Database, Transaction
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from tests import given
from tests.given import ADMIN, EDITOR, REVIEWER, VIEWER

ROUNDS = 15


async def a_group(database: Database) -> str:
    return (await Editing(database).apply(EDITOR, "main", [given.type_group("one", ref="one")])).refs["one"]


async def lapse(database: Database, rid: str) -> None:
    await database.pool.execute("UPDATE lease SET until = clock_timestamp() - interval '1 second' WHERE rid = $1", rid)


async def stored(database: Database) -> tuple[int, int, int]:
    return tuple(
        await database.pool.fetchrow(
            "SELECT (SELECT count(*) FROM change), (SELECT count(*) FROM operation), (SELECT count(*) FROM outbox)"
        )
    )  # type: ignore[return-value]


def under(actor: Actor, *held: Lease) -> Actor:
    return replace(actor, lock_tokens=tuple(each.token for each in held))


async def test_whoever_holds_an_entity_writes_and_the_others_learn_who_it_is(database: Database) -> None:
    rid, editing, change_sets, locks = await a_group(database), Editing(database), ChangeSets(database), Locks(database)
    renaming = [given.update(Kind.TYPE_GROUP, rid, 1, displayName="Other")]
    waiting = await change_sets.open(REVIEWER, "main", title="Staged before", operations=renaming)
    lease = await locks.acquire(EDITOR, rid)
    before = await stored(database)

    for refused in (
        editing.apply(REVIEWER, "main", renaming),
        editing.apply(REVIEWER, "main", [given.deletion(Kind.TYPE_GROUP, rid, 1)]),
        change_sets.open(REVIEWER, "main", title="More", operations=renaming),
        change_sets.stage(REVIEWER, waiting.rid, renaming),
        change_sets.amend(REVIEWER, waiting.rid, (await operations(database, waiting.rid))[0], fields={"displayName": "Third"}),
        change_sets.merge(REVIEWER, waiting.rid),
        change_sets.merge(ADMIN, waiting.rid),
    ):
        with pytest.raises(Locked) as told:
            await refused
        assert (told.value.data["holder"], told.value.data["rid"]) == ("edith", rid)
        assert told.value.data["until"] == lease.until.isoformat().replace("+00:00", "Z")
    assert await stored(database) == before

    assert (await editing.apply(EDITOR, "main", renaming)).revision == 2
    assert (await editing.apply(under(EDITOR, lease), "main", [given.update(Kind.TYPE_GROUP, rid, 2, displayName="Third")])).revision == 3


async def operations(database: Database, change_set: str) -> list[str]:
    return [
        str(row["id"]) for row in await database.pool.fetch("SELECT id FROM operation WHERE change_set = $1 ORDER BY position", change_set)
    ]


async def test_a_cascade_and_a_rollback_are_refused_beside_a_lock_on_what_they_take_along(database: Database) -> None:
    editing, change_sets, locks = Editing(database), ChangeSets(database), Locks(database)
    made = await editing.apply(EDITOR, "main", given.object_type("Person", properties={"name": "STRING"}))
    lease = await locks.acquire(EDITOR, made.refs["Person.name"])

    with pytest.raises(Locked):
        await editing.apply(REVIEWER, "main", [given.deletion(Kind.OBJECT_TYPE, made.refs["Person"], 1, cascade=True)])
    with pytest.raises(Locked):
        await change_sets.rollback(REVIEWER, made.change_set.rid)
    await Ontologies(database).update(ADMIN, "main", expected_version=1, settings=OntologySettings(require_review=True))
    with pytest.raises(Locked):  # it would stay open for review, and that is staging
        await change_sets.rollback(REVIEWER, made.change_set.rid)
    assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 1
    await locks.release(EDITOR, lease.rid, lease.token)

    assert (await change_sets.rollback(REVIEWER, made.change_set.rid)).change_set.status is ChangeSetStatus.OPEN


async def test_what_is_beside_the_locked_entity_is_written_as_ever(database: Database) -> None:
    editing, locks = Editing(database), Locks(database)
    made = await editing.apply(EDITOR, "main", [given.type_group("one", ref="one"), given.type_group("two", ref="two")])
    await locks.acquire(EDITOR, made.refs["one"])

    assert (await editing.apply(REVIEWER, "main", [given.update(Kind.TYPE_GROUP, made.refs["two"], 1, displayName="Other")])).revision == 2


async def test_a_lock_that_lapsed_keeps_nobody_out_and_needs_nobody_to_clear_it_away(database: Database) -> None:
    rid, editing, locks = await a_group(database), Editing(database), Locks(database)
    lapsed = await locks.acquire(EDITOR, rid)
    await lapse(database, rid)

    assert (await editing.apply(REVIEWER, "main", [given.update(Kind.TYPE_GROUP, rid, 1, displayName="Other")])).revision == 2
    with pytest.raises(InvalidState):
        await locks.renew(EDITOR, rid, lapsed.token)
    with pytest.raises(VersionConflict):  # nobody took the lock, so it is the version that tells
        await editing.apply(under(EDITOR, lapsed), "main", [given.update(Kind.TYPE_GROUP, rid, 1, displayName="Mine")])
    assert (await locks.acquire(REVIEWER, rid)).token > lapsed.token


async def test_a_holder_whose_lock_was_taken_is_fenced_for_good(database: Database) -> None:
    rid, editing, change_sets, locks = await a_group(database), Editing(database), ChangeSets(database), Locks(database)
    paused = await locks.acquire(EDITOR, rid)
    await lapse(database, rid)
    taken = await locks.acquire(REVIEWER, rid)
    await locks.release(REVIEWER, rid, taken.token)
    before = await stored(database)
    late = under(EDITOR, paused)
    renaming = [given.update(Kind.TYPE_GROUP, rid, 1, displayName="Mine")]

    for refused in (
        editing.apply(late, "main", renaming),
        change_sets.open(late, "main", title="Mine", operations=renaming),
        locks.renew(EDITOR, rid, paused.token),
        locks.release(EDITOR, rid, paused.token),
    ):
        with pytest.raises(Fenced) as told:
            await refused
        assert told.value.data == {"token": paused.token}
    assert await stored(database) == before


async def test_the_same_person_in_another_window_fences_the_first(database: Database) -> None:
    rid, editing, locks = await a_group(database), Editing(database), Locks(database)
    first = await locks.acquire(EDITOR, rid)
    second = await locks.acquire(EDITOR, rid)

    assert second.token > first.token
    with pytest.raises(Fenced):
        await editing.apply(under(EDITOR, first), "main", [given.update(Kind.TYPE_GROUP, rid, 1, displayName="First")])
    assert (await editing.apply(under(EDITOR, second), "main", [given.update(Kind.TYPE_GROUP, rid, 1, displayName="Second")])).revision == 2


async def test_renewing_holds_it_for_longer_under_the_same_token(database: Database) -> None:
    rid, locks = await a_group(database), Locks(database)
    lease = await locks.acquire(EDITOR, rid)
    await database.pool.execute("UPDATE lease SET until = clock_timestamp() + interval '1 second' WHERE rid = $1", rid)

    renewed = await locks.renew(EDITOR, rid, lease.token)

    assert renewed.token == lease.token
    assert renewed.until > lease.until
    assert renewed.acquired_at == lease.acquired_at
    with pytest.raises(Fenced):
        await locks.renew(REVIEWER, rid, lease.token)


async def test_an_admin_breaks_a_lock_and_the_audit_log_has_it(database: Database) -> None:
    rid, editing, locks = await a_group(database), Editing(database), Locks(database)
    held = await locks.acquire(EDITOR, rid)
    with pytest.raises(Forbidden):
        await locks.break_open(REVIEWER, rid)

    await locks.break_open(ADMIN, rid)

    with pytest.raises(Fenced):
        await editing.apply(under(EDITOR, held), "main", [given.update(Kind.TYPE_GROUP, rid, 1, displayName="Mine")])
    row = await database.pool.fetchrow("SELECT actor, entity, rid, detail FROM audit_log WHERE action = 'lock_broken'")
    assert row is not None
    assert (row["actor"], row["entity"], row["rid"]) == ("ada", "type_group", rid)
    assert row["detail"] == {"holder": "edith", "holderName": "Edith Editor", "token": held.token}
    with pytest.raises(NotFound):
        await locks.break_open(ADMIN, rid)
    assert (await locks.acquire(REVIEWER, rid)).holder == "rosa"


async def test_only_what_is_there_is_locked_and_only_by_an_editor(database: Database) -> None:
    rid, editing, locks = await a_group(database), Editing(database), Locks(database)
    with pytest.raises(Forbidden):
        await locks.acquire(VIEWER, rid)
    with pytest.raises(NotFound):
        await locks.acquire(EDITOR, rid + "0")
    with pytest.raises(NotFound):
        await locks.renew(EDITOR, rid, 1)
    await editing.apply(EDITOR, "main", [given.deletion(Kind.TYPE_GROUP, rid, 1)])
    with pytest.raises(NotFound):
        await locks.acquire(EDITOR, rid)
    assert await database.pool.fetchval("SELECT count(*) FROM lease") == 0


async def test_of_many_who_want_a_lock_at_once_one_gets_it(database: Database) -> None:
    rid, locks = await a_group(database), Locks(database)
    people = [Actor(f"person {number}", "", frozenset({Role.EDITOR})) for number in range(12)]

    tried = await asyncio.gather(*(locks.acquire(person, rid) for person in people), return_exceptions=True)

    [lease] = [each for each in tried if isinstance(each, Lease)]
    refused = [each for each in tried if not isinstance(each, Lease)]
    assert all(isinstance(each, Locked) and each.data["holder"] == lease.holder for each in refused)


async def test_tokens_only_grow_however_many_acquire_at_once(database: Database) -> None:
    rid, locks = await a_group(database), Locks(database)

    got = await asyncio.gather(*(locks.acquire(EDITOR, rid) for _ in range(12)))

    assert await database.pool.fetchval("SELECT token FROM lease WHERE rid = $1", rid) == max(each.token for each in got)


async def test_a_lock_is_not_given_while_a_merge_writes_the_entity(database: Database) -> None:
    rid, locks = await a_group(database), Locks(database)
    async with database.writing() as work:
        await work.execute("UPDATE entity SET updated_by = updated_by WHERE rid = $1", rid)
        waiting = asyncio.create_task(locks.acquire(EDITOR, rid))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    assert (await waiting).holder == "edith"


async def test_a_staging_transaction_keeps_the_lock_that_it_has_looked_at(database: Database) -> None:
    rid, locks = await a_group(database), Locks(database)
    lease = await locks.acquire(EDITOR, rid)
    await lapse(database, rid)
    async with database.writing() as work:
        await leases.guard(work, under(EDITOR, lease), [rid])
        taking = asyncio.create_task(locks.acquire(REVIEWER, rid))
        await asyncio.sleep(0.1)
        assert not taking.done()
    assert (await taking).holder == "rosa"


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_a_paused_holder_never_writes_after_another_took_the_lock(database: Database, seed: int) -> None:
    """The holder is stopped at a random point of its write, the lease lapses, another takes it; by the log, no write follows."""
    rid, locks, chance = await a_group(database), Locks(database), random.Random(seed)
    paused = await locks.acquire(EDITOR, rid)
    holder = Slow(database, chance)

    async def take() -> Lease:
        await asyncio.sleep(chance.uniform(0, 0.02))
        await lapse(database, rid)
        return await locks.acquire(REVIEWER, rid)

    writing = asyncio.create_task(holder.apply(under(EDITOR, paused), "main", [given.update(Kind.TYPE_GROUP, rid, 1, displayName="Late")]))
    taken = await take()
    version = await database.pool.fetchval("SELECT version FROM entity WHERE rid = $1", rid)
    outcome = (await asyncio.gather(writing, return_exceptions=True))[0]

    # What the new holder reads once it has the lock is what stays: the late write came before, or never.
    assert await database.pool.fetchval("SELECT version FROM entity WHERE rid = $1", rid) == version
    assert isinstance(outcome, (Fenced, Locked)) == (version == 1), outcome
    assert (await locks.renew(REVIEWER, rid, taken.token)).token == taken.token


class Slow(Editing):
    """An editor whose process is paused between two statements of its transaction, where they fall by chance."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        super().__init__(_Paused(database, chance))  # type: ignore[arg-type]  # it has all that an editor uses


class _Paused:
    def __init__(self, database: Database, chance: random.Random) -> None:
        self._database = database
        self._chance = chance
        self.reading = database.reading
        self.lock_seconds = database.lock_seconds

    @asynccontextmanager
    async def writing(self, **options: Any) -> AsyncIterator[Transaction]:
        async with self._database.writing(**options) as work:
            stopping = _Stopping(work.connection, self._chance)
            yield stopping
            await stopping.flush()


class _Stopping(Transaction):
    def __init__(self, connection: Any, chance: random.Random) -> None:
        super().__init__(connection)
        self._chance = chance
        self._stops_at = chance.randrange(6)

    async def flush(self) -> None:
        """Every statement begins with it, and the commit too."""
        if self.statements == self._stops_at:
            await asyncio.sleep(self._chance.uniform(0, 0.04))
        await super().flush()
