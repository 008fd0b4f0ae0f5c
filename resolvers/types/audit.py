"""The audit log, as clients read it: who did what, when, by which request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.scalars import JSON

from resolvers.scalars import BigInt, Revision, Rid

if TYPE_CHECKING:
    from asyncpg import Record

    from app.persistence.reads.selection import At


@strawberry.type(description="One mutation of one thing: an entity, a change set or an ontology.")
class AuditEntry:
    number: BigInt = strawberry.field(description="Its place in the log; later entries have greater ones.")
    at: datetime = strawberry.field(description="When it was committed.")
    actor: str = strawberry.field(description="The id of who did it.")
    actor_name: str = strawberry.field(description="The name of who did it, as it was then.")
    action: str = strawberry.field(description="What was done, such as `created`, `staged` or `merged`.")
    entity: str = strawberry.field(description="To what: a kind such as `object_type`, `change_set` or `ontology`.")
    rid: Rid = strawberry.field(description="To which one.")
    change_set: Rid | None = strawberry.field(description="The change set that it was part of.")
    revision: Revision | None = strawberry.field(description="The revision that it was part of; null for what is not merged.")
    before_version: int | None = strawberry.field(description="The version that it found; null where there was none.")
    after_version: int | None = strawberry.field(description="The version that it made.")
    request_id: str = strawberry.field(description="The id of the request that did it; empty where there was none.")
    detail: JSON | None = strawberry.field(description="What else is known of it.")

    @strawberry.field(description="The definition as it was found; null where there was none, and for what is not an entity.")
    async def before(self, info: strawberry.Info[Any]) -> JSON | None:
        return await _definition(info, self.rid, self.before_version)

    @strawberry.field(description="The definition as it was left; null where it was deleted, and for what is not an entity.")
    async def after(self, info: strawberry.Info[Any]) -> JSON | None:
        return await _definition(info, self.rid, self.after_version)


async def _definition(info: strawberry.Info[Any], rid: str, version: int | None) -> JSON | None:
    if version is None:
        return None
    row: Record | None = await info.context.loaders.versions.load((rid, version))
    return None if row is None or row["deleted"] else row["definition"]


_LEAVES = (
    "at", "actor", "actor_name", "action", "entity", "rid", "change_set", "revision", "before_version", "after_version",
    "request_id", "detail",
)  # fmt: skip


def audit_entry(record: Mapping[str, Any], _: At | None = None) -> AuditEntry:
    """A row of the audit log."""
    made = object.__new__(AuditEntry)
    made.__dict__.update({name: record[name] for name in _LEAVES}, number=record["id"])
    return made
