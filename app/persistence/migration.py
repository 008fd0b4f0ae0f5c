"""Which migrations the database has and which the code knows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from app.persistence.database import Database

SCRIPTS = "app.persistence:migrations"


def upgrade(sqlalchemy_url: str) -> None:
    """Bring the database to the newest migration; blocks, and is called outside an event loop."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    config.set_main_option("sqlalchemy.url", sqlalchemy_url.replace("%", "%%"))
    command.upgrade(config, "head")


def newest() -> str | None:
    """The migration that the code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


async def applied(database: Database) -> str | None:
    """The migration that the database has."""
    async with database.reading() as snapshot:
        try:
            found = await snapshot.fetchval("SELECT version_num FROM alembic_version")
        except asyncpg.UndefinedTableError:
            return None
    return str(found) if found is not None else None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    return config


class DatabaseUnreachable(Exception):
    """No connection can be had; the message is one sentence and holds no password."""


async def state(url: str, seconds: float = 5) -> str | None:
    """The migration of a database that nobody has opened yet; None for an empty one."""
    try:
        connection = await asyncpg.connect(url, timeout=seconds)
        try:
            return str(await connection.fetchval("SELECT version_num FROM alembic_version"))
        finally:
            await connection.close(timeout=seconds)
    except asyncpg.UndefinedTableError:
        return None
    except TimeoutError as late:
        raise DatabaseUnreachable(f"The database did not answer within {seconds:g} seconds.") from late
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as refused:
        raise DatabaseUnreachable(f"The database cannot be reached: {str(refused).splitlines()[0]}.") from refused
