"""Pages of rows below many parents at once: one statement a level, whatever the number of parents and the size of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from app.domain.errors import BadInput, InvalidCursor
from app.persistence.reads.selection import COUNTED, At, Order, Selection
from app.persistence.reads.statement import CURSOR, Statement, given, rendered
from app.persistence.reads.written import written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from asyncpg import Record

    from app.domain.kind import Kind
    from app.persistence.database import Snapshot
    from app.persistence.reads.statement import Filters


class Column(NamedTuple):
    """A part of a sort key: never null, and as PostgreSQL compares it."""

    sql: str
    cast: str  # text, bigint or timestamptz


@dataclass(frozen=True, eq=False)
class Source:
    """Where the rows of a list come from; `below` gives columns, tables and the condition that ties a row to `parent.rid`."""

    name: str
    below: Callable[[At | None, Statement], tuple[str, str, str]]
    keys: Mapping[Order, tuple[Column, ...]]
    filters: Filters = field(default_factory=dict)
    counter: Kind | None = None  # the kind of which it lists all entities, so that their number need not be counted


class Rows(NamedTuple):
    """The rows of one parent, in the order that was asked for, and whether there are more on the far side.

    Where the selection has a shape they are texts of JSON instead, or None for a row that the shape does not foresee.
    """

    records: Sequence[Any]
    more: bool


NOTHING = Rows((), more=False)
_CASTS = {"text": str, "bigint": int, "timestamptz": datetime}


async def pages(snapshot: Snapshot, source: Source, at: At | None, parents: Sequence[str], selection: Selection) -> dict[str, Rows]:
    """The same page below each parent, by parent; a parent without rows is left out."""
    statement = Statement()
    statement.only = selection.only
    those = given(statement, "parent", nth=True, rid=("text", parents))
    columns, tables, tied = source.below(at, statement)
    keys = _keys(source, selection)
    where = [tied, rendered(selection.where, source.filters, statement, at)]
    where += _bounds(keys, selection, statement)
    downwards = selection.descending != selection.backward
    order = ", ".join(f"{key.sql} {'DESC' if downwards else 'ASC'}" for key in keys)
    placed = selection.only is None or CURSOR in selection.only
    sort_keys = "".join(f", {key.sql} AS sort_{number}" for number, key in enumerate(keys)) if placed else ""
    below = f"""
        SELECT {columns}{sort_keys} FROM {tables} WHERE {" AND ".join(f"({each})" for each in where)}
        ORDER BY {order} LIMIT {statement.put(selection.limit + 1, "int")}
    """
    if selection.shape is None:
        found = await _rows(snapshot, those, below, len(parents), statement)
    else:
        found = await _texts(snapshot, those, below, written(selection.shape, "row", statement, at), statement)
    return {parent: _cut(records, selection) for parent, records in zip(parents, found, strict=True) if records}


async def _rows(snapshot: Snapshot, those: str, below: str, parents: int, statement: Statement) -> Sequence[list[Any]]:
    # The nested loop keeps the order of what is below each parent, so nothing is sorted a second time.
    sql = f"""
        SELECT (parent.nth - 1)::int AS parent, row.*
        FROM {those} CROSS JOIN LATERAL ({below}) AS row
    """
    found: list[list[Record]] = [[] for _ in range(parents)]
    for record in await snapshot.fetch(sql, *statement.arguments):
        found[record[0]].append(record)
    return found


async def _texts(snapshot: Snapshot, those: str, below: str, text: str, statement: Statement) -> Sequence[list[Any]]:
    sql = f"""
        SELECT ARRAY(SELECT {text} FROM ({below}) AS row)
        FROM {those} ORDER BY parent.nth
    """
    return [record[0] for record in await snapshot.fetch(sql, *statement.arguments)]


async def counted(snapshot: Snapshot, source: Source, at: At | None, parents: Sequence[str], selection: Selection) -> dict[str, int]:
    """How many rows each parent has in all, counted up to COUNTED + 1."""
    statement = Statement()
    those = given(statement, "parent", rid=("text", parents))
    _, tables, tied = source.below(at, statement)
    where = f"({tied}) AND ({rendered(selection.where, source.filters, statement, at)})"
    rows = await snapshot.fetch(
        f"""
        SELECT parent.rid, (SELECT count(*) FROM (SELECT FROM {tables} WHERE {where} LIMIT {COUNTED + 1}) AS found) AS total
        FROM {those}
        """,
        *statement.arguments,
    )
    return {row["rid"]: row["total"] for row in rows}


def key_of(source: Source, selection: Selection, record: Record) -> list[Any]:
    """The sort key of a row, as a cursor holds it."""
    return [record[f"sort_{number}"] for number in range(len(source.keys[selection.order]))]


def check_key(source: Source, order: Order, key: Sequence[Any]) -> None:
    """Refuse a cursor whose key is not one of this list."""
    columns = source.keys[order]
    if len(key) != len(columns) or any(not isinstance(value, _CASTS[column.cast]) for value, column in zip(key, columns, strict=True)):
        raise InvalidCursor


def _keys(source: Source, selection: Selection) -> tuple[Column, ...]:
    if selection.order not in source.keys:
        raise BadInput(f"This list is not sorted by {selection.order.name}.", path="orderBy")
    return source.keys[selection.order]


def _bounds(keys: tuple[Column, ...], selection: Selection, statement: Statement) -> list[str]:
    names = ", ".join(key.sql for key in keys)
    bounds = []
    for bound, operator in (
        (selection.after, "<" if selection.descending else ">"),
        (selection.before, ">" if selection.descending else "<"),
    ):
        if bound is not None:
            values = ", ".join(statement.put(value, key.cast) for value, key in zip(bound, keys, strict=True))
            bounds.append(f"({names}) {operator} ({values})")
    return bounds


def _cut(records: list[Record], selection: Selection) -> Rows:
    kept = records[: selection.limit]
    if selection.backward:
        kept.reverse()
    return Rows(kept, len(records) > selection.limit)
