"""Migrations from within a process: the same ones as Alembic's own command runs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.settings import sqlalchemy_url


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("sqlalchemy.url", sqlalchemy_url(url).replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    """Bring the database to the newest schema; not from inside an event loop."""
    command.upgrade(_config(url), "head")


def newest() -> str:
    """The revision that the database should be at."""
    return ScriptDirectory.from_config(_config("postgresql://")).get_current_head() or ""
