"""Values: the frozen, typed parts of which definitions are made, and their one JSON form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

T = TypeVar("T")


class Value(BaseModel):
    """Immutable, camelCase in JSON, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    tag: ClassVar[str | None] = None  # the field that says which of the others apply; where it differs nothing merges

    def canonical(self) -> dict[str, Any]:
        """The one JSON form: camelCase, without what is at its default."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def differs(self, other: Value) -> set[str]:
        """The fields, as JSON names them, in which it is not as another of its class."""
        return {field.alias or name for name, field in type(self).model_fields.items() if getattr(self, name) != getattr(other, name)}


class Item(Value):
    """An element of a list that merges by identity; the identity survives a rename."""

    identity: ClassVar[tuple[str, ...]] = ("key",)

    @property
    def identifier(self) -> str:
        """What tells this item from its siblings."""
        return "/".join(str(value) for name in self.identity if (value := getattr(self, name)) is not None)


class Distinct:
    """Marks a list of plain values that merges as a set; the author's order is kept."""


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def _once_unhashable(values: tuple[T, ...]) -> tuple[T, ...]:
    seen: list[tuple[type, T]] = []
    for value in values:
        if (type(value), value) not in seen:
            seen.append((type(value), value))
    return tuple(value for _, value in seen)


SetOf = Annotated[tuple[T, ...], AfterValidator(_once), Distinct()]
SetOfJson = Annotated[tuple[Any, ...], AfterValidator(_once_unhashable), Distinct()]


def unstorable(words: Any) -> str | None:
    """Why JSON cannot be stored, as a sentence; None where it can."""
    try:
        written = orjson.dumps(words)
    except (TypeError, ValueError):
        return "A number has more than 64 bits, or a text is not Unicode."
    return "A text holds the character U+0000, which no text may hold." if b"\\u0000" in written else None


def keyed(items: Any, prefix: str) -> Any:
    """Raw items with a key for each that has none: its apiName, else prefix and position."""
    if not isinstance(items, Iterable) or isinstance(items, (str, bytes, dict)):
        return items
    listed = list(items)
    used = {item["key"] for item in listed if isinstance(item, dict) and isinstance(item.get("key"), str)}
    for position, item in enumerate(listed, start=1):
        if isinstance(item, dict) and item.get("key") is None:
            wished = item.get("apiName") or item.get("api_name") or f"{prefix}{position}"
            key, count = wished, 2
            while key in used:
                key, count = f"{wished}{count}", count + 1
            used.add(key)
            listed[position - 1] = {**item, "key": key}
    return listed
