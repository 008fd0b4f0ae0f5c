"""Whoever gives up reading takes the state of the database from nobody else."""

from __future__ import annotations

import asyncio

import pytest

from app.persistence.database import Database

SLOW = "SELECT pg_sleep(20)"
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query = $1"


async def running(database: Database) -> int:
    """How many slow statements the database is at."""
    return int(await database.pool.fetchval(RUNNING, SLOW))


async def given_up(database: Database, waiter: asyncio.Task) -> None:
    """Somebody who waited for a statement no longer does."""
    while not await running(database):  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.01)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter


async def test_a_statement_that_nobody_waits_for_leaves_the_state_to_the_others(database: Database):
    async with database.reading() as snapshot:
        before = await snapshot.fetchval("SELECT pg_current_snapshot()::text")
        waiter = asyncio.create_task(snapshot.fetch("SELECT pg_sleep(0.2)"))
        await asyncio.sleep(0.05)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert await snapshot.fetchval("SELECT pg_current_snapshot()::text") == before


async def test_who_opened_the_snapshot_and_is_too_late_leaves_nothing_running(database: Database):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), database.reading() as snapshot:
            await snapshot.fetch(SLOW)
    assert await running(database) == 0
    assert await database.pool.fetchval("SELECT 1") == 1


async def test_a_statement_that_nobody_waits_for_ends_with_the_snapshot(database: Database):
    async with database.reading() as snapshot:
        await given_up(database, asyncio.create_task(snapshot.fetch(SLOW)))
        assert await running(database) == 1
    assert await running(database) == 0
    assert await database.pool.fetchval("SELECT 1") == 1
