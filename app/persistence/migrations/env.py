"""How Alembic reaches the database: the address comes from whoever calls, never from a file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import sqlmodel
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.persistence import tables, tables_live, tables_search  # noqa: F401 - fill the metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=sqlmodel.SQLModel.metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


async def _online(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_online(context.config.get_main_option("sqlalchemy.url") or ""))
