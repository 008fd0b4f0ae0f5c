"""A merge as it was, read back from the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.entity import Change
from app.persistence.mapping import VERSION_COLUMNS, entity_of

if TYPE_CHECKING:
    from app.persistence.neighbourhood import Reader


async def changes(reader: Reader, ontology: str, revision: int) -> tuple[Change, ...]:
    """The changes of one revision in their order, each with both states."""
    columns = ", ".join(f"v.{column.strip()}" for column in VERSION_COLUMNS.split(","))
    rows = await reader.fetch(
        f"""
        SELECT c.index, c.version AS changed_to, c.action, {columns} FROM change AS c
        JOIN entity_version AS v ON v.rid = c.rid AND v.version IN (c.version, c.version - 1)
        WHERE c.ontology = $1 AND c.revision = $2 ORDER BY c.index
        """,
        ontology,
        revision,
    )
    states: dict[int, dict[str, Any]] = {}
    for row in rows:
        entity = entity_of(row)
        state = states.setdefault(row["index"], {"rid": row["rid"], "action": row["action"]})
        state["after" if row["version"] == row["changed_to"] else "before"] = None if entity.deleted else entity
    return tuple(Change(state["rid"], state.get("before"), state.get("after")) for _, state in sorted(states.items()))
