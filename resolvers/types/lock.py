"""Edit locks, as clients see them; a token is told to nobody but its holder."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry

from app.persistence.reads.selection import At
from resolvers.scalars import Rid
from resolvers.types.refs import EntityRef

if TYPE_CHECKING:
    from asyncpg import Record

    from app.domain.lease import Lease


@strawberry.type(
    description="Somebody is editing an entity: until the lock lapses, others can neither stage nor merge what touches it (LOCKED)."
)
class EditLock:
    rid: Rid = strawberry.field(description="The entity.")
    holder: str = strawberry.field(description="The id of who holds it.")
    holder_name: str = strawberry.field(description="The name of who holds it.")
    acquired_at: datetime = strawberry.field(description="Since when.")
    until: datetime = strawberry.field(description="When it lapses, unless its holder renews it; by the clock of the database.")

    @classmethod
    def of(cls, lease: Lease) -> EditLock:
        """A lease as the schema has it."""
        return cls(rid=Rid(lease.rid), holder=lease.holder, holder_name=lease.holder_name, acquired_at=lease.acquired_at, until=lease.until)

    @strawberry.field(description="The entity, as it is now; null where its holder has deleted it.")
    async def entity(self, info: strawberry.Info[Any]) -> EntityRef | None:
        from resolvers.types.entity import entity

        record = await info.context.loaders.anywhere.load(self.rid)
        return (
            None
            if record is None
            else entity(record, At(record["ontology"], record["head_revision"], record["head_revision"], record["epoch"]))
        )


def lock(record: Record, _: At | None) -> EditLock:
    """A row of the list of locks."""
    return EditLock(
        rid=Rid(record["rid"]), holder=record["holder"], holder_name=record["holder_name"], acquired_at=record["acquired_at"],
        until=record["until"],
    )  # fmt: skip
