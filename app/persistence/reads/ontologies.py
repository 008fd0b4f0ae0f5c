"""Ontologies, their heads, and revisions by time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import At, Field, Order
from app.persistence.reads.statement import Statement, among, contains

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from asyncpg import Record

    from app.persistence.database import Snapshot

COLUMNS = """
    o.rid, o.api_name, o.display_name, o.description, o.settings, o.version, o.head_revision, o.head_at,
    o.created_at, o.created_by, o.updated_at, o.updated_by, o.archived_at, (SELECT epoch FROM installation) AS epoch,
    coalesce((SELECT c.change_set_events FROM ontology_counter c WHERE c.ontology = o.rid), 0) AS change_set_events
"""


def _all(_: At | None, __: Statement) -> tuple[str, str, str]:
    return COLUMNS, "ontology o", "true"


ONTOLOGIES = Source(
    "ontologies",
    _all,
    {Order.NAME: (Column('lower(o.api_name) COLLATE "C"', "text"), Column("o.rid", "text"))},
    {Field.TEXT: contains("lower(o.api_name)", "lower(o.display_name)")},
)


async def by_name(snapshot: Snapshot, names: Sequence[str]) -> dict[str, Record]:
    """Ontologies by name, whatever its case, under the lower-cased name."""
    statement = Statement()
    those = among(statement, "lower(o.api_name)", [name.lower() for name in names])
    rows = await snapshot.fetch(f"SELECT {COLUMNS} FROM ontology o WHERE {those}", *statement.arguments)
    return {row["api_name"].lower(): row for row in rows}


async def by_rid(snapshot: Snapshot, rids: Sequence[str]) -> dict[str, Record]:
    """Ontologies by rid."""
    statement = Statement()
    those = among(statement, "o.rid", rids)
    rows = await snapshot.fetch(f"SELECT {COLUMNS} FROM ontology o WHERE {those}", *statement.arguments)
    return {row["rid"]: row for row in rows}


async def at_time(snapshot: Snapshot, ontology: str, moment: datetime) -> int:
    """The last revision at or before the moment; 0 where there was none."""
    found = await snapshot.fetchval(
        "SELECT revision FROM revision WHERE ontology = $1 AND at <= $2 ORDER BY at DESC LIMIT 1", ontology, moment
    )
    return found or 0


async def epoch(snapshot: Snapshot) -> int:
    """The epoch of the database."""
    found: int = await snapshot.fetchval("SELECT epoch FROM installation")
    return found
