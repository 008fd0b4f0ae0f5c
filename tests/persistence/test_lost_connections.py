"""A transaction whose connection the server ends is told as an outage, and nothing of it is stored."""

from __future__ import annotations

import pytest

from app.domain.errors import Unavailable
from app.persistence.database import Database


async def _interrupted(database: Database) -> None:
    async with database.writing(long=True) as work:
        await work.execute("UPDATE ontology SET display_name = 'Lost'")
        pid = await work.fetchval("SELECT pg_backend_pid()")
        await database.pool.execute("SELECT pg_terminate_backend($1, 5000)", pid)
        await work.fetchval("SELECT 1")


async def test_a_connection_that_the_server_ends_within_a_transaction_is_an_outage(database: Database):
    with pytest.raises(Unavailable, match="before it was done"):
        await _interrupted(database)
    assert await database.pool.fetchval("SELECT count(*) FROM ontology WHERE display_name = 'Lost'") == 0


async def test_a_long_write_may_prepare_its_rows_for_longer_than_others_may_be_idle(database: Database):
    async with database.writing() as work:
        short = await work.fetchval("SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'")
    async with database.writing(long=True) as work:
        longer = await work.fetchval("SELECT setting::int FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'")
    assert (short, longer) == (10_000, 120_000)
