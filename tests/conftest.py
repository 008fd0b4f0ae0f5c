"""A real PostgreSQL for all workers, a database of its own for each, emptied for each test."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import settings

from app.persistence.database import Database
from app.persistence.migrate import migrate
from tests.emptying import EMPTY
from tests.keeper import Keeper

pytest_plugins = ["tests.real_servers", "tests.own_redis"]

settings.register_profile("same", deadline=None, derandomize=True)  # whoever runs the tests sees what everybody sees
settings.register_profile("search", deadline=None, print_blob=True)  # pytest --hypothesis-profile=search looks for what nobody has seen
settings.load_profile("same")

TEMPLATE = "oms_template"


def database_named(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def pytest_configure(config: pytest.Config) -> None:
    """Start one server for all workers, with the migrated template; workers find it by the environment of the first process."""
    if hasattr(config, "workerinput") or os.environ.get("OMS_TEST_SERVER"):
        return
    directory = Path(tempfile.mkdtemp(prefix="oms-tests-"))
    keeper = Keeper("database", directory)
    os.environ["OMS_TEST_SERVER"] = keeper.said
    config.add_cleanup(lambda: _stop(keeper))
    asyncio.run(_template(keeper.said))


def _stop(keeper: Keeper) -> None:
    os.environ.pop("OMS_TEST_SERVER", None)
    keeper.end()


async def _template(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {TEMPLATE}")
    finally:
        await connection.close()
    await asyncio.to_thread(migrate, database_named(url, TEMPLATE))


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> str:
    """A migrated database for this worker."""
    url = os.environ["OMS_TEST_SERVER"]
    name = f"oms_{worker_id}_{os.getpid()}"

    async def made() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        await connection.close()

    asyncio.run(made())
    return database_named(url, name)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An emptied database: ontology `main` at revision 0 and nothing else."""
    async with Database.opened(database_url) as opened:
        await opened.pool.execute(EMPTY)
        yield opened
