"""What becomes searchable, and what cannot: the state of the sinks, conflated by entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.domain.errors import ListTooLong
from app.persistence import sinks
from resolvers.filters import CHOICES
from resolvers.paging import bounded
from resolvers.scalars import Rid
from resolvers.types.refs import EntityRef
from resolvers.types.sinks import IndexState, IndexStatus, statuses

if TYPE_CHECKING:
    from app.persistence.sinks import Progress
    from app.persistence.watch import Sight

MOST = 1_000
Changes = Annotated[int, strawberry.argument(description="At most so many, 1 to 1,000, what was merged last first.")]


@strawberry.input(description="Which entities.")
class IndexStatusFilter:
    rids: list[strawberry.ID] | None = strawberry.field(description="One of these, up to 100.", default=None)
    states: list[IndexState] | None = strawberry.field(description="In one of these states.", default=None)

    def check(self) -> None:
        """Refuse more than a statement should look for."""
        if self.rids is not None and len(self.rids) > CHOICES:
            raise ListTooLong(f"filter.rids holds at most {CHOICES} values, not {len(self.rids)}.", path="filter.rids")


@strawberry.type(description="The status of an entity, as it is when the event is told.")
class IndexStatusChange:
    rid: Rid = strawberry.field(description="The entity.")
    status: IndexStatus = strawberry.field(description="Its status in one sink.")

    @strawberry.field(description="The entity, as it is now; null where it was deleted meanwhile.")
    async def entity(self, info: strawberry.Info[Any]) -> EntityRef | None:
        from app.persistence.reads.selection import At
        from resolvers.types.entity import entity

        row = await info.context.loaders.anywhere.load(self.rid)
        return None if row is None else entity(row, At(row["ontology"], row["head_revision"], row["head_revision"], row["epoch"]))


@strawberry.type(
    description="What was merged can be searched now, waits for it, or cannot be. A state, not a log: of several changes of one entity "
    "the last is told, the first event has all that is not searchable yet, and there is no cursor."
)
class IndexStatusChanged:
    complete: bool = strawberry.field(description="Whether `changes` has everything that is PENDING or FAILED, whatever was told before.")
    ontology: strawberry.Private[str]
    sight: strawberry.Private[Any]
    wanted: strawberry.Private[IndexStatusFilter]

    @strawberry.field(description="What differs from the event before.")
    async def changes(self, info: strawberry.Info[Any], first: Changes = 100) -> list[IndexStatusChange]:
        limit, context, sight = bounded(first, MOST), info.context, self.sight
        before = sight.after._replace(refused=()) if sight.whole else sight.before
        rows = await sinks.differing(context.snapshot, self.ontology, before, sight.after, limit, self.wanted.rids)
        found = await context.loaders.index_statuses.load_many([row["rid"] for row in rows])
        told = [
            IndexStatusChange(rid=Rid(row["rid"]), status=status)
            for row, known in zip(rows, found, strict=True)
            for status in statuses(context.services.sinks, known or (), row["version"], row["revision"])
        ]
        return [each for each in told if self.wanted.states is None or each.status.state in self.wanted.states]

    @classmethod
    def of(cls, ontology: str, sight: Sight[Progress], wanted: IndexStatusFilter) -> IndexStatusChanged:
        """The event of a change of what the sinks have."""
        return cls(complete=sight.whole, ontology=ontology, sight=sight, wanted=wanted)
