"""Statements in the making: text and arguments side by side, and conditions as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.errors import BadInput
from app.persistence.reads import words
from app.persistence.reads.selection import All, AnyOf, Field, Not, Test
from app.persistence.tables import LAST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.persistence.reads.selection import At, Condition

    Rendering = Callable[[Test, "Statement", At | None], str]
    Filters = dict[Field, str | Rendering]


class Statement:
    """Collects arguments; a text stands in the statement only by its number."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments: list[Any] = list(arguments)
        self.only: frozenset[str] | None = None  # the columns of entities that are wanted; all of them where it is None

    def put(self, value: Any, cast: str) -> str:
        """The place of one more argument."""
        self.arguments.append(value)
        return f"${len(self.arguments)}::{cast}"


def given(statement: Statement, alias: str, *, nth: bool = False, **columns: tuple[str, Sequence[Any]]) -> str:
    """Rows that the caller has, as SQL: columns by name, each a type and its values; `nth` counts the rows from 1.

    One row alone is no array: of any array PostgreSQL expects ten rows when it plans for all arguments at once, finds that
    dearer than a plan for the one, and makes that anew each time, which takes longer than most of our statements.
    """
    if all(len(values) == 1 for _, values in columns.values()):
        own = [f"{statement.put(values[0], cast)} AS {name}" for name, (cast, values) in columns.items()]
        return f"(SELECT {', '.join([*own, '1::bigint AS nth'] if nth else own)}) AS {alias}"
    arrays = ", ".join(statement.put(list(values), f"{cast}[]") for cast, values in columns.values())
    names = ", ".join([*columns, "nth"] if nth else columns)
    return f"unnest({arrays}){' WITH ORDINALITY' if nth else ''} AS {alias} ({names})"


def among(statement: Statement, column: str, values: Sequence[str]) -> str:
    """That the column holds one of these texts; of one alone for the same reason."""
    if len(values) == 1:
        return f"{column} = {statement.put(values[0], 'text')}"
    return f"{column} = ANY ({statement.put(list(values), 'text[]')})"


def live(alias: str, at: At | None, statement: Statement) -> str:
    """That a row with a revision interval holds as of the revision; of a head row, that it was not deleted."""
    if at is None or at.current:
        return f"{alias}.revision_to = {LAST}"
    place = statement.put(at.revision, "bigint")
    return f"{alias}.revision_from <= {place} AND {place} < {alias}.revision_to"


def entities(alias: str, at: At, statement: Statement) -> tuple[str, str]:
    """The table that holds the entities as of the revision, and the condition that picks them."""
    if at.current:
        return f"entity {alias}", f"NOT {alias}.deleted"
    return f"entity_version {alias}", f"{live(alias, at, statement)} AND NOT {alias}.deleted"


ENTITY_COLUMNS = (
    "rid", "kind", "version", "api_name", "display_name", "status", "owner", "definition", "created_at", "created_by", "updated_at",
    "updated_by", "revision",
)  # fmt: skip
ALWAYS = frozenset({"rid", "kind"})
CURSOR = "cursor"  # no column: that the place of a row in its list is wanted


def entity_columns(alias: str, *, head: bool, only: frozenset[str] | None = None) -> str:
    """What an entity is made from, or as much of it as is wanted."""
    names = [name for name in ENTITY_COLUMNS if only is None or name in only or name in ALWAYS]
    wanted = [f"{alias}.revision_from AS revision" if name == "revision" and not head else f"{alias}.{name}" for name in names]
    return ", ".join([*wanted, *words.columns(alias, only or ())])


def rendered(condition: Condition, columns: Filters, statement: Statement, at: At | None) -> str:
    """The condition as SQL; BadInput where the source knows no such column."""
    match condition:
        case All(parts):
            return " AND ".join(f"({rendered(part, columns, statement, at)})" for part in parts) or "true"
        case AnyOf(parts):
            return " OR ".join(f"({rendered(part, columns, statement, at)})" for part in parts) or "false"
        case Not(part):
            return f"NOT coalesce({rendered(part, columns, statement, at)}, false)"
        case Test():
            column = columns.get(condition.field)
            if column is None:
                raise BadInput(f"This list is not filtered by {condition.field.value}.")
            return (
                column(condition, statement, at)
                if callable(column)
                else f"{column} = ANY ({statement.put(list(condition.value), 'text[]')})"
            )


def contains(*columns: str) -> Rendering:
    """A part of any of the lower-cased columns, whatever its case."""

    def test(condition: Test, statement: Statement, _: At | None) -> str:
        place = statement.put(pattern(condition.value.lower()), "text")
        return " OR ".join(f"{column} LIKE {place}" for column in columns)

    return test


def compared(column: str, operator: str, cast: str) -> Rendering:
    """A column against one value."""

    def test(condition: Test, statement: Statement, _: At | None) -> str:
        return f"{column} {operator} {statement.put(condition.value, cast)}"

    return test


def pattern(text: str) -> str:
    """What LIKE finds the text by, anywhere; `%` and `_` stand for themselves."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
