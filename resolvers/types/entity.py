"""What all kinds have in common, and how rows become them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

import strawberry

from app.domain import definition as words
from app.domain.errors import BadInput
from app.persistence.reads import entities, history
from app.persistence.reads.selection import EVERYTHING, Field, Order, Test
from dataloaders.loaders import Single
from dataloaders.wanted import Wanted
from resolvers.enums import Kind, Status
from resolvers.paging import After, Before, Connection, First, Last, List, Paging, connection, only
from resolvers.scalars import Revision, Rid
from resolvers.types.reading import Read, leaf, listed, part
from resolvers.types.refs import EditLockRef, EntityChangeRef, FieldBlameRef, IndexStatusRef, OntologyRef, UsageConnectionRef

if TYPE_CHECKING:
    from asyncpg import Record

    from app.domain import entity as domain
    from app.persistence.reads.selection import At

E = TypeVar("E", bound="Entity")
F = TypeVar("F")
TYPES: dict[str, type[Entity]] = {}
REFERS = "refers"
FieldPath = Annotated[
    str | None,
    strawberry.argument(description="Only this field and what is below it, such as `type` or `properties[name].required`; all without it."),
]
Kinds = Annotated[list[Kind] | None, strawberry.argument(description="Only of these kinds; all where nothing is said.")]


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    id: strawberry.ID = leaf("Its rid: unique among everything, and immutable.")


@part(words.Translation, description="The texts of an entity in one more language.")
class Translation(Read):
    language: str = leaf("A BCP 47 language tag, such as `ko` or `pt-BR`.")
    display_name: str = leaf("The display name in that language; empty where it was not translated.")
    description: str = leaf("The description in that language; empty where it was not translated.")


@part(words.Annotation, description="One text of an annotation.")
class AnnotationText(Read):
    text: str = leaf("The text.")
    language: str | None = leaf("Its language, as a BCP 47 tag; null where it has none.")


@part(None, description="Texts under a key, such as the literal annotations of an imported term.")
class Annotation(Read):
    key: str = leaf("Such as the IRI of an annotation property.")
    texts: list[AnnotationText] = leaf("The texts, in the author's order.")


# What stands in columns of a row; the rest is read from the definition.
COLUMNS = {name: name for name in (
    "rid", "kind", "api_name", "display_name", "status", "version", "revision", "created_at", "created_by", "updated_at", "updated_by",
)} | {"id": "rid", "_json": "definition"}  # fmt: skip
RID = frozenset({"rid"})
# What the resolvers of entities read of them, by the names of the fields; one that is not here may read anything.
READ_BY: dict[str, frozenset[str]] = {
    "ontology": frozenset(),
    **dict.fromkeys(("properties", "links", "usedBy", "history", "actions", "extendedBy", "implementedBy", "objectTypes", "lock"), RID),
    **dict.fromkeys(
        ("primaryKey", "titleProperty", "interfaces", "typeGroups", "sharedProperty", "valueType", "extends", "backing", "objectType"),
        frozenset({"rid", "definition"}),
    ),
}


@strawberry.interface(description="What every kind of entity has: its identity, its texts, its life and its history.")
class Entity(Node, Read):
    rid: Rid = leaf("The same text as the id.")
    kind: Kind = leaf("Which kind of entity it is.")
    api_name: str = leaf("The name that code uses; unique in its namespace, whatever its case.")
    display_name: str = leaf("The name that people read.")
    description: str = leaf("What it stands for; empty where nobody said.")
    status: Status = leaf("Where it is in its life.")
    deprecation: Deprecation | None = leaf("What a DEPRECATED entity tells its users.")
    translations: list[Translation] = leaf("Its texts in other languages.", lambda found: listed(found, "language"))
    source_iri: str | None = leaf("The IRI that it was imported from.")
    annotations: list[Annotation] = leaf("Texts under keys of the author's choice.", lambda found: listed(found, "key", "texts"))
    version: int = leaf("Grows by one with each change: what `expectedVersion` is compared with.")
    revision: Revision = leaf("The revision that made this version.")
    created_at: datetime = leaf("When its first version was merged.")
    created_by: str = leaf("The id of who merged its first version.")
    updated_at: datetime = leaf("When this version was merged.")
    updated_by: str = leaf("The id of who merged this version.")
    _record: strawberry.Private[Any]

    def __getattr__(self, name: str) -> Any:
        column = COLUMNS.get(name)
        if column is None:
            return super().__getattr__(name)
        value = self.__dict__[name] = self._record[column]
        return value

    @strawberry.field(description="The ontology that it belongs to, as of the revision that is read.")
    async def ontology(self, info: strawberry.Info[Any]) -> OntologyRef:
        from resolvers.types.ontology import ontology

        row, _ = await info.context.ontology_of(self._at.ontology)
        return ontology(row, self._at)

    @strawberry.field(
        description="Whether this version can be found by what follows the merges, each system that is set up. "
        "It has no past, so below `asOf` it is refused."
    )
    async def index_status(self, info: strawberry.Info[Any]) -> list[IndexStatusRef]:
        from resolvers.types.sinks import statuses

        refuse_past("indexStatus", self._at)
        known = info.context.services.sinks
        rows = await info.context.loaders.index_statuses.load(self.rid) if known else ()
        return statuses(known, rows or (), self.version, self.revision)

    @strawberry.field(description="What happened to it, newest first, up to the revision that is read.")
    def history(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[EntityChangeRef]:
        from resolvers.types.history import change

        changes = List(history.OF_ENTITY, self.rid, self._at, Order.AGE, descending=True)
        return connection(info, changes, Paging(first, after, last, before), change)

    @strawberry.field(
        description="For each field of its definition the merge in which its value last changed, by path: who, when, why, and who reviewed it."
    )
    async def blame(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        field: FieldPath = None,
    ) -> Connection[FieldBlameRef]:  # fmt: skip
        from resolvers.types.blame import blame

        return await blame(info, self, field, Paging(first, after, last, before))

    @strawberry.field(description="Who is editing it now; null where nobody holds it. It has no past, so below `asOf` it is refused.")
    async def lock(self, info: strawberry.Info[Any]) -> EditLockRef | None:
        from resolvers.types.lock import EditLock

        refuse_past("lock", self._at)
        lease = await info.context.loaders.locks.load(self.rid)
        return None if lease is None else EditLock.of(lease)

    @strawberry.field(
        description="What refers to it, by kind and name: each reference with the way it refers and the place where it stands. "
        "That properties belong to their object type is not counted."
    )
    def used_by(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None,
        kinds: Kinds = None,
    ) -> UsageConnectionRef:  # fmt: skip
        where = EVERYTHING if kinds is None else Test(Field.KIND, tuple(kind.value for kind in kinds))
        usages = List(entities.USAGES, self.rid, self._at, Order.NAME, where=where)
        return connection(info, usages, Paging(first, after, last, before), entity)


@part(words.Deprecation, description="What a DEPRECATED entity tells its users.")
class Deprecation(Read):
    message: str = leaf("Why, and what to do instead.")
    deadline: date | None = leaf("The day after which it may be gone.")

    @strawberry.field(description="What replaces it, of the same kind.")
    def replaced_by(self, info: strawberry.Info[Any]) -> Entity | None:
        return one(info, self._at, self._json.get("replacedBy"))


def kind(model: type[words.Definition], *, description: str, name: str | None = None) -> Callable[[type[E]], type[E]]:
    """Declare the type of one kind."""

    def declared(cls: type[E]) -> type[E]:
        made = strawberry.type(cls, name=name, description=description)
        made._model = model  # noqa: SLF001 - of our own class
        TYPES[model.kind.value] = made
        return made

    return declared


def refuse_past(name: str, at: At) -> None:
    """BadInput where the client asked for the past of what has none."""
    if at.asked:
        raise BadInput(f"{name} is not made of definitions: it has no past to read with asOf.", path="asOf")


def entity(record: Mapping[str, Any], at: At | None) -> Entity:
    """The entity of a row, as of the revision that it was read for; its columns are read from the row when they are selected."""
    made = object.__new__(TYPES[record["kind"]])
    made.__dict__ = {"_record": record, "_at": at}
    return made


def entity_of(found: domain.Entity, at: At) -> Entity:
    """The entity that a merge made, from memory; what it refers to is read as of `at`."""
    definition = found.definition
    return entity(
        {
            "rid": found.rid, "kind": found.kind.value, "version": found.version, "revision": found.revision,
            "definition": definition.canonical(), "api_name": definition.api_name, "display_name": definition.display_name,
            "status": definition.status.value, "created_at": found.created_at, "created_by": found.created_by,
            "updated_at": found.updated_at, "updated_by": found.updated_by,
        },
        at,
    )  # fmt: skip


def one(info: strawberry.Info[Any], at: At, rid: str | None) -> F:  # type: ignore[type-var]  # the field says which
    """The entity with this rid as of the revision; None for no rid, and where it was not there."""
    return cast("F", None if rid is None else Wanted(info.context.loaders.entities(at), (Single(rid, only(info)),), one_of, at))


def several(info: strawberry.Info[Any], at: At, rids: list[str]) -> list[F]:  # the field says which
    """The entities with these rids as of the revision, in this order."""
    columns = only(info)
    return cast("list[F]", Wanted(info.context.loaders.entities(at), [Single(rid, columns) for rid in rids], _several, at))


def refers(rid: Callable[[Any], str | None]) -> dict[str, Any]:
    """Metadata of a field that is `one` with the rid that the function takes from its object: many of them are read without a call for each."""
    return {REFERS: rid}


def one_of(records: list[Record | None], at: At) -> Entity | None:
    """The entity of the only row, if there is one."""
    [record] = records
    return None if record is None else entity(record, at)


def _several(records: list[Record | None], at: At) -> list[Entity]:
    return [entity(record, at) for record in records if record is not None]
