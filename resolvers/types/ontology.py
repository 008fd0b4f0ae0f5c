"""Ontologies, as clients read them: as of one revision, whatever stands below."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.domain.actor import Role
from app.domain.errors import BadInput, Forbidden, ListTooLong
from app.domain.kind import Kind as Kinds
from app.persistence.reads import audit, change_sets, entities, history, locks
from app.persistence.reads.entities import of_kind
from app.persistence.reads.selection import All, Field, Order, Test
from dataloaders.loaders import Named, Single
from resolvers import arguments as given
from resolvers.arguments import ApiName, OrderBy, RidArgument
from resolvers.enums import Kind, Status
from resolvers.filters import where
from resolvers.paging import After, Before, Connection, First, Last, List, Paging, connection
from resolvers.scalars import BigInt, Revision, Rid
from resolvers.types import search as searching
from resolvers.types.action_type import ActionType
from resolvers.types.audit import AuditEntry, audit_entry
from resolvers.types.change_set import ChangeSet, change_set
from resolvers.types.entity import Entity, F, Node, entity, one
from resolvers.types.graph import Graph
from resolvers.types.history import EntityChange, MergedRevision, change, merged
from resolvers.types.interface import Interface
from resolvers.types.link_type import LinkType
from resolvers.types.lists import entities_of
from resolvers.types.lock import EditLock, lock
from resolvers.types.object_type import ObjectType
from resolvers.types.property import Property
from resolvers.types.shared_property import SharedProperty
from resolvers.types.type_group import TypeGroup
from resolvers.types.value_type import ValueType

if TYPE_CHECKING:
    from app.persistence.reads.selection import At

MOST = 100  # rids at once

EntityRids = Annotated[list[strawberry.ID], strawberry.argument(description="Up to 100 rids.")]
AnyRid = Annotated[strawberry.ID, strawberry.argument(description="The rid of an entity of any kind.")]
RevisionNumber = Annotated[Revision, strawberry.argument(description="The number of the merge, from 1 on.")]


@strawberry.type(description="What an Ontology Admin decides for one ontology.")
class OntologySettings:
    require_review: bool = strawberry.field(description="Whether only a change set that somebody else approved may merge.")


@strawberry.type(description="How many entities there are in one state.")
class StatusCount:
    status: Status = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How many entities there are of one kind.")
class KindStatistics:
    kind: Kind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many in all.")
    by_status: list[StatusCount] = strawberry.field(description="How many in each state; states without any are left out.")


@strawberry.type(description="How large an ontology is.")
class OntologyStatistics:
    count: int = strawberry.field(description="How many entities in all.")
    kinds: list[KindStatistics] = strawberry.field(description="How many of each kind, all kinds.")


@strawberry.type(
    description="A container of types with its own history. What is below it is read as of one revision; its own texts are as they are now."
)
class Ontology(Node):
    rid: Rid = strawberry.field(description="The same text as the id.")
    api_name: str = strawberry.field(description="The name that arguments name it by.")
    display_name: str = strawberry.field(description="The name that people read.")
    description: str = strawberry.field(description="What it is about; empty where nobody said.")
    settings: OntologySettings = strawberry.field(description="What an Ontology Admin decided.")
    version: int = strawberry.field(description="Grows by one with each change of its own texts and settings.")
    revision: Revision = strawberry.field(description="The revision that everything below is read from: the newest, or the one asked for.")
    head_revision: Revision = strawberry.field(description="The newest revision.")
    epoch: BigInt = strawberry.field(description="Grows when the database is restored from a backup.")
    cursor: str = strawberry.field(
        description="Epoch and revision that are read, such as `1.42`: "
        "what `minRevision`, `OMS-Min-Revision` and `ontologyChanged(after:)` take."
    )
    change_sets_cursor: str = strawberry.field(
        description="Where the log of the change sets stands now, such as `1.7`: epoch and position, "
        "what `changeSetsChanged(after:)` and `changeSetChanged(after:)` take."
    )
    head_at: datetime = strawberry.field(
        description="When the newest revision was merged; before the first one, when the ontology was made."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    created_by: str = strawberry.field(description="The id of who made it.")
    updated_at: datetime = strawberry.field(description="When its own texts or settings were last changed.")
    updated_by: str = strawberry.field(description="The id of who last changed them.")
    archived_at: datetime | None = strawberry.field(
        description="When it was archived, since when it is only read; null while it is in use."
    )
    _at: strawberry.Private[Any]

    @strawberry.field(description="Object types.")
    def object_types(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.ObjectTypes = None, order_by: OrderBy = None,
    ) -> Connection[ObjectType]:  # fmt: skip
        return self._list(info, Kinds.OBJECT_TYPE, Paging(first, after, last, before), filter, order_by)

    @strawberry.field(description="Properties of all object types.")
    def properties(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.Properties = None, order_by: OrderBy = None,
    ) -> Connection[Property]:  # fmt: skip
        return self._list(info, Kinds.PROPERTY, Paging(first, after, last, before), filter, order_by)

    @strawberry.field(description="Shared properties.")
    def shared_properties(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.SharedProperties = None, order_by: OrderBy = None,
    ) -> Connection[SharedProperty]:  # fmt: skip
        return self._list(info, Kinds.SHARED_PROPERTY, Paging(first, after, last, before), filter, order_by)

    @strawberry.field(description="Link types.")
    def link_types(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.LinkTypes = None, order_by: OrderBy = None,
    ) -> Connection[LinkType]:  # fmt: skip
        return self._list(info, Kinds.LINK_TYPE, Paging(first, after, last, before), filter, order_by)

    @strawberry.field(description="Interfaces.")
    def interfaces(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.Interfaces = None, order_by: OrderBy = None,
    ) -> Connection[Interface]:  # fmt: skip
        return self._list(info, Kinds.INTERFACE, Paging(first, after, last, before), filter, order_by)

    @strawberry.field(description="Action types.")
    def action_types(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.ActionTypes = None, order_by: OrderBy = None,
    ) -> Connection[ActionType]:  # fmt: skip
        return self._list(info, Kinds.ACTION_TYPE, Paging(first, after, last, before), filter, order_by)

    @strawberry.field(description="Value types.")
    def value_types(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.ValueTypes = None, order_by: OrderBy = None,
    ) -> Connection[ValueType]:  # fmt: skip
        return self._list(info, Kinds.VALUE_TYPE, Paging(first, after, last, before), filter, order_by)

    @strawberry.field(description="Type groups.")
    def type_groups(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.TypeGroups = None, order_by: OrderBy = None,
    ) -> Connection[TypeGroup]:  # fmt: skip
        return self._list(info, Kinds.TYPE_GROUP, Paging(first, after, last, before), filter, order_by)

    @strawberry.field(description="An object type by its apiName or rid; null where there is none.")
    async def object_type(self, info: strawberry.Info[Any], api_name: ApiName = None, rid: RidArgument = None) -> ObjectType | None:
        return await named(info, self._at, Kinds.OBJECT_TYPE, api_name, rid)

    @strawberry.field(description="A shared property by its apiName or rid; null where there is none.")
    async def shared_property(self, info: strawberry.Info[Any], api_name: ApiName = None, rid: RidArgument = None) -> SharedProperty | None:
        return await named(info, self._at, Kinds.SHARED_PROPERTY, api_name, rid)

    @strawberry.field(description="A link type by its apiName or rid; null where there is none.")
    async def link_type(self, info: strawberry.Info[Any], api_name: ApiName = None, rid: RidArgument = None) -> LinkType | None:
        return await named(info, self._at, Kinds.LINK_TYPE, api_name, rid)

    @strawberry.field(description="An interface by its apiName or rid; null where there is none.")
    async def interface(self, info: strawberry.Info[Any], api_name: ApiName = None, rid: RidArgument = None) -> Interface | None:
        return await named(info, self._at, Kinds.INTERFACE, api_name, rid)

    @strawberry.field(description="An action type by its apiName or rid; null where there is none.")
    async def action_type(self, info: strawberry.Info[Any], api_name: ApiName = None, rid: RidArgument = None) -> ActionType | None:
        return await named(info, self._at, Kinds.ACTION_TYPE, api_name, rid)

    @strawberry.field(description="A value type by its apiName or rid; null where there is none.")
    async def value_type(self, info: strawberry.Info[Any], api_name: ApiName = None, rid: RidArgument = None) -> ValueType | None:
        return await named(info, self._at, Kinds.VALUE_TYPE, api_name, rid)

    @strawberry.field(description="A type group by its apiName or rid; null where there is none.")
    async def type_group(self, info: strawberry.Info[Any], api_name: ApiName = None, rid: RidArgument = None) -> TypeGroup | None:
        return await named(info, self._at, Kinds.TYPE_GROUP, api_name, rid)

    @strawberry.field(description="An entity of any kind; null where there is none.")
    def entity(self, info: strawberry.Info[Any], rid: AnyRid) -> Entity | None:
        return one(info, self._at, rid)

    @strawberry.field(description="Entities of any kind, in the order of their rids; null for each that is not there.")
    async def entities(self, info: strawberry.Info[Any], rids: EntityRids) -> list[Entity | None]:
        if len(rids) > MOST:
            raise ListTooLong(f"rids holds at most {MOST}, not {len(rids)}.", path="rids")
        records = await info.context.loaders.entities(self._at).load_many([Single(rid) for rid in rids])
        return [None if record is None else entity(record, self._at) for record in records]

    @strawberry.field(description="Change sets as they are now; not together with `asOf`.")
    def change_sets(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.ChangeSetsWhere = None, order_by: given.ChangeSetOrderBy = None,
    ) -> Connection[ChangeSet]:  # fmt: skip
        self._refuse_past("changeSets")
        order, descending = (Order.UPDATED_AT, True) if order_by is None else (order_by.order, order_by.descending)
        listed = List(change_sets.CHANGE_SETS, self.rid, None, order, descending, where(filter), self._at.epoch)
        return connection(info, listed, Paging(first, after, last, before), change_set)

    @strawberry.field(description="The edit locks that are held now, the newest first; not together with `asOf`.")
    def locks(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[EditLock]:
        self._refuse_past("locks")
        listed = List(locks.LOCKS, self.rid, None, Order.AGE, descending=True, epoch=self._at.epoch)
        return connection(info, listed, Paging(first, after, last, before), lock)

    @strawberry.field(
        description="Every mutation, newest first; not together with `asOf`. "
        "An Ontology Admin sees all of them, others what they did themselves."
    )
    def audit_log(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.AuditWhere = None,
    ) -> Connection[AuditEntry]:  # fmt: skip
        self._refuse_past("auditLog")
        actor = info.context.actor
        condition = where(filter)
        if not actor.may(Role.ADMIN):
            if filter is not None and filter.actors is not None and set(filter.actors) != {actor.id}:
                raise Forbidden(needs=Role.ADMIN.value)
            condition = All((condition, Test(Field.ACTOR, (actor.id,))))
        listed = List(audit.AUDIT, self.rid, None, Order.AGE, descending=True, where=condition, epoch=self._at.epoch)
        return connection(info, listed, Paging(first, after, last, before), audit_entry)

    @strawberry.field(description="What happened to all entities, newest first, up to the revision that is read.")
    def history(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.ChangesWhere = None,
    ) -> Connection[EntityChange]:  # fmt: skip
        listed = List(history.OF_ONTOLOGY, self.rid, self._at, Order.AGE, descending=True, where=where(filter))
        return connection(info, listed, Paging(first, after, last, before), change)

    @strawberry.field(description="The merges, newest first, up to the revision that is read.")
    def revisions(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: given.RevisionsWhere = None,
    ) -> Connection[MergedRevision]:  # fmt: skip
        listed = List(history.MERGES, self.rid, self._at, Order.AGE, descending=True, where=where(filter))
        return connection(info, listed, Paging(first, after, last, before), merged)

    @strawberry.field(description="One merge by its number; null where there is none up to the revision that is read.")
    async def merged_revision(self, info: strawberry.Info[Any], revision: RevisionNumber) -> MergedRevision | None:
        row = await info.context.loaders.merges.load((self.rid, revision))
        return None if row is None or revision > self._at.revision else merged(row, self._at)

    @strawberry.field(description="It as a graph: walks along the references between entities.")
    def graph(self) -> Graph:
        return Graph(_at=self._at)

    @strawberry.field(description="How many entities of which kinds there are.")
    async def statistics(self, info: strawberry.Info[Any]) -> OntologyStatistics:
        rows = await entities.statistics(info.context.snapshot, self._at)
        kinds = [_statistics(kind, [row for row in rows if row["kind"] == kind.value]) for kind in Kind]
        return OntologyStatistics(count=sum(each.count for each in kinds), kinds=kinds)

    @strawberry.field(
        description="Entities of all kinds by their words and their structure, as of the revision that is read, in the past as well."
    )
    async def search(
        self, info: strawberry.Info[Any], query: searching.Query = None, filter: searching.Where = None, order_by: searching.SortedBy = None,
        first: First = None, after: After = None,
    ) -> searching.SearchConnection:  # fmt: skip
        return await searching.search(info, self._at, query, Paging(first, after), filter, order_by)

    @strawberry.field(description="Names that begin as somebody types, best first.")
    async def suggest(
        self, info: strawberry.Info[Any], prefix: searching.Prefix, kinds: searching.Kinds = None, first: searching.Suggested = 10
    ) -> list[searching.Suggestion]:
        return await searching.suggest(info, self._at, prefix, kinds, first)

    def _list(self, info: strawberry.Info[Any], kind: Kinds, paging: Paging, asked: Any, order_by: Any) -> F:  # type: ignore[type-var]  # the field says which
        return entities_of(info, of_kind(kind), self.rid, self._at, paging, asked=asked, order_by=order_by)

    def _refuse_past(self, name: str) -> None:
        if self._pinned or not self._at.current:
            raise BadInput(f"{name} is not made of definitions: it has no past to read with asOf.", path="asOf")

    _pinned: strawberry.Private[bool]


def ontology(record: Mapping[str, Any], at: At, *, pinned: bool = False) -> Ontology:
    """An ontology's row; what is below it is read as of the revision, which `pinned` says was asked for."""
    made = object.__new__(Ontology)
    names = (
        "rid", "api_name", "display_name", "description", "version", "head_revision", "epoch", "head_at", "created_at", "created_by",
        "updated_at", "updated_by", "archived_at",
    )  # fmt: skip
    made.__dict__.update(
        {name: record[name] for name in names}, id=record["rid"], revision=at.revision, cursor=str(at),
        change_sets_cursor=f"{record['epoch']}.{record['change_set_events']}", _at=at, _pinned=pinned,
        settings=OntologySettings(require_review=record["settings"].get("require_review", False)),
    )  # fmt: skip
    return made


async def named(info: strawberry.Info[Any], at: At, kind: Kinds, api_name: str | None, rid: str | None) -> F:  # the field says which
    """The entity of a kind by its name or by its rid, whichever is given; None where there is none."""
    loaders = info.context.loaders
    if rid is not None and api_name is None:
        record = await loaders.entities(at).load(Single(rid))
        record = record if record is not None and record["kind"] == kind.value else None
    elif api_name is not None and rid is None:
        record = await loaders.names.load(Named(at, kind, NAMESPACES.get(kind, kind.slug), api_name))
    else:
        raise BadInput("Give apiName or rid, one of them.", path="apiName")
    found: F = None if record is None else entity(record, at)  # type: ignore[assignment]  # as above
    return found


NAMESPACES = {Kinds.OBJECT_TYPE: "type", Kinds.INTERFACE: "type"}  # one namespace for both, as their `names()` say


def _statistics(kind: Kind, rows: list[Any]) -> KindStatistics:
    by_status = [StatusCount(status=Status(row["status"]), count=row["count"]) for row in sorted(rows, key=lambda row: row["status"])]
    return KindStatistics(kind=kind, count=sum(each.count for each in by_status), by_status=by_status)


async def pinned_ontology(info: strawberry.Info[Any], api_name: str, as_of: Any, min_revision: str | None) -> Ontology:
    """The ontology as of a point of its history; NOT_FOUND where there is no such ontology or revision."""
    row, head = await info.context.ontology(api_name, min_revision)
    at = await info.context.as_of(head, as_of)
    return ontology(row, at, pinned=as_of is not None)
