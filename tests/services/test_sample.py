"""The sample: good enough to demonstrate and to explore."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.domain.change_set import ChangeSetStatus
from app.domain.datatype import BaseType
from app.domain.kind import Kind
from app.persistence.database import Database, Transaction
from app.persistence.mapping import definition_of
from app.sample.story import ANNA, LAST_CHAPTER, tell
from app.services.change_sets import ChangeSets


async def test_the_sample_uses_every_kind_base_type_and_state_and_is_told_once(database: Database) -> None:
    assert await tell(database)
    assert not await tell(database)

    rows = await database.pool.fetch("SELECT kind, definition FROM entity WHERE NOT deleted")
    kinds = [row["kind"] for row in rows]
    assert kinds.count("object_type") >= 60
    assert set(kinds) == {kind.value for kind in Kind}
    types = [definition_of(row["kind"], row["definition"]) for row in rows if row["kind"] == "property"]
    assert {each.type.base for each in types} == set(BaseType)
    states = await database.pool.fetch("SELECT status, review FROM change_set")
    assert {(row["status"], row["review"]) for row in states} >= {
        ("OPEN", "DRAFT"), ("OPEN", "IN_REVIEW"), ("OPEN", "APPROVED"), ("OPEN", "CHANGES_REQUESTED"), ("CLOSED", "DRAFT"), ("MERGED", "APPROVED"),
    }  # fmt: skip
    assert await database.pool.fetchval("SELECT count(*) FROM change_set WHERE rolled_back_by IS NOT NULL") == 1


async def test_one_open_change_set_of_the_sample_is_in_conflict(database: Database) -> None:
    await tell(database)
    change_sets = ChangeSets(database)

    rids = await database.pool.fetch("SELECT rid FROM change_set WHERE status = $1", ChangeSetStatus.OPEN.value)
    conflicts = [conflict.path for row in rids for conflict in (await change_sets.validate(ANNA, row["rid"])).conflicts]

    assert conflicts == ["displayName"]


BUSY = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"


class Stopped(Exception):
    """The process ends here."""


class Dying(Database):
    """Ends with its nth transaction, once that is committed or just before."""

    def __init__(self, database: Database, left: int, *, committed: bool) -> None:
        super().__init__(database.pool)
        self._left = left
        self._committed = committed

    @asynccontextmanager
    async def writing(self, **how: Any) -> AsyncIterator[Transaction]:
        self._left -= 1
        async with super().writing(**how) as work:
            yield work
            if not self._left and not self._committed:
                raise Stopped
        if not self._left:
            raise Stopped


async def told(database: Database) -> Any:
    """What the sample says, and what happened to its change sets, under no rid."""
    words = await database.pool.fetch("SELECT kind, api_name, version, deleted FROM entity ORDER BY kind, api_name, version")
    events = await database.pool.fetch("SELECT type, actor, data ->> 'title' FROM change_set_event ORDER BY position")
    comments = await database.pool.fetch("SELECT author, body FROM change_set_comment ORDER BY id")
    return [tuple(row) for row in (*words, *events, *comments)]


async def test_a_start_that_is_interrupted_anywhere_is_taken_up_where_it_ended(database: Database) -> None:
    for left, committed in ((1, False), (1, True), (2, True), (5, False), (9, True), (40, True), (57, False)):
        with contextlib.suppress(Stopped):
            await tell(Dying(database, left, committed=committed))
    assert await tell(database)
    interrupted = await told(database)
    assert not await tell(database)
    assert await database.pool.fetchval("SELECT count(*) FROM ontology") == 2

    await database.pool.execute("TRUNCATE idempotency_key, change_set, entity, ontology CASCADE")
    assert await tell(database)
    assert await told(database) == interrupted


async def test_a_start_that_is_killed_is_taken_up_by_the_next_one(database: Database, database_url: str) -> None:
    code = f"import asyncio\nfrom app.persistence.database import Database\nfrom app.sample.story import tell\nasync def main():\n    async with Database.opened({database_url!r}) as database:\n        await tell(database)\nasyncio.run(main())"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    while await database.pool.fetchval("SELECT count(*) FROM change_set") < 3:
        assert process.returncode is None
        await asyncio.sleep(0.01)
    process.kill()
    await process.wait()
    while await database.pool.fetchval(BUSY):  # noqa: ASYNC110 - until the server has noticed, which tells nobody
        await asyncio.sleep(0.01)

    assert await tell(database)
    assert await database.pool.fetchval("SELECT count(*) FROM change_set WHERE title = $1", LAST_CHAPTER) == 1
    assert await database.pool.fetchval("SELECT count(*) FROM entity WHERE kind = 'object_type' AND NOT deleted") >= 60
