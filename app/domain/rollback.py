"""Rollback: the inverse of the changes that a revision made, and what came later that stands in its way."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from app.domain.change_set import Operation, Verb
from app.domain.common import IRI_UNIQUE, NAME_UNIQUE, REFERENCED
from app.domain.entity import Change, Entity
from app.domain.merge import difference, leaves, same

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.plan import Plan
    from app.domain.rules import Violation

History = Sequence[Entity]
"""The versions of one entity in order, deleted ones too; the first is the one that was current at the revision to undo."""

_NAMES = frozenset({NAME_UNIQUE.id, IRI_UNIQUE.id})


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


def suspects(plan: Plan) -> set[str]:
    """The entities whose histories tell what stands in the way of a rollback that this plan refuses."""
    return {each.rid for each in plan.conflicts} | {rid for each in plan.violations for rid in each.by}


def blocking(plan: Plan, undone: Iterable[Change], histories: Mapping[str, History], revision: int) -> set[int]:
    """The revisions after the given one without which its rollback would pass; empty where a rule has to be told instead.

    `plan` is that of the rollback, `undone` are the changes that it takes back, `histories` those of the suspects.
    """
    changes = {change.rid: change for change in undone}
    found: set[int] = set()
    standing = True
    while standing:  # without one that is found, what it had set back stands again
        more = {
            each
            for conflict in plan.conflicts
            for each in _of_conflict(conflict.path, changes.get(conflict.rid), histories.get(conflict.rid, ()), without=found)
        }
        standing = not more <= found
        found |= more
    for violation in plan.violations:
        meets = _meets(violation)
        if meets is None:
            return set()
        found |= {since for rid in violation.by if (since := _since(histories.get(rid, ()), meets)) is not None}
    return {each for each in found if each > revision}


def _of_conflict(path: str, undone: Change | None, history: History, *, without: Container[int]) -> set[int]:
    """Who changed what the rollback would set back, up to the deletion where there was one; `without` are found already."""
    if not history:
        return set()
    made, *later = history
    found: set[int] = set()
    if later and later[-1].deleted:
        found.add(later.pop().revision)
        path = ""
    paths = [path] if path else list(_touched(undone, made, later))
    return found | {entity.revision for each in paths for entity in later_steps(each, made, later, without=without)}


def _touched(undone: Change | None, made: Entity, later: Sequence[Entity]) -> Iterator[str]:
    """The field paths in which a whole entity stands in the way: those that were changed and would be set back."""
    if undone is None or undone.before is None or undone.after is None:
        for before, after in pairwise((made, *later)):
            yield from difference(before.definition, after.definition)
        if made.deleted:
            yield ""  # it is there again
        return
    yield from difference(undone.before.definition, undone.after.definition)


def later_steps(path: str, made: Entity, later: Iterable[Entity], *, without: Container[int] = frozenset()) -> list[Entity]:
    """The versions after `made` without which its value at the path would stand again: the shortest end of its history.

    `later` is in order of version; an empty path means the whole entity, whether it is there included. What the revisions
    in `without` did counts for nothing.
    """
    kept: list[Entity] = []
    wanted = _at(made, path)
    previous = wanted
    for entity in later:
        value = _at(entity, path)
        changed, previous = not same(value, previous), value
        if changed and entity.revision not in without:
            kept = [] if same(value, wanted) else [*kept, entity]
    return kept


def _at(entity: Entity, path: str) -> Any:
    if entity.deleted:
        return None
    if not path:
        return entity.definition.canonical()
    found = {place: value for place, value in leaves(entity.definition) if place == path or place.startswith((f"{path}.", f"{path}["))}
    return found or None


def _meets(violation: Violation) -> Callable[[Entity], bool] | None:
    """By what an entity stands in the way of this rule; None where undoing others would not keep it."""
    if violation.rule == REFERENCED.id:
        return lambda entity: violation.rid in entity.targets
    if violation.rule in _NAMES:
        wanted = str(violation.value) if violation.rule == IRI_UNIQUE.id else str(violation.value).lower()
        return lambda entity: any(name.key[1] == wanted for name in entity.definition.names())
    return None


def _since(history: History, meets: Callable[[Entity], bool]) -> int | None:
    """The revision from which on it has met the condition, None where it does not."""
    since = None
    for entity in history:
        if entity.deleted or not meets(entity):
            since = None
        elif since is None:
            since = entity.revision
    return since
