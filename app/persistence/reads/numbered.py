"""Pages by number, for callers that count them: the rows before are passed over in the index, not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.persistence.reads.statement import Statement, rendered

if TYPE_CHECKING:
    from app.persistence.database import Snapshot
    from app.persistence.reads.pages import Source
    from app.persistence.reads.selection import At, Key, Selection


async def key_of_row(
    snapshot: Snapshot, source: Source, at: At | None, parent: str, selection: Selection, number: int
) -> tuple[Key, ...] | None:
    """The sort key of the row with this number, counted from 1; None where there are fewer."""
    statement = Statement(parent)
    _, tables, tied = source.below(at, statement)
    where = f"({tied}) AND ({rendered(selection.where, dict(source.filters), statement, at)})"
    keys = source.keys[selection.order]
    order = ", ".join(f"{key.sql} {'DESC' if selection.descending else 'ASC'}" for key in keys)
    row = await snapshot.fetchrow(
        f"""
        SELECT row.* FROM (SELECT $1::text AS rid) AS parent CROSS JOIN LATERAL (
            SELECT {", ".join(f"{key.sql} AS sort_{place}" for place, key in enumerate(keys))} FROM {tables} WHERE {where}
            ORDER BY {order} OFFSET {int(number) - 1} LIMIT 1
        ) AS row
        """,
        *statement.arguments,
    )
    return None if row is None else tuple(row)
