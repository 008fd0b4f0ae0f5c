"""The migrations make exactly the tables that are declared, and can be taken back."""

from __future__ import annotations

import asyncio
import os

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from app.persistence import tables, tables_live
from app.persistence.migrate import _config, migrate, newest
from app.settings import sqlalchemy_url
from tests.conftest import TEMPLATE, database_named


def _differences(connection: Connection) -> list[object]:
    assert tables.LAST
    assert tables_live.LeaseRow
    return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))


async def test_the_database_is_as_the_tables_say(database_url: str) -> None:
    engine = create_async_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


def test_every_migration_can_be_taken_back_and_made_again(worker_id: str) -> None:
    name = f"oms_back_{worker_id}_{os.getpid()}"
    url = database_named(os.environ["OMS_TEST_SERVER"], name)
    asyncio.run(_asked(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))

    command.downgrade(_config(url), "base")
    migrate(url)

    assert newest() == "0003"
    asyncio.run(_asked(f"DROP DATABASE {name}"))


async def _asked(statement: str) -> None:
    connection = await asyncpg.connect(os.environ["OMS_TEST_SERVER"])
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    await asyncio.to_thread(migrate, database_url)
