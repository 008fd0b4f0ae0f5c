"""A whole ontology in memory: plans against all of it, and becomes what a plan makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from app.domain.change_set import Operation, Origin, Resolution, Verb
from app.domain.closure import Closure
from app.domain.definition import NameKey
from app.domain.entity import Change, Entity
from app.domain.plan import Plan, plan
from app.domain.rid import mint


@dataclass(frozen=True)
class World:
    """Every version of every entity; the newest one of each is its head."""

    versions: dict[tuple[str, int], Entity]
    heads: dict[str, Entity]
    refs: dict[str, str]

    @classmethod
    def empty(cls) -> World:
        return cls({}, {}, {})

    @property
    def alive(self) -> list[Entity]:
        return [entity for entity in self.heads.values() if not entity.deleted]

    @property
    def words(self) -> dict[str, dict[str, Any]]:
        """What it says, apart from versions, times and people."""
        return {entity.rid: entity.definition.canonical() for entity in self.alive}

    @property
    def names(self) -> dict[NameKey, str]:
        return {name.key: entity.rid for entity in self.alive for name in entity.definition.names()}

    def plan(
        self, operations: Iterable[Operation], *, strict: bool = True, origin: Origin = Origin.EDIT, resolutions: Iterable[Resolution] = ()
    ) -> Plan:
        """What the operations would make of it; `ref:NAME` of earlier steps stand for their rids."""
        settled = [self._settled(each) for each in operations]
        return plan(
            settled, self.heads, self.versions, Closure(self.alive), self.names, strict=strict, origin=origin, resolutions=resolutions
        )

    def after(self, operations: Iterable[Operation], **how: Any) -> World:
        """The world once the operations are merged; raises what stands in their way."""
        return self.became(self.plan(operations, **how).or_raise())

    def became(self, made: Plan) -> World:
        heads, versions = dict(self.heads), dict(self.versions)
        for change in made.changes:
            entity = _stored(change)
            heads[change.rid] = versions[change.rid, entity.version] = entity
        return World(versions, heads, {**self.refs, **made.refs})

    def _settled(self, operation: Operation) -> Operation:
        rid = self.refs.get(operation.rid.removeprefix("ref:"), operation.rid) if operation.rid.startswith("ref:") else operation.rid
        if operation.verb is Verb.CREATE and not rid:
            rid = mint(operation.kind)
        return replace(operation, rid=rid, fields=_resolved(operation.fields, self.refs))


def _stored(change: Change) -> Entity:
    if change.after is not None:
        return change.after
    assert change.before is not None
    return replace(change.before, version=change.before.version + 1, deleted=True)


def _resolved(words: Any, refs: dict[str, str]) -> Any:
    if isinstance(words, dict):
        return {_resolved(key, refs): _resolved(value, refs) for key, value in words.items()}
    if isinstance(words, (list, tuple)):
        return [_resolved(each, refs) for each in words]
    if isinstance(words, str) and words.startswith("ref:"):
        return refs.get(words.removeprefix("ref:"), words)
    return words
