"""Which database it is, and which migration it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from app.domain.errors import Unavailable

if TYPE_CHECKING:
    from app.persistence.database import Database

APPLIED = "SELECT version_num FROM alembic_version"


class DatabaseUnreachable(Exception):
    """No connection can be had; the message is one sentence and holds no password."""


async def applied(database: Database) -> str | None:
    """The newest migration that was applied; None where there is none."""
    async with database.reading() as snapshot:
        try:
            found: str | None = await snapshot.fetchval(APPLIED)
        except asyncpg.UndefinedTableError:
            return None
        return found


async def installation(database: Database) -> str | None:
    """What tells a database apart from others; None where it does not answer, or is not migrated yet."""
    try:
        async with database.reading() as snapshot:
            return str(await snapshot.fetchval("SELECT id FROM installation"))
    except (Unavailable, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        return None


async def applied_at(url: str, seconds: float = 5) -> str | None:
    """The same of a database that nobody has opened yet."""
    try:
        connection = await asyncpg.connect(url, timeout=seconds)
        try:
            found: str | None = await connection.fetchval(APPLIED)
        finally:
            await connection.close(timeout=seconds)
    except asyncpg.UndefinedTableError:
        return None
    except TimeoutError as late:
        raise DatabaseUnreachable(f"The database did not answer within {seconds:g} seconds.") from late
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as refused:
        raise DatabaseUnreachable(f"The database cannot be reached: {str(refused).splitlines()[0]}.") from refused
    return found
