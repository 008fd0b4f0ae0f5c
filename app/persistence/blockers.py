"""Which later change sets a rollback would have to undo first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.common import IRI_UNIQUE, NAME_UNIQUE, REFERENCED
from app.domain.merge import difference
from app.domain.rollback import later_steps
from app.persistence.mapping import VERSION_COLUMNS, entity_of
from app.persistence.tables import LAST

if TYPE_CHECKING:
    from app.domain.entity import Entity
    from app.domain.plan import Plan
    from app.persistence.neighbourhood import Reader


async def of(reader: Reader, ontology: str, revision: int, plan: Plan) -> tuple[str, ...]:
    """The rids of the change sets after the revision that block its rollback, oldest first; empty where none would help."""
    revisions: set[int] = set()
    if plan.conflicts:
        histories = await _histories(reader, {conflict.rid for conflict in plan.conflicts}, revision)
        for conflict in plan.conflicts:
            made, later = histories[conflict.rid]
            revisions |= {entity.revision for path in _paths(conflict.path, made, later) for entity in later_steps(path, made, later)}
    for violation in plan.violations:
        if violation.rule == REFERENCED.id:
            revisions |= await _began(reader, "entity_reference", "source", violation.by, "target", violation.rid, revision)
        elif violation.rule in {NAME_UNIQUE.id, IRI_UNIQUE.id}:
            key = str(violation.value) if violation.rule == IRI_UNIQUE.id else str(violation.value).lower()
            revisions |= await _began(reader, "entity_name", "rid", violation.by, "name", key, revision)
        else:
            return ()  # it is the rule that must be told
    rows = await reader.fetch(
        "SELECT change_set FROM revision WHERE ontology = $1 AND revision = ANY ($2::bigint[]) ORDER BY revision", ontology, list(revisions)
    )
    return tuple(row["change_set"] for row in rows)


def _paths(path: str, made: Entity, later: list[Entity]) -> list[str]:
    """The field paths that stand in the way: of a whole entity those in which it is still different."""
    if path or not later or later[-1].deleted:
        return [path]
    return list(difference(made.definition, later[-1].definition))


async def _histories(reader: Reader, rids: set[str], revision: int) -> dict[str, tuple[Entity, list[Entity]]]:
    """Of each entity the version that the revision made, and all after it."""
    rows = await reader.fetch(
        f"SELECT {VERSION_COLUMNS} FROM entity_version WHERE rid = ANY ($1::text[]) AND revision_from >= $2 ORDER BY rid, version",
        list(rids),
        revision,
    )
    found: dict[str, list[Entity]] = {}
    for row in rows:
        found.setdefault(row["rid"], []).append(entity_of(row))
    return {rid: (entities[0], entities[1:]) for rid, entities in found.items()}


async def _began(reader: Reader, table: str, who: str, rids: tuple[str, ...], what: str, value: str, revision: int) -> set[int]:
    rows = await reader.fetch(
        f"SELECT DISTINCT revision_from FROM {table} WHERE {who} = ANY ($1::text[]) AND {what} = $2"
        f" AND revision_to = {LAST} AND revision_from > $3",
        list(rids), value, revision,
    )  # fmt: skip
    return {row["revision_from"] for row in rows}


async def in_order(reader: Reader, rids: set[str]) -> tuple[str, ...]:
    """Change sets in the order in which they were merged."""
    rows = await reader.fetch("SELECT rid FROM change_set WHERE rid = ANY ($1::text[]) ORDER BY merged_revision", list(rids))
    return tuple(row["rid"] for row in rows)
