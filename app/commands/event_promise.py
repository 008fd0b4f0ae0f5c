"""What readers of events were promised: a schema of an event only ever grows, and `docs/events.released.json` is what it grew from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.commands.asyncapi import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

RELEASED = Path("docs/events.released.json")  # replaced when a release is made
SAID = frozenset({"description", "title", "examples", "default", "$schema", "$comment"})  # words for people, which bind nobody
GROWING = frozenset({"properties", "$defs", "definitions"})  # to which members may be added
CHOICES = frozenset({"enum", "anyOf", "oneOf"})  # of which the earlier ones stay


def written() -> str:
    """The promise of the present code."""
    return json.dumps(schemas(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def breaking() -> list[str]:
    """What of the promise the present schemas break, each with its place; nothing where nothing was promised yet."""
    if not RELEASED.exists():
        return []
    return list(broken(json.loads(RELEASED.read_text()), schemas(), "events", grows=True))


def broken(promised: Any, now: Any, place: str, *, grows: bool = False) -> Iterator[str]:
    """Where a schema is not what it was, or that with more optional fields: an event that was ever written must still be one."""
    if not isinstance(promised, dict) or not isinstance(now, dict):
        if promised != now:
            yield f"{place} was {json.dumps(promised)[:80]} and is {json.dumps(now)[:80]}."
        return
    for name, was in promised.items():
        if name in SAID and not grows:
            continue
        if name not in now:
            yield f"{place}.{name} was removed."
        elif name in CHOICES and not grows:
            yield from (
                f"{place}.{name} lost {json.dumps(each)[:80]}." for each in was if all(any(broken(each, one, "")) for one in now[name])
            )
        elif name == "required" and not grows:
            yield from (f"{place}.{each} {what}." for each, what in sorted(_required(was, now[name])))
        else:
            yield from broken(was, now[name], f"{place}.{name}", grows=name in GROWING and not grows)
    if not grows:
        yield from (f"{place}.{name} is a new condition." for name in sorted(set(now) - set(promised) - SAID - GROWING))


def _required(was: list[str], now: list[str]) -> set[tuple[str, str]]:
    lost = {(each, "was always there and need not be any more") for each in set(was) - set(now)}
    return lost | {(each, "is required, which no past event knew") for each in set(now) - set(was)}
