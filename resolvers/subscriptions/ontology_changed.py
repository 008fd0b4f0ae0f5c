"""One event for each revision of an ontology."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry

from app.persistence.reads import history
from app.persistence.reads.selection import Order
from resolvers.paging import After, Connection, First, List, Paging, connection
from resolvers.scalars import BigInt, Revision
from resolvers.types.history import EntityChange, KindCounts, change, counts
from resolvers.types.refs import ChangeSetRef, OntologyRef

if TYPE_CHECKING:
    from app.persistence.log import Entry
    from app.persistence.reads.selection import At


@strawberry.type(
    description="A revision of an ontology: one merge, whatever its size. It is committed, so whoever reads now sees it. "
    "To miss nothing: read a revision, read the data, then subscribe after that revision."
)
class OntologyChanged:
    revision: Revision = strawberry.field(description="The revision that the merge made; each is one more than the one before.")
    epoch: BigInt = strawberry.field(description="Grows when the database is restored from a backup; cursors of another epoch expire.")
    cursor: str = strawberry.field(description="Where to go on after this event: `after` of the next subscription. Epoch and revision.")
    at: datetime = strawberry.field(description="When it was merged.")
    actor: str = strawberry.field(description="The id of who merged it.")
    actor_name: str = strawberry.field(description="The name of who merged it.")
    counts: list[KindCounts] = strawberry.field(description="How many entities of which kinds it changed.")
    entry: strawberry.Private[Any]

    @classmethod
    def of(cls, entry: Entry) -> OntologyChanged:
        """The event of an entry of the merge log."""
        return cls(
            revision=Revision(entry.position),
            epoch=BigInt(entry.epoch),
            cursor=str(entry.cursor),
            at=entry.at,
            actor=entry.actor,
            actor_name=entry.actor_name,
            counts=[counts(kind, actions) for kind, actions in sorted((entry.counts or {}).items())],
            entry=entry,
        )

    @strawberry.field(description="The ontology, as of this revision.")
    async def ontology(self, info: strawberry.Info[Any]) -> OntologyRef:
        from resolvers.types.ontology import ontology

        row, head = await info.context.ontology_of(self.entry.ontology)
        return ontology(row, head.back(self.entry.position))

    @strawberry.field(description="The change set that was merged, as it is now.")
    async def change_set(self, info: strawberry.Info[Any]) -> ChangeSetRef:
        from resolvers.types.change_set import change_set_with

        return await change_set_with(info, self.entry.change_set)

    @strawberry.field(description="What it changed, in the order of its operations; every entity as of this revision.")
    async def changes(self, info: strawberry.Info[Any], first: First = None, after: After = None) -> Connection[EntityChange]:
        _, head = await info.context.ontology_of(self.entry.ontology)
        at: At = head.back(self.entry.position)
        changes = List(history.OF_REVISION, f"{self.entry.ontology}/{self.entry.position}", at, Order.POSITION)
        return await connection(info, changes, Paging(first, after), change)
