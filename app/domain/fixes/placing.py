"""Editing JSON at the path that a violation names: `type.fields[k].apiName`, `annotations.a[0]`, `translations.ko`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_NAME = re.compile(r"[^.\[]+")

Edit = Callable[[Any], Any]


class _Gone:
    """What an edit answers with where the value is to be taken out."""


GONE = _Gone()


class Misplaced(Exception):
    """The path leads nowhere in these words."""


def edited(words: Any, path: str, edit: Edit) -> Any:
    """The words with the value at the path replaced by what `edit` makes of it; nothing of the old is changed."""
    if not path:
        return edit(words)
    if isinstance(words, list):
        for index, item in enumerate(words):
            mark = f"[{identifier(item, index)}]"
            if path.startswith(mark):
                made = edited(item, path[len(mark) :], edit)
                return [*words[:index], *(() if made is GONE else (made,)), *words[index + 1 :]]
        raise Misplaced(path)
    if not isinstance(words, dict | None):
        raise Misplaced(path)
    held = words or {}
    name, rest = _first(held, path.removeprefix("."))
    made = edited(held.get(name), rest, edit)
    if made is GONE:
        return {key: value for key, value in held.items() if key != name}
    return {**held, name: made}


def found(words: Any, path: str) -> Any:
    """The value at the path; None where there is none."""
    seen: list[Any] = []

    def look(value: Any) -> Any:
        seen.append(value)
        return value

    edited(words, path, look)
    return seen[0]


def top(path: str) -> str:
    """The field of a definition that the path begins with."""
    match = _NAME.match(path)
    if match is None:
        raise Misplaced(path)
    return match[0]


def parent(path: str) -> str:
    """The path of what holds the last name or item."""
    if path.endswith("]"):
        return path[: path.rindex("[")]
    return path.rpartition(".")[0]


def identifier(item: Any, index: int) -> str:
    """What tells an item of a list from its siblings, as paths say it."""
    if isinstance(item, dict):
        if "key" in item:
            return str(item["key"])
        if "interface" in item:
            return str(item["interface"])
        if "interfaceProperty" in item:
            return "/".join(item[name] for name in ("interfaceProperty", "declaredBy") if item.get(name) is not None)
    return str(index)


def _first(held: dict[str, Any], path: str) -> tuple[str, str]:
    # Keys of maps are free texts, such as IRIs, so the longest one that the path begins with is meant.
    for key in sorted(held, key=len, reverse=True):
        if key and path.startswith(key) and path[len(key) : len(key) + 1] in {"", ".", "["}:
            return key, path[len(key) :]
    name = top(path)
    return name, path[len(name) :]
