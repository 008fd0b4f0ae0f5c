"""Names that begin as somebody types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.search import joined
from app.domain.searched import Prominence
from app.domain.words import sort_key
from app.persistence.reads.statement import Statement, entities, entity_columns, live, pattern
from app.persistence.search.writing import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from app.domain.kind import Kind
    from app.domain.search import Term
    from app.persistence.database import Snapshot
    from app.persistence.reads.selection import At

_NAMES = Prominence.NAME.value + Prominence.OTHER_NAME.value


async def suggestions(
    snapshot: Snapshot, at: At, text: str, terms: Sequence[Term], kinds: Sequence[Kind], limit: int, *, among: Sequence[str] | None = None
) -> list[Record]:
    """Entities with a name that has every word, the last one perhaps only begun; names that begin so come first, short before long."""
    statement = Statement(at.ontology)
    table, alive = entities("e", at, statement)
    begins = [statement.put(pattern(each).removeprefix("%"), "text") for each in (joined(text), sort_key(text.strip()))]
    where = f"AND e.kind = ANY ({statement.put([kind.value for kind in kinds], 'text[]')})" if kinds else ""
    if among is not None:
        where += f" AND e.rid = ANY ({statement.put(list(among), 'text[]')})"
    words = statement.put(_query(terms), "text")
    return await snapshot.fetch(
        f"""
        SELECT {entity_columns("e", head=at.current)} FROM entity_search s JOIN {table} ON e.rid = s.rid
        WHERE s.ontology = $1 AND {live("s", at, statement)} AND s.words @@ {words}::tsquery AND {alive} {where}
        ORDER BY e.name_key LIKE {begins[0]} OR e.display_key LIKE {begins[1]} DESC, e.kind = 'property', length(e.name_key),
            e.name_key, e.rid
        LIMIT {statement.put(limit, "int")}
        """,
        *statement.arguments,
    )


def _query(terms: Sequence[Term]) -> str:
    *whole, last = [[each.whole, *each.parts] for each in terms]
    known = [f"({quoted(words[0])}:{_NAMES}{_together(words[1:], '')})" for words in whole]
    return " & ".join([*known, f"({quoted(last[0])}:*{_NAMES}{_together(last[1:], '*')})"])


def _together(parts: Sequence[str], last: str) -> str:
    if not parts:
        return ""
    marks = [_NAMES] * (len(parts) - 1) + [last + _NAMES]
    return " | (" + " & ".join(f"{quoted(part)}:{mark}" for part, mark in zip(parts, marks, strict=True)) + ")"
