"""What stands against a change set, what it would do, and who would feel it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry
from strawberry.scalars import JSON

from app.domain.definition import Edge as Reference
from resolvers.enums import Action, Kind
from resolvers.scalars import Rid
from resolvers.types import usage as _usage  # noqa: F401 - declares the enumeration of references
from resolvers.types.history import FieldChange

if TYPE_CHECKING:
    from app.domain import merge, rules
    from app.persistence import impact
    from app.services import settling


@strawberry.type(description="A rule that the outcome would break, and where.")
class Violation:
    rule: str = strawberry.field(description="The stable id of the rule, as the rule catalogue lists it.")
    rid: Rid | None = strawberry.field(description="The entity that would break it; null where it is about no single one.")
    path: str = strawberry.field(description="The field, such as `type.precision`; empty where it is about the whole entity.")
    value: JSON | None = strawberry.field(description="The value that is refused.")
    bound: JSON | None = strawberry.field(description="What the value may be at most, or must be.")
    message: str = strawberry.field(description="The same as a sentence for people.")
    by: list[Rid] = strawberry.field(description="The entities that stand in the way: who still refers, who bears the name.")
    ref: str | None = strawberry.field(
        description="Of a creation that a mutation brought: its ref, given or implied, since its rid was not stored.", default=None
    )

    @classmethod
    def of(cls, found: rules.Violation) -> Violation:
        """As GraphQL has it."""
        return cls(
            rule=found.rule, rid=Rid(found.rid) if found.rid else None, path=found.path, value=JSON(found.value), bound=JSON(found.bound),
            message=found.message, by=[Rid(rid) for rid in found.by],
        )  # fmt: skip


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


@strawberry.type(description="Every reason why a change set could not be merged now; without any it could.")
class Judgement:
    violations: list[Violation] = strawberry.field(description="The rules that the outcome would break, all of them.")
    conflicts: list[Conflict] = strawberry.field(description="Where it collides with what was merged since its authors looked.")
    mergeable: bool = strawberry.field(description="Whether there is no reason; a review may still be missing.")

    @classmethod
    def of(cls, found: settling.Judgement) -> Judgement:
        """As GraphQL has it."""
        return cls(
            violations=[Violation.of(each) for each in found.violations],
            conflicts=[Conflict.of(each) for each in found.conflicts],
            mergeable=not found.violations and not found.conflicts,
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
