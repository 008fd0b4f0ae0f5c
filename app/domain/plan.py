"""The one pure planner: what a change set would make of an ontology, or what stands in its way.

`prepare` (planning) works out each touched entity; `judge` looks at all of them together, under every rule. Validate,
diff, impact, dry run, import and merge all call these two; only a merge writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain import common
from app.domain.change_set import Operation, Origin, Resolution
from app.domain.closure import Closure
from app.domain.common import EXISTS, IRI_UNIQUE, NAME_UNIQUE
from app.domain.definition import Edge, Name, NameKey
from app.domain.deletion import Deletion
from app.domain.entity import Change, Entity
from app.domain.errors import (
    DefinitionTooLarge,
    MergeConflict,
    NameTaken,
    OmsError,
    StillReferenced,
    UnsafeRegex,
    ValidationFailed,
    VersionConflict,
)  # fmt: skip
from app.domain.fixes.offer import with_fixes
from app.domain.gauge import counted
from app.domain.merge import Conflict, same
from app.domain.planning import Draft, Prepared, prepare
from app.domain.position import following
from app.domain.property import PropertyDefinition
from app.domain.rules import REGISTRY, Answer, Violation

_ERRORS: Mapping[Answer, type[OmsError]] = {Answer.DEFINITION_TOO_LARGE: DefinitionTooLarge, Answer.UNSAFE_REGEX: UnsafeRegex}


@dataclass(frozen=True)
class Plan:
    """The outcome of a change set: changes in order, or every reason why there are none."""

    changes: tuple[Change, ...]
    refs: Mapping[str, str]
    violations: tuple[Violation, ...]
    conflicts: tuple[Conflict, ...]
    strict: bool
    heads: Mapping[str, Entity]
    read: frozenset[str]  # every rid that the plan looked at: it stays true until one of them changes

    def problem(self) -> OmsError | None:
        """What stands in the way, conflicts first, None when nothing does."""
        if self.conflicts:
            if not self.strict:
                return MergeConflict(self.conflicts)
            head = self.heads.get(self.conflicts[0].rid)
            return VersionConflict(self.conflicts, None if head is None or head.deleted else head)
        return self._broken() if self.violations else None

    def _broken(self) -> OmsError:
        """The answer that all broken rules have in common, else that of a validation."""
        answers = {REGISTRY[violation.rule].answer for violation in self.violations}
        if answers == {Answer.NAME_TAKEN}:
            return NameTaken(self.violations)
        if answers == {Answer.STILL_REFERENCED}:
            return StillReferenced(self.violations, tuple(dict.fromkeys(rid for violation in self.violations for rid in violation.by)))
        if len(answers) == 1 and (error := _ERRORS.get(next(iter(answers)))) is not None:
            first = self.violations[0]
            return error(first.message, rule=first.rule, rid=first.rid, path=first.path, value=first.value, bound=first.bound)
        return ValidationFailed(self.violations)

    def or_raise(self) -> Plan:
        """This plan, unless something stands in its way."""
        problem = self.problem()
        if problem is not None:
            raise problem
        return self


def plan(
    operations: Sequence[Operation],
    heads: Mapping[str, Entity],
    versions: Mapping[tuple[str, int], Entity],
    closure: Closure,
    names: Mapping[NameKey, str],
    *,
    strict: bool,
    origin: Origin = Origin.EDIT,
    resolutions: Collection[Resolution] = (),
) -> Plan:
    """Both halves at once, for callers that have everything at hand; the arguments are those of the halves."""
    prepared = prepare(operations, heads, versions, strict=strict, origin=origin, resolutions=resolutions)
    return judge(prepared, closure, names, strict=strict, origin=origin)


def judge(prepared: Prepared, closure: Closure, names: Mapping[NameKey, str], *, strict: bool, origin: Origin = Origin.EDIT) -> Plan:
    """Look at every touched entity in its neighbourhood.

    `closure` holds what the rules may look at, at the head; `names` who bears each wanted name there (rid by namespace
    and name). Nothing is judged while there are conflicts, since the outcome is not known.
    """
    read = frozenset((*(entity.rid for entity in closure), *prepared.drafts))
    if prepared.conflicts or prepared.violations:
        return Plan((), prepared.refs, tuple(prepared.violations), tuple(prepared.conflicts), strict, prepared.heads, read)
    after, deletion = _after(prepared, closure, owning=origin is not Origin.ROLLBACK)
    if overlooked := tuple(_overlooked(prepared, closure, deletion)):
        return Plan((), prepared.refs, (), overlooked, strict, prepared.heads, read)
    world = closure.overlaid(after)
    changes = tuple(_changes(after, prepared, closure))
    violations = [
        *deletion.violations(world),
        *_states(changes, closure, world, deletion),
        *_names(changes, names),
        *(() if origin is Origin.ROLLBACK else _steps(changes, world)),
    ]
    told = tuple(with_fixes(_once(violations), world))
    return Plan(() if told else changes, prepared.refs, told, (), strict, prepared.heads, read)


def _after(prepared: Prepared, closure: Closure, *, owning: bool) -> tuple[dict[str, Entity | None], Deletion]:
    """Every entity that the change set touches or takes along, as it leaves it."""
    after: dict[str, Entity | None] = {}
    gone: dict[str, bool] = {}
    for draft in prepared.drafts.values():
        if draft.dropped:
            continue
        if draft.ours is None:
            gone[draft.rid] = draft.cascade
        else:
            after[draft.rid] = _entity(draft)
    _place(after, closure)
    deletion = Deletion(gone, closure.overlaid(after), owning=owning)
    for rid, definition in deletion.detached.items():
        head = after.get(rid) or closure.get(rid)
        if head is not None:
            after[rid] = replace(head, definition=definition)
    after.update(dict.fromkeys(deletion.gone))
    return after, deletion


def _overlooked(prepared: Prepared, closure: Closure, deletion: Deletion) -> Iterator[Conflict]:
    """What a deletion would take along though others added or changed it after its author began."""
    since = prepared.since
    for rid in deletion.gone if since is not None and not prepared.strict else ():
        head = closure.get(rid) if rid not in prepared.drafts else None
        if head is not None and since is not None and head.revision > since and (rid, head.version) not in prepared.taken:
            sentence = f"{head.definition.api_name} would go too, and was added or changed there."
            theirs = head.definition.canonical()
            yield Conflict(rid, "", None, None, theirs, head.version, head.updated_by, head.updated_at, sentence)


def _entity(draft: Draft) -> Entity:
    if draft.ours is None:
        message = "a deleted draft has no entity"
        raise ValueError(message)
    head = draft.head
    if head is None or head.deleted:
        version = head.version + 1 if head else 1
        return Entity(
            draft.rid, version, draft.ours, created_at=head.created_at if head else None, created_by=head.created_by if head else ""
        )
    return replace(head, definition=draft.ours)


def _place(after: dict[str, Entity | None], closure: Closure) -> None:
    """Give new properties without a position the next ones after their siblings."""
    last: dict[str, str] = {}
    waiting: list[tuple[str, Entity, PropertyDefinition]] = []
    for rid, entity in after.items():
        definition = entity.definition if entity else None
        if entity is None or not isinstance(definition, PropertyDefinition):
            continue
        if definition.position:
            last[definition.object_type] = max(last.get(definition.object_type, ""), definition.position)
        else:
            waiting.append((rid, entity, definition))
    for owner in {definition.object_type for _, _, definition in waiting}:
        siblings = (sibling.definition for sibling in closure.referrers(owner, Edge.OWNER))
        positions = [sibling.position for sibling in siblings if isinstance(sibling, PropertyDefinition)]
        last[owner] = max((last.get(owner, ""), *positions))
    for rid, entity, definition in waiting:
        last[definition.object_type] = following(last[definition.object_type])
        after[rid] = replace(entity, definition=definition.model_copy(update={"position": last[definition.object_type]}))


def _changes(after: Mapping[str, Entity | None], prepared: Prepared, closure: Closure) -> Iterator[Change]:
    for rid, entity in after.items():
        draft = prepared.drafts.get(rid)
        before = (draft.head if draft is not None else None) or closure.get(rid)
        before = None if before is None or before.deleted else before
        if entity is None:
            if before is not None:
                yield Change(rid, before, None)
        elif before is None:
            yield Change(rid, None, entity)
        elif not same(before.definition, entity.definition):
            yield Change(rid, before, replace(entity, version=before.version + 1))


def _states(changes: Sequence[Change], closure: Closure, world: Closure, deletion: Deletion) -> Iterator[Violation]:
    touched = {change.rid for change in changes}
    for rid in counted((*touched, *(rid for rid in closure.settled if rid not in touched)) if touched else ()):
        entity = world.get(rid)
        if entity is None:
            continue
        found = (*common.violations(entity, world), *entity.definition.violations(rid, world))
        for violation in found:
            # A dangling reference is told once, of what is deleted.
            if violation.rule != EXISTS.id or violation.value not in deletion.gone:
                yield violation if violation.rid else replace(violation, rid=rid)


def _steps(changes: Sequence[Change], world: Closure) -> Iterator[Violation]:
    for change in changes:
        if change.before is None:
            continue
        found = list(common.step_violations(change.before, change.after))
        if change.after is not None:
            found.extend(change.after.definition.step_violations(change.before.definition, change.after, world))
        for violation in found:
            yield replace(violation, rid=change.rid)


def _names(changes: Sequence[Change], names: Mapping[NameKey, str]) -> Iterator[Violation]:
    """Who bears a name that another bears too, among what changes and what was there."""
    after: dict[NameKey, str] = {}
    leaving = {change.rid for change in changes}
    for change in changes:
        if change.after is None:
            continue
        for name in change.after.definition.names():
            holder = names.get(name.key)
            other = after.get(name.key)
            if other is not None:
                yield _taken(name, change.rid, other)
            elif holder is not None and holder not in leaving:
                yield _taken(name, change.rid, holder)
            after.setdefault(name.key, change.rid)


def _taken(name: Name, rid: str, holder: str) -> Violation:
    if name.namespace.startswith("iri:"):
        return IRI_UNIQUE.broken(name.path, f"The source IRI {name.text} is taken.", value=name.text, by=(holder,), rid=rid)
    sentence = f"The name {name.text} is {'given twice' if holder == rid else 'taken'}."
    return NAME_UNIQUE.broken(name.path, sentence, value=name.text, by=(holder,), rid=rid)


def _once(violations: Iterable[Violation]) -> Iterator[Violation]:
    seen: set[tuple[str, str, str, str]] = set()
    for violation in violations:
        mark = (violation.rule, violation.rid, violation.path, violation.message)
        if mark not in seen:
            seen.add(mark)
            yield violation


def wanted_names(prepared: Prepared) -> list[NameKey]:
    """The names that the touched entities would bear: what the loader looks up."""
    return list({name.key for draft in prepared.drafts.values() if draft.ours is not None for name in draft.ours.names()})
