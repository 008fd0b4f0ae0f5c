"""Blame: for each field of a definition, the step in which its value last changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.domain.merge import leaves, same


@dataclass(frozen=True, slots=True)
class Step:
    """A version that changed one field at the top of a definition, and the JSON that it left there; None where it is at its default."""

    version: int
    revision: int
    value: Any


class _Absent:
    """What a path leads to where it leads nowhere: clearing a field is a change too."""


_ABSENT = _Absent()


@cache
def tops(kind: Kind) -> Mapping[str, str]:
    """The fields at the top of a kind's definitions, as JSON names them, with their attributes."""
    return {field.alias or name: name for name, field in KINDS[kind].model_fields.items()}


def blamed(kind: Kind, words: Mapping[str, Any], steps: Mapping[str, Sequence[Step]]) -> dict[str, Step]:
    """Who is to be asked about each field path of the definition, in the order of the paths.

    `steps` has the steps of each wanted field at the top, the newest first; the last of them is the one in which the
    entity came to be, or came back.
    """
    found: dict[str, Step] = {}
    for name, taken in steps.items():
        now = _leaves(kind, words, name, taken[0].value)
        waiting = set(now)
        for place, step in enumerate(taken):
            if not waiting:
                break
            before = _leaves(kind, words, name, taken[place + 1].value) if place + 1 < len(taken) else {}
            changed = {path for path in waiting if not _alike(now[path], before.get(path, _ABSENT))}
            found.update(dict.fromkeys(changed, step))
            waiting -= changed
    return dict(sorted(found.items()))


def _leaves(kind: Kind, words: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The field paths below one field, were its value this one."""
    changed = {key: other for key, other in words.items() if key != name}
    definition = KINDS[kind].model_validate(changed if value is None else {**changed, name: value})
    return dict(leaves(getattr(definition, tops(kind)[name]), name))


def _alike(one: Any, other: Any) -> bool:
    return one is other or (one is not _ABSENT and other is not _ABSENT and same(one, other))
