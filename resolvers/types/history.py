"""What merges did: each merge with its changes, each change with what it found and left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.scalars import JSON

from app.domain.merge import difference
from app.persistence.mapping import definition_of
from app.persistence.reads import history
from app.persistence.reads.selection import Order
from resolvers.arguments import ChangesWhere
from resolvers.enums import Action, Kind
from resolvers.filters import where
from resolvers.paging import After, Before, Connection, First, Last, List, Paging, connection
from resolvers.scalars import Revision, Rid
from resolvers.types.entity import Entity, entity
from resolvers.types.refs import ChangeSetRef, OntologyRef

if TYPE_CHECKING:
    from asyncpg import Record

    from app.persistence.reads.selection import At


@strawberry.type(description="One field of a definition that differs.")
class FieldChange:
    path: str = strawberry.field(description="Which field, such as `displayName` or `properties[name].required`.")
    before: JSON | None = strawberry.field(description="What it was; null where it was not there.")
    after: JSON | None = strawberry.field(description="What it became; null where it is not there.")


@strawberry.type(description="How many entities of one kind a merge changed.")
class KindCounts:
    kind: Kind = strawberry.field(description="The kind.")
    created: int = strawberry.field(description="How many came into being, or back.")
    updated: int = strawberry.field(description="How many got a new version.")
    deleted: int = strawberry.field(description="How many are gone.")


@strawberry.type(description="The step of one entity in one revision.")
class EntityChange:
    rid: Rid = strawberry.field(description="Of which entity.")
    kind: Kind = strawberry.field(description="Which kind of entity it is.")
    action: Action = strawberry.field(description="What happened to it.")
    version: int = strawberry.field(description="The version that the change made; a deletion makes one too.")
    revision: Revision = strawberry.field(description="The revision that the change is part of.")
    at: datetime = strawberry.field(description="When it was merged.")
    actor: str = strawberry.field(description="The id of who merged it.")
    actor_name: str = strawberry.field(description="The name of who merged it, as it was then.")
    request_id: str = strawberry.field(description="The id of the request that merged it; empty where there was none.")
    _at: strawberry.Private[Any]
    _change_set: strawberry.Private[str]

    @strawberry.field(description="The entity as the change left it; null where it was deleted.")
    async def entity(self, info: strawberry.Info[Any]) -> Entity | None:
        row = await info.context.loaders.versions.load((self.rid, self.version))
        return None if row is None or row["deleted"] else entity(row, self._at)

    @strawberry.field(description="The entity as the change found it; null where it was not there.")
    async def before(self, info: strawberry.Info[Any]) -> Entity | None:
        row = await self._found(info)
        return None if row is None else entity(row, self._at.back(self._at.revision - 1))

    @strawberry.field(description="The fields that differ, by path; all of them where the entity was created or deleted.")
    async def fields(self, info: strawberry.Info[Any]) -> list[FieldChange]:
        row = await info.context.loaders.versions.load((self.rid, self.version))
        found = await self._found(info)
        left = None if row is None or row["deleted"] else row
        old, new = (None if each is None else definition_of(each["kind"], each["definition"]) for each in (found, left))
        return [FieldChange(path=path, before=one, after=other) for path, (one, other) in difference(old, new).items()]

    @strawberry.field(description="The change set that was merged.")
    async def change_set(self, info: strawberry.Info[Any]) -> ChangeSetRef:
        from resolvers.types.change_set import change_set_with

        return await change_set_with(info, self._change_set)

    async def _found(self, info: strawberry.Info[Any]) -> Record | None:
        if self.version == 1:
            return None
        row: Record | None = await info.context.loaders.versions.load((self.rid, self.version - 1))
        return None if row is None or row["deleted"] else row


def change(record: Mapping[str, Any], at: At | None) -> EntityChange:
    """A row of the log; what it left is read as of its own revision."""
    made = object.__new__(EntityChange)
    made.__dict__.update(
        rid=record["rid"], kind=record["kind"], action=record["action"], version=record["version"], revision=record["revision"],
        at=record["at"], actor=record["actor"], actor_name=record["actor_name"], request_id=record["request_id"],
        _at=at.back(record["revision"]) if at else None, _change_set=record["change_set"],
    )  # fmt: skip
    return made


@strawberry.type(description="One merge: a change set that became a revision.")
class MergedRevision:
    revision: Revision = strawberry.field(description="Its number: one more than that of the merge before.")
    at: datetime = strawberry.field(description="When it was merged; strictly later than the one before.")
    actor: str = strawberry.field(description="The id of who merged it.")
    actor_name: str = strawberry.field(description="The name of who merged it, as it was then.")
    counts: list[KindCounts] = strawberry.field(description="How many entities of which kinds it changed.")
    cursor: str = strawberry.field(description="Epoch and revision, such as `1.42`: what `minRevision` and `ontologyChanged(after:)` take.")
    _at: strawberry.Private[Any]
    _change_set: strawberry.Private[str]

    @strawberry.field(description="The ontology, as of this revision.")
    async def ontology(self, info: strawberry.Info[Any]) -> OntologyRef:
        from resolvers.types.ontology import ontology

        row, _ = await info.context.ontology_of(self._at.ontology)
        return ontology(row, self._at)

    @strawberry.field(description="The change set that was merged.")
    async def change_set(self, info: strawberry.Info[Any]) -> ChangeSetRef:
        from resolvers.types.change_set import change_set_with

        return await change_set_with(info, self._change_set)

    @strawberry.field(description="What it changed, in the order of the log.")
    def changes(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: ChangesWhere = None,
    ) -> Connection[EntityChange]:  # fmt: skip
        parent = f"{self._at.ontology}/{self.revision}"
        changes = List(history.OF_REVISION, parent, self._at, Order.POSITION, where=where(filter))
        return connection(info, changes, Paging(first, after, last, before), change)


def merged(record: Mapping[str, Any], at: At | None) -> MergedRevision:
    """A merge from its row, or from anything that says the same: ontology, revision, at, actor, actor_name, counts, change_set."""
    if at is None:
        message = "a merge is read from an ontology at a revision"
        raise ValueError(message)
    own = at.back(record["revision"])
    made = object.__new__(MergedRevision)
    made.__dict__.update(
        revision=record["revision"], at=record["at"], actor=record["actor"], actor_name=record["actor_name"],
        counts=[counts(kind, actions) for kind, actions in sorted(record["counts"].items())],
        cursor=str(own), _at=own, _change_set=record["change_set"],
    )  # fmt: skip
    return made


def counts(kind: str, actions: Mapping[str, int]) -> KindCounts:
    """How many of a kind, as the log keeps it."""
    return KindCounts(
        kind=Kind(kind), created=actions.get("created", 0), updated=actions.get("updated", 0), deleted=actions.get("deleted", 0)
    )
