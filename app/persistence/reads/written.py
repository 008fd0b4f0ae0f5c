"""Rows as texts of JSON, written by PostgreSQL: where nothing but leaves is read of them, no row needs to become an object of ours.

The text is what orjson would write. A value that the shape does not foresee makes the whole text null, and who reads it goes another way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from app.persistence.reads.statement import entities, entity_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.persistence.reads.selection import At
    from app.persistence.reads.statement import Statement


class Form(Enum):
    """How the value of a column becomes JSON."""

    TEXT = "text"  # of a text
    PLAIN = "plain"  # of a number, or of yes or no


@dataclass(frozen=True, slots=True)
class Constant:
    """What is the same in every object: JSON."""

    json: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column of the row; `absent` is the JSON for null, which is not foreseen without it."""

    column: str
    form: Form
    absent: str | None = None
    names: Mapping[str, str] | None = None  # of an enum: its names by what stands in the column, which foresees nothing else


@dataclass(frozen=True, slots=True)
class Reference:
    """The entity whose rid stands in a column of the row."""

    column: str
    shape: Shape


@dataclass(frozen=True, eq=False, slots=True)
class Shape:
    """An object: its fields by their names in the answer, in order; of an entity of these kinds alone, or of any row where none is said."""

    fields: Mapping[str, Constant | Leaf | Reference]
    kinds: Sequence[str] = field(default=())

    @property
    def columns(self) -> frozenset[str]:
        """What it reads of a row."""
        return frozenset(each.column for each in self.fields.values() if not isinstance(each, Constant))


def written(shape: Shape, alias: str, statement: Statement, at: At | None) -> str:
    """As SQL, the text of the object that the row becomes; null where anything is not foreseen."""
    parts: list[str] = []
    opening = "{"
    for name, each in shape.fields.items():
        opening += f'"{name}":'
        if isinstance(each, Constant):
            opening += f"{each.json},"
            continue
        parts += [statement.put(opening, "text"), _value(each, alias, statement, at)]
        opening = ","
    parts.append(statement.put(f"{opening.removesuffix(',')}}}", "text"))
    text = " || ".join(parts)
    if not shape.kinds:
        return text
    return f"CASE WHEN {alias}.kind = ANY ({statement.put(list(shape.kinds), 'text[]')}) THEN {text} END"


def _value(each: Leaf | Reference, alias: str, statement: Statement, at: At | None) -> str:
    value = f'{alias}."{each.column}"'
    if isinstance(each, Reference):
        return _referred(each, value, statement, at)
    if each.names is not None:
        text = _named(each.names, value, statement)
        return text if each.absent is None else f"CASE WHEN {value} IS NULL THEN {statement.put(each.absent, 'text')} ELSE {text} END"
    text = f"to_json({value})::text" if each.form is Form.TEXT else f"{value}::text"
    return text if each.absent is None else f"coalesce({text}, {statement.put(each.absent, 'text')})"


def _named(names: Mapping[str, str], value: str, statement: Statement) -> str:
    if all(stored == name for stored, name in names.items()):
        return f"CASE WHEN {value} = ANY ({statement.put(list(names), 'text[]')}) THEN to_json({value})::text END"
    cases = ((statement.put(stored, "text"), statement.put(f'"{name}"', "text")) for stored, name in names.items())
    return f"CASE {value} {' '.join(f'WHEN {stored} THEN {name}' for stored, name in cases)} END"


def _referred(each: Reference, value: str, statement: Statement, at: At | None) -> str:
    """What lies in another ontology, or is not there, is not foreseen."""
    if at is None:
        message = "entities are read as of a revision"
        raise ValueError(message)
    table, alive = entities("x", at, statement)
    columns = entity_columns("x", head=at.current, only=each.shape.columns)
    there = f"x.rid = {value} AND x.ontology = {statement.put(at.ontology, 'text')} AND {alive}"
    return f"(SELECT {written(each.shape, 'there', statement, at)} FROM (SELECT {columns} FROM {table} WHERE {there}) AS there)"
