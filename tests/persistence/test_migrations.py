"""The migrations make exactly the tables that are declared, and can be taken back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import asyncpg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from app.domain.kind import Kind
from app.persistence import tables, tables_live, tables_search
from app.persistence.database import Database
from app.persistence.migrate import _config, migrate, newest
from app.services.editing import Editing
from app.settings import sqlalchemy_url
from tests.conftest import TEMPLATE, database_named
from tests.given import EDITOR, object_type, update

ROOT = Path(__file__).parents[2]


def _differences(connection: Connection) -> list[object]:
    assert tables.LAST
    assert tables_live.LeaseRow
    assert tables_search.EntitySearch
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

    assert newest() == max(path.name[:4] for path in (ROOT / "app/persistence/migrations/versions").glob("*.py"))
    asyncio.run(_asked(f"DROP DATABASE {name}"))


async def test_what_was_there_before_is_found_by_its_words_as_well(worker_id: str) -> None:
    name = f"oms_words_{worker_id}_{os.getpid()}"
    url = database_named(os.environ["OMS_TEST_SERVER"], name)
    await _asked(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    async with Database.opened(url) as database:
        made = await Editing(database).apply(EDITOR, "main", object_type("Ship", displayName="배", description="It sails."))
        await Editing(database).apply(EDITOR, "main", [update(Kind.OBJECT_TYPE, made.refs["Ship"], 1, displayName="Barge")])
        words = "SELECT rid, words, name_words, revision_from, revision_to FROM entity_search ORDER BY rid, revision_from"
        vocabulary = "SELECT * FROM search_word ORDER BY word"
        before = await database.pool.fetch(words), await database.pool.fetch(vocabulary)
        assert len(before[0]) == 3

        await asyncio.to_thread(command.downgrade, _config(url), "0003")
        await asyncio.to_thread(migrate, url)

        assert (await database.pool.fetch(words), await database.pool.fetch(vocabulary)) == before
    await _asked(f"DROP DATABASE {name}")


async def _asked(statement: str) -> None:
    connection = await asyncpg.connect(os.environ["OMS_TEST_SERVER"])
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    await asyncio.to_thread(migrate, database_url)
