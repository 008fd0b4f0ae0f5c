"""What depends on an entity, step by step along the references to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.kind import Kind
from app.persistence.tables import LAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.persistence.neighbourhood import Reader

DEPTH = 10  # steps
MOST = 10_000  # dependents


@dataclass(frozen=True, slots=True)
class Impact:
    """One dependent: by which reference it depends on what, and how many steps from what is touched."""

    rid: str
    kind: Kind
    api_name: str
    display_name: str
    on: str
    edge: str
    path: str
    depth: int


async def of(reader: Reader, ontology: str, touched: Sequence[str]) -> tuple[Impact, ...]:
    """Everything that refers to these entities, nearest first, each once."""
    rows = await reader.fetch(
        f"""
        WITH RECURSIVE reached (rid, target, edge, path, depth) AS (
            SELECT source, target, edge, path, 1 FROM entity_reference
            WHERE target = ANY ($2::text[]) AND revision_to = {LAST} AND source <> ALL ($2::text[])
            UNION
            SELECT r.source, r.target, r.edge, r.path, reached.depth + 1 FROM reached
            JOIN entity_reference AS r ON r.target = reached.rid AND r.revision_to = {LAST}
            WHERE reached.depth < {DEPTH} AND r.source <> ALL ($2::text[])
        ),
        nearest AS (SELECT DISTINCT ON (rid) * FROM reached ORDER BY rid, depth, target, path)
        SELECT e.rid, e.kind, e.api_name, e.display_name, n.target, n.edge, n.path, n.depth
        FROM nearest AS n JOIN entity AS e ON e.rid = n.rid AND NOT e.deleted AND e.ontology = $1
        ORDER BY n.depth, e.kind, e.name_key LIMIT {MOST}
        """,
        ontology,
        list(touched),
    )
    return tuple(
        Impact(row["rid"], Kind(row["kind"]), row["api_name"], row["display_name"], row["target"], row["edge"], row["path"], row["depth"])
        for row in rows
    )
