"""Rows of ontologies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.persistence.mapping import ontology_of

if TYPE_CHECKING:
    from app.domain.ontology import Ontology
    from app.persistence.database import Transaction


async def insert(
    work: Transaction, rid: str, api_name: str, display_name: str, description: str, settings: dict[str, Any], actor: str
) -> Ontology | None:
    """A new ontology at revision 0; None where the name is taken."""
    row = await work.fetchrow(
        """
        INSERT INTO ontology (rid, api_name, display_name, description, settings, created_by, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING *
        """,
        rid, api_name, display_name, description, settings, actor,
    )  # fmt: skip
    if row is None:
        return None
    await work.execute("INSERT INTO ontology_counter (ontology) VALUES ($1)", rid)
    return ontology_of(row)


async def update(work: Transaction, rid: str, display_name: str, description: str, settings: dict[str, Any], actor: str) -> Ontology:
    """The next version of a locked ontology."""
    row = await work.fetchrow(
        """
        UPDATE ontology SET display_name = $2, description = $3, settings = $4, version = version + 1, updated_at = now(), updated_by = $5
        WHERE rid = $1 RETURNING *
        """,
        rid, display_name, description, settings, actor,
    )  # fmt: skip
    return ontology_of(_there(row))


async def archive(work: Transaction, rid: str, actor: str) -> Ontology:
    """The last version of a locked ontology."""
    row = await work.fetchrow(
        """
        UPDATE ontology SET archived_at = now(), version = version + 1, updated_at = now(), updated_by = $2 WHERE rid = $1 RETURNING *
        """,
        rid,
        actor,
    )
    return ontology_of(_there(row))


def _there(row: Any) -> Any:
    if row is None:
        message = "a locked ontology has a row"
        raise LookupError(message)
    return row
