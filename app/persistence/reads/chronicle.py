"""History for people: merges with who and why, the versions of one entity, and what rids are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asyncpg import Record

    from app.persistence.neighbourhood import Reader

_MERGE = """
    m.revision, m.at, m.actor, m.actor_name, m.counts, s.rid AS change_set, s.title, s.description, s.author, s.approved_by, s.origin
"""
_TABLES = "revision m JOIN change_set s ON s.rid = m.change_set"


async def merges(reader: Reader, ontology: str, *, upto: int, limit: int) -> list[Record]:
    """The newest merges up to a revision, newest first."""
    return await reader.fetch(
        f"SELECT {_MERGE} FROM {_TABLES} WHERE m.ontology = $1 AND m.revision <= $2 ORDER BY m.revision DESC LIMIT $3",
        ontology,
        upto,
        limit,
    )


async def versions(reader: Reader, rid: str) -> list[Record]:
    """Every version of an entity with the merge that made it, newest first; what is deleted was one too."""
    return await reader.fetch(
        f"""
        SELECT c.version, c.action, c.kind, c.ontology, {_MERGE}
        FROM change c JOIN revision m ON m.ontology = c.ontology AND m.revision = c.revision JOIN change_set s ON s.rid = m.change_set
        WHERE c.rid = $1 ORDER BY c.version DESC
        """,
        rid,
    )


async def called(reader: Reader, rids: Iterable[str]) -> dict[str, str]:
    """What documents call each entity, also one that was deleted: `Person`, `Person.name`."""
    rows = await reader.fetch(
        """
        SELECT e.rid, e.api_name, o.api_name AS owner FROM entity e LEFT JOIN entity o ON o.rid = e.owner WHERE e.rid = ANY ($1::text[])
        """,
        list(rids),
    )
    return {row["rid"]: f"{row['owner']}.{row['api_name']}" if row["owner"] else row["api_name"] for row in rows}
