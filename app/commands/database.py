"""The database of a command: the one that is given, or development's own for as long as the command runs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.adapters.embedded_postgres import EmbeddedPostgres
from app.commands.terminal import Refused, notes
from app.persistence.migrate import migrate, newest
from app.persistence.schema_version import applied_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings import Settings


@contextmanager
def database_of(settings: Settings) -> Iterator[Settings]:
    """The settings with the address of a database that runs; outside development it must be given."""
    if settings.database_url is not None:
        yield settings
        return
    embedded = EmbeddedPostgres(settings.oms_data_dir, say=lambda sentence: notes.print(f"[yellow]{sentence}[/]", soft_wrap=True))
    try:
        yield settings.model_copy(update={"database_url": embedded.start()})
    finally:
        embedded.stop()


def migrated(settings: Settings) -> str:
    """Bring the database to the newest migration and say what was done."""
    url, wanted = settings.database_url or "", newest()
    before = asyncio.run(applied_at(url))
    if before == wanted:
        return f"The database is at migration {wanted}."
    logging.getLogger("alembic").setLevel(logging.WARNING)
    migrate(url)
    return f"The database went from migration {before or 'none'} to {wanted}."


def require_newest(settings: Settings) -> None:
    """Refuse a database that the code does not fit."""
    if settings.database_url is None:
        raise Refused("DATABASE_URL is missing: `oms dev` starts a database of its own.")
    found, wanted = asyncio.run(applied_at(settings.database_url)), newest()
    if found != wanted:
        raise Refused(f"The database has migration {found or 'none'} and {wanted} is needed: run `oms migrate` first.")
