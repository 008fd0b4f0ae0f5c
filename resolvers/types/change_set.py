"""Change sets, as clients read them: as they are now, whatever the revision that stands around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

from app.domain.errors import NotFound
from app.persistence.reads import change_sets
from app.persistence.reads.selection import EVERYTHING, Field, Order, Test
from resolvers.enums import ChangeSetStatus, Kind, Origin, ReviewStatus, Verb
from resolvers.paging import After, Before, Connection, First, Last, List, Paging, connection, sliced
from resolvers.scalars import Revision, Rid
from resolvers.subscriptions.change_set_changed import EventType
from resolvers.types.entity import Entity, Node, entity, one
from resolvers.types.history import MergedRevision, merged
from resolvers.types.judgement import EntityDiff, Impact, Judgement
from resolvers.types.refs import ChangeSetRef, OntologyRef

if TYPE_CHECKING:
    from app.domain import change_set as domain
    from app.persistence.reads.selection import At

Kinds = Annotated[list[Kind] | None, strawberry.argument(description="Only on entities of these kinds; all where nothing is said.")]
Rids = Annotated[list[strawberry.ID] | None, strawberry.argument(description="Only of these entities; of all where nothing is said.")]


@strawberry.type(description="One step of a change set.", name="ChangeSetOperation")
class Operation:
    operation_id: strawberry.ID = strawberry.field(description="What amending, reordering and dropping name it by.")
    position: int = strawberry.field(description="Its place among the operations of the change set, from 1 on.")
    verb: Verb = strawberry.field(description="What it does.")
    kind: Kind = strawberry.field(description="To which kind of entity.")
    rid: Rid = strawberry.field(description="To which entity; of a creation, the rid that it will have.")
    ref: str | None = strawberry.field(description="The name by which other operations refer to what it creates.")
    expected_version: int | None = strawberry.field(description="The version that its author looked at; null for a creation.")
    cascade: bool = strawberry.field(description="Whether a deletion takes along what depends on it.")
    fields: JSON = strawberry.field(
        description="The definition as its author wrote it: all of it for a creation, of an update only what changes."
    )
    staged_by: str = strawberry.field(description="The id of who staged it.")
    staged_at: datetime = strawberry.field(description="When it was staged.")
    _change_set: strawberry.Private[str]

    @strawberry.field(description="The entity at the version that the author looked at; null for a creation.")
    async def before(self, info: strawberry.Info[Any]) -> Entity | None:
        if self.expected_version is None:
            return None
        row = await info.context.loaders.versions.load((self.rid, self.expected_version))
        if row is None or row["deleted"]:
            return None
        _, head = await info.context.ontology_of(row["ontology"])
        return entity(row, head.back(row["revision"]))

    @strawberry.field(description="The entity as it is now; null where it is not there.")
    async def current(self, info: strawberry.Info[Any]) -> Entity | None:
        row = await info.context.loaders.change_sets.load(self._change_set)
        _, head = await info.context.ontology_of(row["ontology"])
        return await one(info, head, self.rid)


def operation(record: Mapping[str, Any], _: At | None = None) -> Operation:
    """An operation's row."""
    made = object.__new__(Operation)
    names = ("position", "verb", "kind", "rid", "ref", "expected_version", "cascade", "fields", "staged_by", "staged_at")
    made.__dict__.update({name: record[name] for name in names}, operation_id=str(record["id"]), _change_set=record["change_set"])
    return made


@strawberry.type(description="What somebody says about a change set, or about one field of one entity in it.", name="ChangeSetComment")
class Comment:
    author: str = strawberry.field(description="The id of who says it.")
    author_name: str = strawberry.field(description="The name of who says it, as it was then.")
    body: str = strawberry.field(description="What is said.")
    rid: Rid | None = strawberry.field(description="The entity that it is about; null where it is about the whole change set.")
    path: str | None = strawberry.field(description="The field that it is about.")
    created_at: datetime = strawberry.field(description="When it was said.")


def comment(record: Mapping[str, Any], _: At | None = None) -> Comment:
    """A comment's row."""
    return Comment(**{name: record[name] for name in ("author", "author_name", "body", "rid", "path", "created_at")})


@strawberry.type(description="Something that happened to a change set.")
class ChangeSetEvent:
    type: EventType = strawberry.field(description="What happened.")
    actor: str = strawberry.field(description="The id of who did it.")
    actor_name: str = strawberry.field(description="The name of who did it, as it was then.")
    at: datetime = strawberry.field(description="When it happened.")
    version: int = strawberry.field(description="The version of the change set that it made.")
    cursor: str = strawberry.field(description="Epoch and position in the log, such as `1.7`: what `changeSetChanged(after:)` takes.")
    data: JSON = strawberry.field(description="The envelope as it was then, and what the event brought.")


@strawberry.type(description="Changes that become one revision together: worked on, discussed, reviewed and merged.")
class ChangeSet(Node):
    rid: Rid = strawberry.field(description="The same text as the id.")
    title: str = strawberry.field(description="What it is about, in a line.")
    description: str = strawberry.field(description="What it is about; empty where nobody said.")
    status: ChangeSetStatus = strawberry.field(description="Whether it can still be worked on.")
    review: ReviewStatus = strawberry.field(description="Where it is in its review.")
    origin: Origin = strawberry.field(description="How it came to be.")
    version: int = strawberry.field(description="Grows by one whenever it changes: what `expectedVersion` is compared with.")
    base_revision: Revision = strawberry.field(description="The revision at which it was opened.")
    author: str = strawberry.field(description="The id of who opened it.")
    author_name: str = strawberry.field(description="The name of who opened it, as it was then.")
    labels: list[str] = strawberry.field(description="Words to find it by.")
    reviewers: list[str] = strawberry.field(description="The ids of who is asked to review it.")
    operation_count: int = strawberry.field(description="How many operations it has.")
    approved_by: str | None = strawberry.field(description="The id of who approved it.")
    approved_version: int | None = strawberry.field(description="The version that was approved; a later operation voids the approval.")
    merged_revision: Revision | None = strawberry.field(description="The revision that it became.")
    merged_by: str | None = strawberry.field(description="The id of who merged it.")
    merged_at: datetime | None = strawberry.field(description="When it was merged.")
    closed_by: str | None = strawberry.field(description="The id of who closed it without merging.")
    closed_at: datetime | None = strawberry.field(description="When it was closed without merging.")
    created_at: datetime = strawberry.field(description="When it was opened.")
    updated_at: datetime = strawberry.field(description="When it was last worked on.")
    _ontology: strawberry.Private[str]
    _rolls_back: strawberry.Private[str | None]
    _rolled_back_by: strawberry.Private[str | None]

    @strawberry.field(description="The ontology that it changes, as it is now.")
    async def ontology(self, info: strawberry.Info[Any]) -> OntologyRef:
        from resolvers.types.ontology import ontology

        return ontology(*await info.context.ontology_of(self._ontology))

    @strawberry.field(description="How many revisions were merged since it was opened; null unless it is OPEN.")
    async def behind(self, info: strawberry.Info[Any]) -> int | None:
        if self.status not in (ChangeSetStatus.OPEN, ChangeSetStatus.OPEN.value):
            return None
        _, head = await info.context.ontology_of(self._ontology)
        return int(head.head - self.base_revision)

    @strawberry.field(description="Its operations, in order.")
    async def operations(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        kinds: Kinds = None,
    ) -> Connection[Operation]:  # fmt: skip
        where = EVERYTHING if kinds is None else Test(Field.KIND, tuple(kind.value for kind in kinds))
        _, head = await info.context.ontology_of(self._ontology)
        listed = List(change_sets.OPERATIONS, self.rid, None, Order.POSITION, where=where, epoch=head.epoch)
        return await connection(info, listed, Paging(first, after, last, before), operation)

    @strawberry.field(description="What people say about it, oldest first.")
    async def comments(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Comment]:
        _, head = await info.context.ontology_of(self._ontology)
        listed = List(change_sets.COMMENTS, self.rid, None, Order.AGE, epoch=head.epoch)
        return await connection(info, listed, Paging(first, after, last, before), comment)

    @strawberry.field(description="What happened to it, oldest first.")
    async def events(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ChangeSetEvent]:
        _, head = await info.context.ontology_of(self._ontology)
        epoch = head.epoch

        def event(record: Mapping[str, Any], _: At | None) -> ChangeSetEvent:
            return ChangeSetEvent(
                type=EventType(record["type"]), actor=record["actor"], actor_name=record["actor_name"], at=record["at"],
                version=record["data"].get("version", 1), cursor=f"{epoch}.{record['position']}", data=record["data"],
            )  # fmt: skip

        listed = List(change_sets.EVENTS, self.rid, None, Order.AGE, epoch=epoch)
        return await connection(info, listed, Paging(first, after, last, before), event)

    @strawberry.field(
        description="Field by field, what it changes against the versions that its authors looked at; "
        "of a merged one, what the merge changed."
    )
    async def diff(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        rids: Rids = None,
    ) -> Connection[EntityDiff]:  # fmt: skip
        found = await info.context.services.change_sets.diff(info.context.actor, self.rid)
        kept = [each for each in found if rids is None or each.rid in rids]
        _, head = await info.context.ontology_of(self._ontology)
        return sliced(info, kept, Paging(first, after, last, before), EntityDiff.of, head.epoch, "diff", self.rid, self.version, rids)

    @strawberry.field(
        description="Every reason why it could not be merged now; of one that is not OPEN there is nothing to judge, and it is null."
    )
    async def judgement(self, info: strawberry.Info[Any]) -> Judgement | None:
        if self.status not in (ChangeSetStatus.OPEN, ChangeSetStatus.OPEN.value):
            return None
        return Judgement.of(await info.context.services.change_sets.validate(info.context.actor, self.rid))

    @strawberry.field(description="What depends, directly or by way of others, on what it touches; nearest first.")
    async def impact(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Impact]:
        found = await info.context.services.change_sets.impact(info.context.actor, self.rid)
        _, head = await info.context.ontology_of(self._ontology)
        return sliced(info, found, Paging(first, after, last, before), Impact.of, head.epoch, "impact", self.rid, self.version)

    @strawberry.field(description="The merge that it became; null unless it is MERGED.")
    async def merge(self, info: strawberry.Info[Any]) -> MergedRevision | None:
        if self.merged_revision is None:
            return None
        row = await info.context.loaders.merges.load((self._ontology, self.merged_revision))
        _, head = await info.context.ontology_of(self._ontology)
        return None if row is None else merged(row, head)

    @strawberry.field(description="The change set that this one undoes.")
    async def rolls_back(self, info: strawberry.Info[Any]) -> ChangeSetRef | None:
        return None if self._rolls_back is None else await change_set_with(info, self._rolls_back)

    @strawberry.field(description="The merged change set that undid this one.")
    async def rolled_back_by(self, info: strawberry.Info[Any]) -> ChangeSetRef | None:
        return None if self._rolled_back_by is None else await change_set_with(info, self._rolled_back_by)


_LEAVES = (
    "rid", "title", "description", "status", "review", "origin", "version", "base_revision", "author", "author_name", "labels", "reviewers",
    "operation_count", "approved_by", "approved_version", "merged_revision", "merged_by", "merged_at", "closed_by", "closed_at",
    "created_at", "updated_at",
)  # fmt: skip


def change_set(record: Mapping[str, Any], _: At | None = None) -> ChangeSet:
    """A change set's row."""
    made = object.__new__(ChangeSet)
    made.__dict__.update(
        {name: record[name] for name in _LEAVES}, id=record["rid"], _ontology=record["ontology"],
        _rolls_back=record["rolls_back"], _rolled_back_by=record["rolled_back_by"],
    )  # fmt: skip
    return made


def change_set_of(found: domain.ChangeSet) -> ChangeSet:
    """A change set that a service returned, from memory."""
    return change_set({field.name: getattr(found, field.name) for field in fields(found)})


async def change_set_with(info: strawberry.Info[Any], rid: str) -> ChangeSet:
    """The change set with this rid; NOT_FOUND where there is none."""
    row = await info.context.loaders.change_sets.load(rid)
    if row is None:
        raise NotFound("change set", rid[:200])
    return change_set(row)
