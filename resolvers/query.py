"""The root of queries."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.domain.actor import Role
from app.domain.errors import ListTooLong
from app.domain.kind import Kind
from app.persistence import jobs
from app.persistence.reads import ontologies
from app.persistence.reads.selection import At, Order
from resolvers.arguments import ApiName, RidArgument
from resolvers.authorization import RoleName, requires
from resolvers.enums import Output
from resolvers.paging import After, Before, Connection, First, Last, List, Paging, bounded, connection
from resolvers.scalars import BigInt, RevisionOrTime
from resolvers.types import search as searching
from resolvers.types.change_set import ChangeSet, change_set
from resolvers.types.entity import Node, entity
from resolvers.types.export import OntologyExport, exported
from resolvers.types.job import Job
from resolvers.types.object_type import ObjectType
from resolvers.types.ontology import Ontology, named, ontology, pinned_ontology
from resolvers.types.sinks import DeadLetter, SinkStatus, sink_statuses

MOST_NODES = 100
TYPE = 3  # which part of a rid says what it is of

OntologyName = Annotated[str, strawberry.argument(description="The apiName of the ontology.")]
AsOf = Annotated[
    RevisionOrTime | None,
    strawberry.argument(
        description="Read everything that is made of definitions as of this revision or moment; what is not is refused below."
    ),
]
MinRevision = Annotated[
    str | None,
    strawberry.argument(
        description="Epoch and revision that were seen, such as `1.42`: the answer is never from before it, rather UNAVAILABLE."
    ),
]
Id = Annotated[strawberry.ID, strawberry.argument(description="The rid of an entity, a change set or an ontology.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="Up to 100 rids.")]
Letters = Annotated[int, strawberry.argument(description="At most so many, 1 to 100.")]
JobRid = Annotated[strawberry.ID, strawberry.argument(description="The rid of the job.")]
ChangeSetRid = Annotated[strawberry.ID, strawberry.argument(description="The rid of the change set.")]


@strawberry.type(description="Who asks, as the token says.")
class Me:
    id: strawberry.ID = strawberry.field(description="The subject: what `createdBy` and its like say.")
    name: str = strawberry.field(description="The name that people read.")
    roles: list[RoleName] = strawberry.field(description="The roles that the token brings; each includes the ones before it.")


@strawberry.type(description="What serves, and since when.")
class ServerStatus:
    version: str = strawberry.field(description="The release that serves.")
    started_at: datetime = strawberry.field(description="When this process started.")
    epoch: BigInt = strawberry.field(description="Grows when the database is restored from a backup; cursors of another epoch expire.")

    @strawberry.field(description="The systems that follow what is merged, as far as they are set up.")
    async def sinks(self, info: strawberry.Info[Any]) -> list[SinkStatus]:
        return await sink_statuses(info)


@strawberry.type(description="What can be read. Each operation sees one state of the database.")
class Query:
    @strawberry.field(description="Anything by its id, as it is now; null where there is nothing.", extensions=[requires(Role.VIEWER)])
    async def node(self, info: strawberry.Info[Any], id: Id) -> Node | None:
        return await _node(info, id)

    @strawberry.field(
        description="Several things by their ids, as they are now, in that order; null for each that is not there.",
        extensions=[requires(Role.VIEWER)],
    )
    async def nodes(self, info: strawberry.Info[Any], ids: Ids) -> list[Node | None]:
        if len(ids) > MOST_NODES:
            raise ListTooLong(f"ids holds at most {MOST_NODES}, not {len(ids)}.", path="ids")
        return await asyncio.gather(*(_node(info, each) for each in ids))

    @strawberry.field(
        description="An ontology with everything in it, as of one revision; null, with the error NOT_FOUND, where there is no such one.",
        extensions=[requires(Role.VIEWER)],
    )
    async def ontology(
        self, info: strawberry.Info[Any], api_name: OntologyName = "main", as_of: AsOf = None, min_revision: MinRevision = None
    ) -> Ontology | None:
        return await pinned_ontology(info, api_name, as_of, min_revision)

    @strawberry.field(description="All ontologies, by apiName, as they are now.", extensions=[requires(Role.VIEWER)])
    async def ontologies(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Ontology]:
        epoch = await ontologies.epoch(info.context.snapshot)

        def made(record: Any, _: At | None) -> Ontology:
            return ontology(record, info.context.head(record))

        listed = List(ontologies.ONTOLOGIES, "", None, Order.NAME, epoch=epoch)
        return await connection(info, listed, Paging(first, after, last, before), made)

    @strawberry.field(
        description="An object type by its rid, or by its apiName in an ontology; null where there is none.",
        extensions=[requires(Role.VIEWER)],
    )
    async def object_type(
        self, info: strawberry.Info[Any], rid: RidArgument = None, api_name: ApiName = None, ontology: OntologyName = "main"
    ) -> ObjectType | None:
        if rid is not None and api_name is None:
            found = await _node(info, rid)
            return found if isinstance(found, ObjectType) else None
        _, head = await info.context.ontology(ontology)
        return await named(info, head, Kind.OBJECT_TYPE, api_name, rid)

    @strawberry.field(description="A change set by its rid; null where there is none.", extensions=[requires(Role.VIEWER)])
    async def change_set(self, info: strawberry.Info[Any], rid: ChangeSetRid) -> ChangeSet | None:
        row = await info.context.loaders.change_sets.load(rid)
        return None if row is None else change_set(row)

    @strawberry.field(
        description="A job by its rid, as it is now; null, with the error NOT_FOUND, where there is none.",
        extensions=[requires(Role.VIEWER)],
    )
    async def job(self, info: strawberry.Info[Any], rid: JobRid) -> Job | None:
        return Job.of(await jobs.find(info.context.snapshot, rid))

    @strawberry.field(
        description="Entities of all kinds in one ontology, by their words and their structure, as they are now.",
        extensions=[requires(Role.VIEWER)],
    )
    async def search(
        self, info: strawberry.Info[Any], query: searching.Query = None, filter: searching.Where = None, order_by: searching.SortedBy = None,
        first: First = None, after: After = None, ontology: OntologyName = "main",
        min_revision: MinRevision = None,
    ) -> searching.SearchConnection:  # fmt: skip
        _, head = await info.context.ontology(ontology, min_revision)
        return await searching.search(info, head, query, Paging(first, after), filter, order_by)

    @strawberry.field(
        description="Names in one ontology that begin as somebody types, best first, as they are now.", extensions=[requires(Role.VIEWER)]
    )
    async def suggest(
        self, info: strawberry.Info[Any], prefix: searching.Prefix, kinds: searching.Kinds = None, first: searching.Suggested = 10,
        ontology: OntologyName = "main",
    ) -> list[searching.Suggestion]:  # fmt: skip
        _, head = await info.context.ontology(ontology)
        return await searching.suggest(info, head, prefix, kinds, first)

    @strawberry.field(
        description="What search index and graph database refuse of one ontology, the latest first.", extensions=[requires(Role.ADMIN)]
    )
    async def dead_letters(self, info: strawberry.Info[Any], ontology: OntologyName = "main", first: Letters = 10) -> list[DeadLetter]:
        _, head = await info.context.ontology(ontology)
        letters = await info.context.services.repairs.dead_letters(
            info.context.actor, ontology=head.ontology, limit=bounded(first, MOST_NODES)
        )
        return [DeadLetter.of(letter) for letter in letters]

    @strawberry.field(
        description="An ontology as a file, with a receipt of what its form cannot say; up to 10,000 entities and 8 MiB of text. "
        "Larger ones are streamed by `GET /api/export`.",
        extensions=[requires(Role.VIEWER)],
    )
    async def export_ontology(
        self,
        info: strawberry.Info[Any],
        form: Annotated[Output, strawberry.argument(description="What it is written in.")],
        ontology: OntologyName = "main",
        as_of: AsOf = None,
        min_revision: MinRevision = None,
    ) -> OntologyExport:
        return await exported(info, ontology, form, as_of, min_revision)

    @strawberry.field(description="Who asks.", extensions=[requires(Role.VIEWER)])
    def me(self, info: strawberry.Info[Any]) -> Me:
        actor = info.context.actor
        return Me(id=strawberry.ID(actor.id), name=actor.name, roles=[RoleName[role.name] for role in Role if role in actor.roles])

    @strawberry.field(description="What serves.", extensions=[requires(Role.VIEWER)])
    async def server_status(self, info: strawberry.Info[Any]) -> ServerStatus:
        shared = info.context.shared
        epoch = await ontologies.epoch(info.context.snapshot)
        return ServerStatus(version=shared.release, started_at=shared.started_at, epoch=BigInt(epoch))


async def _node(info: strawberry.Info[Any], rid: str) -> Node | None:
    context = info.context
    of = rid.split(".", TYPE + 1)[TYPE : TYPE + 1]
    if of == ["changeset"]:
        row = await context.loaders.change_sets.load(rid)
        return None if row is None else change_set(row)
    if of == ["ontology"]:
        row = await context.loaders.ontologies.load(rid)
        return None if row is None else ontology(row, context.head(row))
    row = await context.loaders.anywhere.load(rid)
    if row is None:
        return None
    at = At(row["ontology"], row["head_revision"], row["head_revision"], row["epoch"])
    context.note(row["ontology_name"], at)
    return entity(row, at)
