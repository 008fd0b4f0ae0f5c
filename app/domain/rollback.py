"""Rollback: the inverse of the changes that a revision made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.domain.change_set import Operation, Verb
from app.domain.entity import Change, Entity
from app.domain.merge import leaves, same


def inverse(changes: Sequence[Change]) -> list[Operation]:
    """The operations that undo the changes, the last one first; each names the version that the change made."""
    return [_inverse(change) for change in reversed(changes)]


def _inverse(change: Change) -> Operation:
    before, after = change.before, change.after
    if before is None and after is not None:
        return Operation(Verb.DELETE, change.kind, change.rid, expected_version=after.version)
    if before is None:
        message = "a change has at least one state"
        raise ValueError(message)
    old = before.definition.canonical()
    if after is None:
        return Operation(Verb.CREATE, change.kind, change.rid, fields=old, restores=before.version + 1)
    new = after.definition.canonical()
    fields: dict[str, Any] = {name: value for name, value in old.items() if name not in new or not same(new[name], value)}
    fields |= dict.fromkeys(name for name in new if name not in old)
    return Operation(Verb.UPDATE, change.kind, change.rid, expected_version=after.version, fields=fields)


def later_steps(path: str, made: Entity, later: Iterable[Entity]) -> list[Entity]:
    """The versions after `made` without which its value at the path would stand again: the shortest end of its history.

    `later` is in order of version; an empty path means the whole definition.
    """
    later = list(later)
    if later and later[-1].deleted:
        return later[-1:]
    kept: list[Entity] = []
    wanted = _at(made, path)
    previous = wanted
    for entity in later:
        value = _at(entity, path)
        if same(value, wanted):
            kept = []
        elif not same(value, previous):
            kept.append(entity)
        previous = value
    return kept


def _at(entity: Entity, path: str) -> Any:
    if not path:
        return entity.definition.canonical()
    found = {place: value for place, value in leaves(entity.definition) if place == path or place.startswith((f"{path}.", f"{path}["))}
    return found or None
