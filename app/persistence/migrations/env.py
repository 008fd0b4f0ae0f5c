"""How Alembic reaches the database: the address comes from whoever calls, never from a file."""

from __future__ import annotations

import asyncio

import sqlmodel  # noqa: F401 - registers its types for autogenerate
from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.persistence import tables


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=tables.SQLModel.metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


async def _online(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_online(context.config.get_main_option("sqlalchemy.url") or ""))
