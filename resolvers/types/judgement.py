"""What stands against a change set, what it would do, and who would feel it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

from app.domain.change_set import Verb
from app.domain.definition import Edge as Reference
from app.services import settling
from app.services.fixing import Mended
from resolvers.enums import Action, Kind
from resolvers.paging import bounded
from resolvers.scalars import Rid
from resolvers.types import usage as _usage  # noqa: F401 - declares the enumeration of references
from resolvers.types.history import FieldChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain import merge, rules
    from app.domain.change_set import Operation
    from app.persistence import impact

MOST_TOLD = 10_000  # violations, conflicts
TOLD = 1_000
MOST_BY = 1_000
Told = Annotated[int, strawberry.argument(description="At most so many, 1 to 10,000.")]


@strawberry.type(
    description="An operation that a fix proposes: its fields are those of `OperationInput`, so that it can be staged as it is."
)
class FixOperation:
    verb: Verb = strawberry.field(description="What it does.")
    kind: Kind = strawberry.field(description="The kind of the entity.")
    rid: str | None = strawberry.field(description="The entity, or `ref:NAME` of a creation; null for a creation.")
    ref: str | None = strawberry.field(description="Of a creation: the name by which the others refer to it.")
    expected_version: int | None = strawberry.field(description="The version that it is based on; null where the change set creates it.")
    cascade: bool = strawberry.field(description="Of a deletion: whether what depends on it goes too.")
    fields: JSON = strawberry.field(description="The words, in the form of the definition.")

    @classmethod
    def of(cls, found: Operation, refs: Mapping[str, str]) -> FixOperation:
        """As GraphQL has it; what was never stored is named by its ref."""
        return cls(
            verb=found.verb, kind=found.kind, rid=_referred(found.rid, refs) or None, ref=found.ref, expected_version=found.expected_version,
            cascade=found.cascade, fields=JSON(_referred(found.fields, refs)),
        )  # fmt: skip


def _referred(words: Any, refs: Mapping[str, str]) -> Any:
    if isinstance(words, dict):
        return {_referred(name, refs): _referred(value, refs) for name, value in words.items()}
    if isinstance(words, list):
        return [_referred(each, refs) for each in words]
    return f"ref:{refs[words]}" if isinstance(words, str) and words in refs else words


@strawberry.type(description="A rule that the outcome would break, and where.")
class Violation:
    rule: str = strawberry.field(description="The stable id of the rule, as the rule catalogue lists it.")
    rid: Rid | None = strawberry.field(description="The entity that would break it; null where it is about no single one.")
    path: str = strawberry.field(description="The field, such as `type.precision`; empty where it is about the whole entity.")
    value: JSON | None = strawberry.field(description="The value that is refused.")
    bound: JSON | None = strawberry.field(description="What the value may be at most, or must be.")
    message: str = strawberry.field(description="The same as a sentence for people.")
    by: list[Rid] = strawberry.field(
        description="The entities that stand in the way: who still refers, who bears the name; up to 1,000 of them."
    )
    fix: list[FixOperation] | None = strawberry.field(
        description="What would mend it without breaking another rule: operations to stage after those that broke it, as they are or by "
        "`applyFixes`. Null where only its author can know."
    )
    ref: str | None = strawberry.field(
        description="Of a creation that a mutation brought: its ref, given or implied, since its rid was not stored.", default=None
    )

    @classmethod
    def of(cls, found: rules.Violation, refs: Mapping[str, str] | None = None) -> Violation:
        """As GraphQL has it; `refs` are those of creations that were not stored, by their rids."""
        lost = refs is not None and any(_of_nothing(each, refs) for each in found.fix)
        return cls(
            rule=found.rule, rid=Rid(found.rid) if found.rid else None, path=found.path, value=JSON(found.value), bound=JSON(found.bound),
            message=found.message, by=[Rid(rid) for rid in found.by[:MOST_BY]],
            fix=[FixOperation.of(each, refs or {}) for each in found.fix] if found.fix and not lost else None,
        )  # fmt: skip


def _of_nothing(operation: Operation, refs: Mapping[str, str]) -> bool:
    """Whether it is about a creation that was not stored and has no ref."""
    return operation.verb is not Verb.CREATE and operation.expected_version is None and operation.rid not in refs


@strawberry.type(description="A field that both sides changed, or a break between what two change sets did to different entities.")
class Conflict:
    rid: Rid = strawberry.field(description="The entity.")
    path: str = strawberry.field(description="The field; empty where it is about the whole entity.")
    base: JSON | None = strawberry.field(description="What it was when the author looked.")
    ours: JSON | None = strawberry.field(description="What the change set says.")
    theirs: JSON | None = strawberry.field(description="What was merged in the meantime.")
    theirs_version: int = strawberry.field(description="The version of theirs; a resolution names it, and lapses when it moves.")
    theirs_by: str = strawberry.field(description="The id of who merged theirs.")
    theirs_at: datetime | None = strawberry.field(description="When theirs was merged.")
    rule: str | None = strawberry.field(description="The rule that both together would break; null where a field is in conflict.")
    message: str = strawberry.field(description="The same as a sentence for people.")

    @classmethod
    def of(cls, found: merge.Conflict) -> Conflict:
        """As GraphQL has it."""
        return cls(
            rid=Rid(found.rid), path=found.path, base=JSON(found.base), ours=JSON(found.ours), theirs=JSON(found.theirs),
            theirs_version=found.theirs_version, theirs_by=found.theirs_by, theirs_at=found.theirs_at,
            rule=found.rule, message=found.message,
        )  # fmt: skip


def conflicts(found: Sequence[merge.Conflict], first: int) -> list[Conflict]:
    """The first conflicts as GraphQL has them."""
    return [Conflict.of(each) for each in found[: bounded(first, MOST_TOLD)]]


@strawberry.type(description="Every reason why a change set could not be merged now; without any it could.")
class Judgement:
    mergeable: bool = strawberry.field(description="Whether there is no reason; a review may still be missing.")
    violation_count: int = strawberry.field(description="How many rules would be broken, and in how many places, in all.")
    conflict_count: int = strawberry.field(description="How many conflicts there are in all.")
    found: strawberry.Private[settling.Judgement | Mended]

    @strawberry.field(description="The rules that the outcome would break, all of them.")
    def violations(self, first: Told = TOLD) -> list[Violation]:
        return [Violation.of(each) for each in self.found.violations[: bounded(first, MOST_TOLD)]]

    @strawberry.field(description="Where it collides with what was merged since its authors looked.")
    def conflicts(self, first: Told = TOLD) -> list[Conflict]:
        return conflicts(self.found.conflicts, first)

    @classmethod
    def of(cls, found: settling.Judgement | Mended) -> Judgement:
        """As GraphQL has it."""
        return cls(
            mergeable=not found.violations and not found.conflicts,
            violation_count=len(found.violations),
            conflict_count=len(found.conflicts),
            found=found,
        )


@strawberry.type(description="What a change set does to one entity, against the version that its author looked at.")
class EntityDiff:
    rid: Rid = strawberry.field(description="The entity.")
    kind: Kind = strawberry.field(description="Which kind of entity it is.")
    api_name: str = strawberry.field(description="Its apiName as the change set leaves it, or as it was where it is deleted.")
    action: Action = strawberry.field(description="What happens to it.")
    fields: list[FieldChange] = strawberry.field(description="The fields that differ, by path.")

    @classmethod
    def of(cls, found: settling.EntityDiff) -> EntityDiff:
        """As GraphQL has it."""
        fields = [FieldChange(path=each.path, before=each.before, after=each.after) for each in found.fields]
        return cls(rid=Rid(found.rid), kind=found.kind, api_name=found.api_name, action=found.action, fields=fields)


@strawberry.type(description="An entity that depends on what a change set touches, and why.")
class Impact:
    rid: Rid = strawberry.field(description="The entity that depends.")
    kind: Kind = strawberry.field(description="Which kind of entity it is.")
    api_name: str = strawberry.field(description="Its apiName.")
    display_name: str = strawberry.field(description="Its display name.")
    on: Rid = strawberry.field(description="What it refers to: an entity that is touched, or one that depends on it in turn.")
    edge: Reference = strawberry.field(description="In which way it refers.")
    path: str = strawberry.field(description="Where the reference stands in its definition.")
    depth: int = strawberry.field(description="How many steps it is away from what is touched.")

    @classmethod
    def of(cls, found: impact.Impact) -> Impact:
        """As GraphQL has it."""
        return cls(
            rid=Rid(found.rid), kind=found.kind, api_name=found.api_name, display_name=found.display_name, on=Rid(found.on),
            edge=Reference(found.edge), path=found.path, depth=found.depth,
        )  # fmt: skip
