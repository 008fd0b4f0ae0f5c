"""A whole ontology in memory with its log: plans against all of it, and becomes what a plan makes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

from app.domain import common
from app.domain.change_set import Choice, Operation, Origin, Resolution, Verb
from app.domain.closure import Closure
from app.domain.definition import Definition, NameKey
from app.domain.entity import Change, Entity
from app.domain.kind import Kind
from app.domain.merge import Merging, difference
from app.domain.plan import Plan, plan
from app.domain.rid import mint
from app.domain.rollback import blocking, inverse, suspects
from app.domain.rules import Violation
from app.domain.value import Distinct


class CannotReplay(Exception):
    """A recorded change builds on one that is left out."""


@dataclass(frozen=True)
class World:
    """Every version of every entity, the newest one of each as its head, and the changes of each revision."""

    versions: dict[tuple[str, int], Entity] = field(default_factory=dict)
    heads: dict[str, Entity] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    log: tuple[tuple[Change, ...], ...] = ()
    undone: frozenset[int] = frozenset()  # revisions that were rolled back
    numbers: Iterator[int] = field(default_factory=count, compare=False)  # of the rids, which are the same whenever the same is drawn

    def __repr__(self) -> str:
        return "\n".join(f"{number}: {'; '.join(map(_told, changes))}" for number, changes in enumerate(self.log, start=1))

    @classmethod
    def empty(cls) -> World:
        return cls()

    @property
    def revision(self) -> int:
        return len(self.log)

    @property
    def alive(self) -> list[Entity]:
        return [entity for entity in self.heads.values() if not entity.deleted]

    @property
    def words(self) -> dict[str, Any]:
        """What it says, apart from versions, times and people; a set has no order."""
        return words({entity.rid: entity.definition for entity in self.alive})

    @property
    def names(self) -> dict[NameKey, str]:
        return {name.key: entity.rid for entity in self.alive for name in entity.definition.names()}

    def plan(
        self, operations: Iterable[Operation], *, strict: bool = True, origin: Origin = Origin.EDIT, resolutions: Iterable[Resolution] = ()
    ) -> Plan:
        """What the operations would make of it; `ref:NAME` of earlier steps stand for their rids."""
        settled = [self.settled(each) for each in operations]
        return plan(
            settled, self.heads, self.versions, Closure(self.alive), self.names, strict=strict, origin=origin, resolutions=resolutions
        )

    def after(self, operations: Iterable[Operation], **how: Any) -> World:
        """The world once the operations are merged; raises what stands in their way."""
        return self.became(self.plan(operations, **how).or_raise())

    def became(self, made: Plan) -> World:
        heads, versions = dict(self.heads), dict(self.versions)
        changes = []
        for change in made.changes:
            entity = replace(_stored(change), revision=self.revision + 1)
            heads[change.rid] = versions[change.rid, entity.version] = entity
            changes.append(Change(change.rid, change.before, None if entity.deleted else entity))
        return World(versions, heads, {**self.refs, **made.refs}, (*self.log, tuple(changes)), self.undone, self.numbers)

    def settled(self, operation: Operation) -> Operation:
        """The operation as it is staged: a creation with its rid, `ref:NAME` of earlier ones resolved."""
        rid = self.refs.get(operation.rid.removeprefix("ref:"), operation.rid) if operation.rid.startswith("ref:") else operation.rid
        if operation.verb is Verb.CREATE and not rid:
            rid = self.minted(operation.kind)
        return replace(operation, rid=rid, fields=_resolved(operation.fields, self.refs))

    def minted(self, kind: Kind) -> str:
        """A rid that looks as random as any, so that order by rid is no order of creation."""
        prefix = mint(kind).rpartition(".")[0]
        return f"{prefix}.{Random(next(self.numbers)).getrandbits(128):032x}"

    def rollback(self, revision: int, resolutions: Iterable[Resolution] = ()) -> Plan:
        """The plan that undoes a revision."""
        return self.plan(inverse(self.log[revision - 1]), strict=False, origin=Origin.ROLLBACK, resolutions=resolutions)

    def blockers(self, revision: int) -> set[int]:
        """The revisions that a refused rollback names."""
        plans = [self.rollback(revision)]
        if plans[0].conflicts:
            answers = [Resolution(each.rid, each.path, Choice.OURS, each.theirs_version) for each in plans[0].conflicts]
            plans.append(self.rollback(revision, answers))
        histories = {rid: self.history(rid, revision) for made in plans for rid in suspects(made)}
        return {found for made in plans for found in blocking(made, self.log[revision - 1], histories, revision)}

    def history(self, rid: str, revision: int) -> list[Entity]:
        """The version that was current at the revision, and all after it."""
        versions = [entity for (of, _), entity in sorted(self.versions.items()) if of == rid]
        then = max((entity.version for entity in versions if entity.revision <= revision), default=0)
        return [entity for entity in versions if entity.version >= then]

    def violations(self) -> list[Violation]:
        """Every STATE rule that it breaks as it stands."""
        closure = Closure(self.alive)
        return [
            violation
            for entity in self.alive
            for violation in (*common.violations(entity, closure), *entity.definition.violations(entity.rid, closure))
        ]

    def replayed(self, without: Collection[int] = ()) -> World:
        """The world that the recorded changes make, one revision after the other, but for some of them."""
        made = World(refs=self.refs)
        for revision, changes in enumerate(self.log, start=1):
            if revision not in without:
                for change in changes:
                    if (entity := self._again(change, made)) is not None:
                        made.heads[change.rid] = made.versions[change.rid, entity.version] = replace(entity, revision=revision)
            made = replace(made, log=(*made.log, () if revision in without else changes))
        return made

    def _again(self, change: Change, made: World) -> Entity | None:
        """The change once more, on what its entity is without what was left out; None where nobody will see it."""
        wanted, head = _stored(change), made.heads.get(change.rid)
        before = self.versions.get((change.rid, wanted.version - 1))
        if before is None:
            return wanted
        if head is None or head.deleted is not before.deleted:
            if self.heads[change.rid].deleted:
                return None
            raise CannotReplay(change.rid)
        merging = Merging()
        merged = merging.merge(before.definition, head.definition, wanted.definition)
        if merging.conflicts:
            raise CannotReplay(merging.conflicts[0][0])
        return replace(wanted, definition=merged)


def words(definitions: Mapping[str, Definition]) -> dict[str, Any]:
    """Definitions as JSON in which sets are sorted."""
    return {rid: _unordered(definition).canonical() for rid, definition in definitions.items()}


def _unordered(definition: Definition) -> Definition:
    update = {}
    for name, info in type(definition).model_fields.items():
        if any(isinstance(mark, Distinct) for mark in info.metadata):
            update[name] = tuple(sorted(getattr(definition, name), key=repr))
    return definition.model_copy(update=update)


def _stored(change: Change) -> Entity:
    if change.after is not None:
        return change.after
    assert change.before is not None
    return replace(change.before, version=change.before.version + 1, deleted=True)


def _told(change: Change) -> str:
    present = change.after or change.before
    assert present is not None
    moved = difference(change.before.definition, change.after.definition) if change.before and change.after else {}
    fields = [f"{path}={new}" for path, (_, new) in moved.items()]
    return " ".join([change.action.value, present.kind.words, present.definition.api_name, *fields])


def _resolved(given: Any, refs: dict[str, str]) -> Any:
    if isinstance(given, dict):
        return {_resolved(key, refs): _resolved(value, refs) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_resolved(each, refs) for each in given]
    if isinstance(given, str) and given.startswith("ref:"):
        return refs.get(given.removeprefix("ref:"), given)
    return given
