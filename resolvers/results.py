"""What a form must react to, as data: typed problems beside the success of a mutation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.domain import errors, merge, rules
from app.persistence.reads.selection import At
from resolvers.paging import bounded
from resolvers.types.change_set import change_set
from resolvers.types.entity import Entity, entity, entity_of
from resolvers.types.judgement import MOST_TOLD, TOLD, Conflict, Told, Violation, conflicts
from resolvers.types.refs import ChangeSetRef

if TYPE_CHECKING:
    from resolvers.context import Context

MOST = 100  # entities of one list
First = Annotated[int, strawberry.argument(description="At most so many, 1 to 100.")]


@dataclass(frozen=True, slots=True)
class Broken:
    """Broken rules, and the refs of the creations that they are about, by rid."""

    violations: Sequence[rules.Violation]
    refs: Mapping[str, str]

    def told(self, first: int) -> list[Violation]:
        """As the schema has them, each with the ref of its creation."""
        told = [Violation.of(each, self.refs) for each in self.violations[: bounded(first, MOST_TOLD)]]
        for each in told:
            each.ref = self.refs.get(each.rid or "")
        return told


@strawberry.interface(description="A problem that a form reacts to: data, not an entry of `errors`. Nothing was stored.")
class Error:
    code: str = strawberry.field(description="A stable code; docs/errors.md lists all of them.")
    message: str = strawberry.field(description="A sentence for people.")
    path: str | None = strawberry.field(description="The field that the problem is about, where it is about one.")


@strawberry.type(description="The outcome would break rules; all of them are listed.")
class ValidationFailed(Error):
    found: strawberry.Private[Broken]

    @strawberry.field(description="Every rule that the outcome would break.")
    def violations(self, first: Told = TOLD) -> list[Violation]:
        return self.found.told(first)

    @strawberry.field(description="How many violations there are in all.")
    def violation_count(self) -> int:
        return len(self.found.violations)


@strawberry.type(description="What the author looked at has changed in the meantime: read it again.")
class VersionConflict(Error):
    current: Entity | None = strawberry.field(description="The entity as it is now; null where it was deleted, or is no entity.")
    found: strawberry.Private[Sequence[merge.Conflict]]

    @strawberry.field(description="Each version or field that differs.")
    def conflicts(self, first: Told = TOLD) -> list[Conflict]:
        return conflicts(self.found, first)

    @strawberry.field(description="How many conflicts there are in all.")
    def conflict_count(self) -> int:
        return len(self.found)


@strawberry.type(description="Both sides changed the same fields: merge again with resolutions.")
class MergeConflict(Error):
    found: strawberry.Private[Sequence[merge.Conflict]]

    @strawberry.field(description="Each field that both sides changed.")
    def conflicts(self, first: Told = TOLD) -> list[Conflict]:
        return conflicts(self.found, first)

    @strawberry.field(description="How many conflicts there are in all.")
    def conflict_count(self) -> int:
        return len(self.found)


@strawberry.type(description="Names that others bear already.")
class NameTaken(Error):
    found: strawberry.Private[Broken]
    rids: strawberry.Private[Sequence[str]]

    @strawberry.field(description="Each name that is taken; `by` holds who bears it.")
    def violations(self, first: Told = TOLD) -> list[Violation]:
        return self.found.told(first)

    @strawberry.field(description="Who bears the names; one that the same change set creates is not listed.")
    async def by(self, info: strawberry.Info[Any], first: First = 10) -> list[Entity]:
        return await _present(info, self.rids, first)


@strawberry.type(description="Others still refer to what would be deleted; `cascade` takes them along.")
class StillReferenced(Error):
    found: strawberry.Private[Broken]
    rids: strawberry.Private[Sequence[str]]

    @strawberry.field(description="Each reference that is left.")
    def violations(self, first: Told = TOLD) -> list[Violation]:
        return self.found.told(first)

    @strawberry.field(description="Who refers to what would be deleted.")
    async def by(self, info: strawberry.Info[Any], first: First = 10) -> list[Entity]:
        return await _present(info, self.rids, first)

    @strawberry.field(description="How many refer to it in all.")
    def by_count(self) -> int:
        return len(self.rids)


@strawberry.type(description="Later change sets build on the one to roll back: roll these back first, the newest of them first.")
class RollbackBlocked(Error):
    rids: strawberry.Private[Sequence[str]]

    @strawberry.field(description="The smallest set of change sets that stand in the way, the oldest first.")
    async def blockers(self, info: strawberry.Info[Any], first: First = 10) -> list[ChangeSetRef]:
        records = await info.context.loaders.change_sets.load_many(list(self.rids[: bounded(first, MOST)]))
        return [change_set(record) for record in records if record is not None]


async def _present(info: strawberry.Info[Any], rids: Sequence[str], first: int) -> list[Entity]:
    records = await info.context.loaders.anywhere.load_many(list(rids[: bounded(first, MOST)]))
    return [
        entity(record, At(record["ontology"], record["head_revision"], record["head_revision"], record["epoch"]))
        for record in records
        if record is not None
    ]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a problem is told with: refs of creations by their rids, and where a present entity is read."""

    refs: Mapping[str, str] = field(default_factory=dict)
    at: At | None = None

    def problem(self, error: errors.Problem) -> Error:
        """The problem as the schema has it."""
        match error:
            case errors.ValidationFailed():
                return ValidationFailed(found=Broken(error.violations, self.refs), **_said(error, error.violations))
            case errors.VersionConflict():
                current = (
                    None if error.current is None or self.at is None else entity_of(error.current, self.at.back(error.current.revision))
                )
                return VersionConflict(found=error.conflicts, current=current, **_said(error, error.conflicts))
            case errors.MergeConflict():
                return MergeConflict(found=error.conflicts, **_said(error, error.conflicts))
            case errors.NameTaken():
                rids = tuple(dict.fromkeys(rid for each in error.violations for rid in each.by))
                return NameTaken(found=Broken(error.violations, self.refs), rids=rids, **_said(error, error.violations))
            case errors.StillReferenced():
                return StillReferenced(found=Broken(error.violations, self.refs), rids=error.by, **_said(error, error.violations))
            case errors.RollbackBlocked():
                return RollbackBlocked(rids=error.blockers, **_said(error, ()))
            case _:
                raise error


def _said(error: errors.Problem, about: Sequence[rules.Violation | merge.Conflict]) -> dict[str, Any]:
    return {"code": error.code.value, "message": error.message, "path": about[0].path if len(about) == 1 else None}


def note_status(context: Context, error: errors.OmsError) -> None:
    """What a REST face would answer; of several problems the first counts."""
    if context.http_status is None:
        context.http_status = error.status
