"""Which later change sets a rollback would have to undo first, read from the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.rollback import blocking, suspects
from app.persistence.mapping import VERSION_COLUMNS, entity_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.entity import Change, Entity
    from app.domain.plan import Plan
    from app.persistence.neighbourhood import Reader


async def of(reader: Reader, ontology: str, revision: int, undone: Sequence[Change], plans: Sequence[Plan]) -> tuple[str, ...]:
    """The rids of the change sets after the revision that block its rollback, oldest first; empty where none would help."""
    histories = await _histories(reader, {rid for plan in plans for rid in suspects(plan)}, revision)
    revisions = {found for plan in plans for found in blocking(plan, undone, histories, revision)}
    rows = await reader.fetch(
        "SELECT change_set FROM revision WHERE ontology = $1 AND revision = ANY ($2::bigint[]) ORDER BY revision", ontology, list(revisions)
    )
    return tuple(row["change_set"] for row in rows)


async def _histories(reader: Reader, rids: Iterable[str], revision: int) -> dict[str, list[Entity]]:
    """Of each entity the version that was current at the revision, and all after it."""
    rows = await reader.fetch(
        f"SELECT {VERSION_COLUMNS} FROM entity_version WHERE rid = ANY ($1::text[]) AND revision_to > $2 ORDER BY rid, version",
        list(rids),
        revision,
    )
    found: dict[str, list[Entity]] = {}
    for row in rows:
        found.setdefault(row["rid"], []).append(entity_of(row))
    return found
