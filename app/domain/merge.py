"""Three-way merge of definitions, field by field, and their difference.

Fields that one side touched merge by themselves; lists of items merge by identity with their order as one field of its
own; lists of plain values merge as sets. What both sides changed differently is a conflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from pydantic.alias_generators import to_camel

from app.domain.value import Item, Value

V = TypeVar("V", bound=Value)


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
ORDER = "$order"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed, or a break between what two change sets did to different entities."""

    rid: str
    path: str
    base: Any  # JSON
    ours: Any
    theirs: Any
    theirs_version: int = 0
    theirs_by: str = ""
    theirs_at: datetime | None = None
    message: str = ""
    rule: str | None = None  # of a break between entities


@dataclass
class Merging:
    """One merge under way: the conflicts met so far, and the answers given to them beforehand (by path)."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    conflicts: list[tuple[str, Any, Any, Any]] = field(default_factory=list)

    def merge(self, base: Any, ours: Any, theirs: Any, path: str = "") -> Any:  # noqa: PLR0911 - one return a case
        """What both sides make of the base; where they conflict, theirs stands in."""
        if same(ours, theirs) or same(theirs, base):
            return ours
        if same(ours, base):
            return theirs
        sides = (base, ours, theirs)
        if all(isinstance(side, Value) for side in sides) and _alike(*sides):
            return self._fields(base, ours, theirs, path)
        if all(isinstance(side, tuple) for side in sides):
            if any(isinstance(item, Item) for side in sides for item in side):
                return self._items(base, ours, theirs, path)
            return _union(base, ours, theirs)
        if all(isinstance(side, dict) for side in sides):
            return self._entries(base, ours, theirs, path)
        if path in self.answers:
            answer = self.answers[path]
            return ours if answer is OURS else theirs if answer is THEIRS else answer
        self.conflicts.append((path, base, ours, theirs))
        return theirs

    def _fields(self, base: Value, ours: Value, theirs: Value, path: str) -> Value:
        update = {}
        for name in type(base).model_fields:
            mine, other = getattr(ours, name), getattr(theirs, name)
            merged = self.merge(getattr(base, name), mine, other, join(path, to_camel(name)))
            if merged is not other:
                update[name] = merged
        return theirs.model_copy(update=update) if update else theirs

    def _entries(self, base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], path: str) -> dict[str, Any]:
        merged = {}
        for key in (*theirs, *(key for key in ours if key not in theirs)):
            value = self.merge(base.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT), join(path, key))
            if value is not ABSENT:
                merged[key] = value
        return merged

    def _items(self, base: tuple[Item, ...], ours: tuple[Item, ...], theirs: tuple[Item, ...], path: str) -> tuple[Item, ...]:
        one, two, three = ({item.identifier: item for item in side} for side in (base, ours, theirs))
        merged = {}
        for key in dict.fromkeys((*three, *two)):
            value = self.merge(one.get(key, ABSENT), two.get(key, ABSENT), three.get(key, ABSENT), f"{path}[{key}]")
            if value is not ABSENT:
                merged[key] = value
        return tuple(merged[key] for key in self._order(list(one), list(two), list(three), set(merged), join(path, ORDER)))

    def _order(self, base: list[str], ours: list[str], theirs: list[str], kept: set[str], path: str) -> list[str]:
        common = set(base) & set(ours) & set(theirs)
        one, two, three = (tuple(key for key in side if key in common) for side in (base, ours, theirs))
        if len({one, two, three}) < len((one, two, three)):
            leading, following = (theirs, ours) if two in (one, three) else (ours, theirs)
        else:
            answer = self.answers.get(path, ABSENT)
            if answer is ABSENT:
                self.conflicts.append((path, list(one), list(two), list(three)))
            leading, following = (ours, theirs) if answer is OURS else (theirs, ours)
            if isinstance(answer, (list, tuple)):
                leading, following = [key for key in answer if isinstance(key, str)], _woven(theirs, ours)
        return _woven([key for key in dict.fromkeys(leading) if key in kept], [key for key in following if key in kept])


def _woven(order: list[str], other: list[str]) -> list[str]:
    """`order` with what only `other` has, each after the one that it follows there."""
    woven, known = list(order), set(order)
    before: str | None = None
    for key in other:
        if key not in known:
            woven.insert(woven.index(before) + 1 if before is not None else 0, key)
            known.add(key)
        before = key
    return woven


class _Side(Enum):
    OURS = "OURS"
    THEIRS = "THEIRS"


OURS, THEIRS = _Side.OURS, _Side.THEIRS


def join(path: str, name: str) -> str:
    """A path one step further."""
    return f"{path}.{name}" if path else name


def same(one: Any, other: Any) -> bool:
    """Equal, and of equal types where JSON tells them apart: 1 is not true, however deep."""
    if one is other:
        return True
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, Value):
        return (
            type(one) is type(other)
            and one == other
            and all(same(getattr(one, name), getattr(other, name)) for name in type(one).model_fields)
        )
    if isinstance(one, (tuple, list)) and isinstance(other, (tuple, list)):
        return len(one) == len(other) and all(same(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return bool(one == other)


def _alike(*sides: Value) -> bool:
    first = sides[0]
    if any(type(side) is not type(first) for side in sides):
        return False
    return first.tag is None or len({getattr(side, first.tag) for side in sides}) == 1


def _union(base: tuple[Any, ...], ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
    removed = [value for value in base if not _has(ours, value)]
    kept = [value for value in theirs if not _has(removed, value)]
    return (*kept, *(value for value in ours if not _has(theirs, value) and not _has(base, value)))


def _has(values: Any, value: Any) -> bool:
    return any(same(value, other) for other in values)


def plain(value: Any) -> Any:  # noqa: PLR0911 - one return a type
    """A value of a definition as JSON."""
    if value is ABSENT:
        return None
    if isinstance(value, Value):
        return value.canonical()
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field path with its JSON value; items by identity, their order apart, sets as one list."""
    if isinstance(value, Value):
        for name in type(value).model_fields:
            yield from leaves(getattr(value, name), join(path, to_camel(name)))
    elif isinstance(value, tuple) and value and all(isinstance(item, Item) for item in value):
        yield join(path, ORDER), [item.identifier for item in value]
        for item in value:
            yield from leaves(item, f"{path}[{item.identifier}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, join(path, key))
    else:
        yield path, plain(value)


def difference(before: Value | None, after: Value | None) -> dict[str, tuple[Any, Any]]:
    """The field paths in which two definitions differ, each with both JSON values (None where it is absent)."""
    old, new = dict(leaves(before)) if before else {}, dict(leaves(after)) if after else {}
    found = {path: (old.get(path), new.get(path)) for path in dict.fromkeys((*old, *new)) if not same(old.get(path), new.get(path))}
    # A list of items that is empty on one side is told by its order alone.
    return {path: sides for path, sides in found.items() if join(path, ORDER) not in found}
