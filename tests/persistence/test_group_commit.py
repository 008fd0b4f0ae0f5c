"""Merges that wait for each other are written together, and each is as if it had been alone."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise

import asyncpg
import pytest

from app.domain.actor import Actor, Role
from app.domain.errors import IdempotencyInProgress, Locked, NameTaken, OmsError, ReviewRequired, Unavailable, VersionConflict
from app.domain.kind import Kind
from app.persistence import store
from app.persistence.database import Database
from app.persistence.idempotency import Idempotency
from app.persistence.merging import Merged
from app.services.editing import Editing
from app.services.locks import Locks
from tests import given
from tests.given import EDITOR
from tests.waiting import WAITERS

WRITERS = 12
OTHER = Actor("olga", "Olga Other", frozenset({Role.EDITOR}))


async def ontology(database: Database) -> str:
    return str(await database.pool.fetchval("SELECT rid FROM ontology"))


async def together(database: Database, *writes: object) -> list[Merged | BaseException]:
    """The outcomes of writes that all wait for the same turn."""
    async with database.writing() as work:
        await store.lock(work, await ontology(database))
        tasks = [asyncio.ensure_future(write) for write in writes]  # type: ignore[arg-type]
        await waiting(database)
    return await asyncio.gather(*tasks, return_exceptions=True)


async def waiting(database: Database) -> None:
    """Until a transaction waits for the ontology's row, and all that plan without it have planned."""
    while not await database.pool.fetchval(WAITERS):  # noqa: ASYNC110 - others wait, not we
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)


async def rows(database: Database, what: str) -> int:
    return int(await database.pool.fetchval(f"SELECT count(*) FROM {what}"))


async def test_those_who_wait_share_a_transaction_and_have_revisions_of_their_own(database: Database) -> None:
    editing = Editing(database)

    outcomes = await together(database, *(editing.apply(EDITOR, "main", given.object_type(f"Thing{n}")) for n in range(WRITERS)))

    assert sorted(each.revision for each in outcomes) == list(range(1, WRITERS + 1))
    assert await database.pool.fetchval("SELECT count(DISTINCT xmin::text) FROM revision") < WRITERS
    assert await rows(database, "revision r JOIN change_set c ON c.rid = r.change_set AND c.merged_revision = r.revision") == WRITERS
    events = await database.pool.fetch(
        "SELECT position, (data ->> 'mergedRevision')::int AS revision FROM change_set_event ORDER BY position"
    )
    assert [(row["position"], row["revision"]) for row in events] == [(n, n) for n in range(1, WRITERS + 1)]
    times = [row["at"] for row in await database.pool.fetch("SELECT at FROM revision ORDER BY revision")]
    assert all(before < after for before, after in pairwise(times))
    head = await database.pool.fetchrow("SELECT head_revision, head_at FROM ontology")
    assert (head["head_revision"], head["head_at"]) == (WRITERS, times[-1])


async def test_the_outbox_tells_of_each_revision_in_order(database: Database) -> None:
    editing = Editing(database)

    await together(database, *(editing.apply(EDITOR, "main", given.object_type(f"Thing{n}")) for n in range(WRITERS)))

    told = await database.pool.fetch("SELECT revision, topic FROM outbox ORDER BY id")
    assert [row["revision"] for row in told] == [n for n in range(1, WRITERS + 1) for _ in range(3)]
    assert [row["topic"] for row in told[2::3]] == ["version.changeset.merged"] * WRITERS


async def test_among_those_who_wait_one_gets_a_name_and_the_rest_are_told(database: Database) -> None:
    editing = Editing(database)

    outcomes = await together(
        database,
        *(editing.apply(EDITOR, "main", given.object_type("Person")) for _ in range(4)),
        editing.apply(EDITOR, "main", given.object_type("Car")),
    )

    assert [type(each) for each in outcomes].count(NameTaken) == 3
    assert isinstance(outcomes[-1], Merged)
    assert await rows(database, "revision") == await rows(database, "entity WHERE kind = 'object_type'") == 2


async def test_among_those_who_wait_one_changes_an_entity_and_the_rest_see_the_winner(database: Database) -> None:
    editing = Editing(database)
    person = (await editing.apply(EDITOR, "main", given.object_type("Person"))).refs["Person"]

    outcomes = await together(
        database,
        *(editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, person, 1, displayName=f"Name {n}")]) for n in range(4)),
    )

    [winner] = [each for each in outcomes if isinstance(each, Merged)]
    losers = [each for each in outcomes if isinstance(each, VersionConflict)]
    assert [each.current.definition for each in losers] == [winner.changes[0].after.definition] * 3
    assert await rows(database, "revision") == 2


async def test_who_writes_beside_a_lock_is_refused_and_those_who_wait_with_him_are_not(database: Database) -> None:
    editing = Editing(database)
    made = await editing.apply(EDITOR, "main", [given.type_group("one"), given.type_group("two")])
    await Locks(database).acquire(OTHER, made.refs["one"])

    held, free, new = await together(
        database,
        editing.apply(EDITOR, "main", [given.update(Kind.TYPE_GROUP, made.refs["one"], 1, displayName="Held")]),
        editing.apply(EDITOR, "main", [given.update(Kind.TYPE_GROUP, made.refs["two"], 1, displayName="Free")]),
        editing.apply(EDITOR, "main", [given.type_group("three")]),
    )

    assert isinstance(held, Locked)
    assert {free.revision, new.revision} == {2, 3}
    assert await database.pool.fetchval("SELECT version FROM entity WHERE rid = $1", made.refs["one"]) == 1


async def test_a_request_that_waits_twice_is_done_once(database: Database) -> None:
    editing, key = Editing(database), Idempotency("key-1", "createObjectType", "hash")

    outcomes = await together(database, *(editing.apply(EDITOR, "main", given.object_type("Person"), idempotency=key) for _ in range(3)))

    assert {each.revision for each in outcomes if isinstance(each, Merged)} == {1}
    assert all(isinstance(each, (Merged, IdempotencyInProgress)) for each in outcomes)
    again = await editing.apply(EDITOR, "main", given.object_type("Person"), idempotency=key)
    assert again.revision == await rows(database, "revision") == 1


async def test_who_no_longer_waits_writes_nothing(database: Database) -> None:
    editing = Editing(database)
    async with database.writing() as work:
        await store.lock(work, await ontology(database))
        first = asyncio.create_task(editing.apply(EDITOR, "main", given.object_type("First")))
        await waiting(database)
        gone, second = (asyncio.create_task(editing.apply(EDITOR, "main", given.object_type(name))) for name in ("Gone", "Second"))
        await asyncio.sleep(0.3)
        gone.cancel()
    await asyncio.gather(first, second)

    assert gone.cancelled()
    assert await rows(database, "entity WHERE api_name = 'Gone'") == 0
    assert await rows(database, "revision") == 2


async def test_what_an_admin_decides_meanwhile_holds_for_those_who_wait(database: Database) -> None:
    editing, rid = Editing(database), await ontology(database)
    async with AsyncExitStack() as stack:
        work = await stack.enter_async_context(database.writing())
        await store.lock(work, rid)
        tasks = [asyncio.create_task(editing.apply(EDITOR, "main", given.object_type())) for _ in range(3)]
        await waiting(database)
        await work.execute("UPDATE ontology SET settings = '{\"require_review\": true}', version = version + 1 WHERE rid = $1", rid)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in outcomes] == [ReviewRequired] * 3
    assert await rows(database, "revision") == await rows(database, "entity") == 0


async def test_a_writer_waits_only_so_long(database_url: str, database: Database) -> None:
    async with Database.opened(database_url, lock_seconds=0.5) as hasty, database.writing() as work:
        await store.lock(work, await ontology(database))
        editing = Editing(hasty)
        outcomes = await asyncio.gather(*(editing.apply(EDITOR, "main", given.object_type()) for _ in range(3)), return_exceptions=True)

    assert [type(each) for each in outcomes] == [Unavailable] * 3
    assert await rows(database, "revision") == await rows(database, "entity") == 0


@pytest.mark.parametrize("lost", [asyncpg.ConnectionDoesNotExistError, OSError])
async def test_where_nobody_knows_whether_it_was_committed_nobody_writes_again(database: Database, lost: type[Exception]) -> None:
    class Cut(Database):
        def writing(self, **options: object):
            raise lost("the connection was cut")

    cut = Cut(database.pool)

    outcomes = await asyncio.gather(*(Editing(cut).apply(EDITOR, "main", given.object_type()) for _ in range(2)), return_exceptions=True)

    assert [type(each) for each in outcomes] == [lost] * 2
    assert not any(isinstance(each, OmsError) for each in outcomes)
    assert await rows(database, "revision") == 0
