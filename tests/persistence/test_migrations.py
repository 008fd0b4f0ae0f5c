"""The migrations make exactly the tables that are declared, and can be taken back."""

from __future__ import annotations

import asyncio

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from app.persistence import tables
from app.persistence.migrate import _config, migrate, newest
from app.settings import sqlalchemy_url


def _differences(connection: Connection) -> list[object]:
    assert tables.LAST
    return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))


async def test_the_database_is_as_the_tables_say(database_url: str) -> None:
    engine = create_async_engine(sqlalchemy_url(database_url), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


def test_every_migration_can_be_taken_back_and_made_again(database_url: str) -> None:
    command.downgrade(_config(database_url), "base")
    migrate(database_url)
    assert newest()


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    await asyncio.to_thread(migrate, database_url)
