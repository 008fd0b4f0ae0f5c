"""Documents side by side: each entity under its kind and name, in one form whoever wrote it, and what differs field by field."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.domain.common import SHAPE
from app.domain.errors import ValidationFailed
from app.domain.kinds import KINDS
from app.domain.merge import same
from app.domain.planning import parse
from app.domain.rid import REF
from app.transfer.document.form import PARTS
from app.transfer.document.reading import Entry, entries_of
from app.transfer.document.walk import rewritten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.kind import Kind
    from app.domain.rules import Violation
    from app.transfer.document.writing import Writing

Entries = dict[tuple["Kind", str], dict[str, Any]]
"""The fields of each entity, with names for rids, by its kind and by how documents call it."""

_PLACES = frozenset({"position"})  # the planner fills it in where a file does not say it
_KEYS = ("key", "interface", "interfaceProperty")  # by which items of a list are known again


class Verb(StrEnum):
    """What becomes of an entity from one document to the other."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field path with its values; None where there is none."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One entity that is not the same in both documents."""

    kind: Kind
    name: str
    verb: Verb
    fields: tuple[FieldChange, ...] = ()


def entries_of_writing(writing: Writing) -> Entries:
    """The entries of an ontology."""
    return {(each.kind, writing.called(each.rid)): _own(each.kind, writing.fields(each)) for each in writing.entities()}


def entries_of_document(document: Any) -> Entries:
    """The entries of a file, without what is at its default; ValidationFailed names everything whose shape is wrong."""
    violations: list[Violation] = []
    found = {(each.kind, each.called): _canonical(each, violations) for each in entries_of(document)}
    if violations:
        raise ValidationFailed(violations)
    return found


def differences(before: Mapping[tuple[Kind, str], dict[str, Any]], after: Mapping[tuple[Kind, str], dict[str, Any]]) -> list[EntryChange]:
    """What makes the one into the other, by kind in their one order and by name."""
    order = {kind: place for place, kind in enumerate(KINDS)}
    made: list[EntryChange] = []
    for kind, name in sorted({*before, *after}, key=lambda each: (order[each[0]], each[1])):
        old, new = before.get((kind, name)), after.get((kind, name))
        if old is None or new is None:
            made.append(EntryChange(kind, name, Verb.DELETE if new is None else Verb.CREATE, tuple(_fields(old or {}, new or {}, ""))))
        elif fields := tuple(_fields(old, new, "")):
            made.append(EntryChange(kind, name, Verb.UPDATE, fields))
    return made


def _canonical(entry: Entry, violations: list[Violation]) -> dict[str, Any]:
    model = KINDS[entry.kind]
    referring = rewritten(model, entry.fields, lambda _, text, __: f"{REF}{text}", entry.path)
    owner = {PARTS[entry.kind][2]: f"{REF}{entry.whole}"} if entry.kind in PARTS else {}
    parsed = parse(entry.kind, {**referring, "apiName": entry.name, **owner}, None)
    if isinstance(parsed, list):
        violations.extend(
            SHAPE.broken(f"{entry.path}.{found.path}" if found.path else entry.path, f"{entry.path}: {found.message}", value=found.value)
            for found in parsed
        )
        return {}
    said: dict[str, Any] = rewritten(model, parsed.canonical(), lambda _, text, __: text.removeprefix(REF))
    return _own(entry.kind, said)


def _own(kind: Kind, fields: dict[str, Any]) -> dict[str, Any]:
    """What the name of an entry does not say already."""
    gone = {"apiName", *([PARTS[kind][2]] if kind in PARTS else [])}
    return {name: value for name, value in fields.items() if name not in gone}


def _fields(old: Any, new: Any, path: str) -> Iterator[FieldChange]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys((*old, *new)):
            place = f"{path}.{name}" if path else name
            if place in _PLACES and (name not in old or name not in new):
                continue
            if name not in old or name not in new:
                yield FieldChange(place, old.get(name), new.get(name))
            else:
                yield from _fields(old[name], new[name], place)
    elif (mine := _keyed(old)) is not None and (theirs := _keyed(new)) is not None:
        for key in dict.fromkeys((*mine, *theirs)):
            place = f"{path}[{key}]"
            if key in mine and key in theirs:
                yield from _fields(mine[key], theirs[key], place)
            else:
                yield FieldChange(place, mine.get(key), theirs.get(key))
        if [key for key in mine if key in theirs] != [key for key in theirs if key in mine]:
            yield FieldChange(f"{path} (order)", list(mine), list(theirs))
    elif not same(old, new):
        yield FieldChange(path, old, new)


def _keyed(items: Any) -> dict[str, Any] | None:
    """A list as a map by what its items are known by, None where they are plain values."""
    if not isinstance(items, list) or not items:
        return None
    found: dict[str, Any] = {}
    for item in items:
        key = next((str(item[name]) for name in _KEYS if name in item), None) if isinstance(item, dict) else None
        if key is None or key in found:
            return None
        found[key] = item
    return found
