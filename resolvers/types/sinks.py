"""How far the search index is: with each entity, with everything, and what it refuses."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry

from app.persistence import sinks
from resolvers.scalars import BigInt, Revision, Rid
from resolvers.types.refs import EntityRef

if TYPE_CHECKING:
    from collections.abc import Iterable


@strawberry.enum(description="A system that follows what is merged.")
class Sink(Enum):
    """As the database names them."""

    OPENSEARCH = strawberry.enum_value("opensearch", description="The search index.")
    NEO4J = strawberry.enum_value("neo4j", description="The graph database.")


@strawberry.enum(description="Whether a version is in a sink.")
class IndexState(Enum):
    """Derived from how far the sink is and what it refused."""

    PENDING = strawberry.enum_value(
        "PENDING", description="Not yet: the sink has not come so far with it, or with a neighbour whose name it is found by."
    )
    INDEXED = strawberry.enum_value("INDEXED", description="This version is in it, with everything else that its document is made of.")
    FAILED = strawberry.enum_value("FAILED", description="The sink does not answer after three tries, or refuses the document.")


@strawberry.type(description="Whether a version of an entity is in a sink.")
class IndexStatus:
    sink: Sink = strawberry.field(description="Which sink.")
    state: IndexState = strawberry.field(description="Whether it is in it.")
    version: int = strawberry.field(description="The version that this is about.")
    reason: str | None = strawberry.field(description="Of FAILED: why.")
    attempts: int | None = strawberry.field(description="Of FAILED: how often it was tried.")


@strawberry.type(description="How a sink is doing.")
class SinkStatus:
    sink: Sink = strawberry.field(description="Which sink.")
    failing_since: datetime | None = strawberry.field(description="Since when it does not answer; null while it does.")
    reason: str | None = strawberry.field(description="Why not; null while it does.")
    attempts: int | None = strawberry.field(description="How often it was tried since; null while it answers.")
    behind: BigInt = strawberry.field(description="How many revisions of all ontologies together it has yet to get.")
    dead_letters: int = strawberry.field(description="How many documents it refuses, without those that were discarded.")


@strawberry.type(description="A document that a sink refuses as it is.")
class DeadLetter:
    sink: Sink = strawberry.field(description="Which sink.")
    rid: Rid = strawberry.field(description="The entity.")
    revision: Revision = strawberry.field(description="The revision of its ontology as of which it was refused last.")
    reason: str = strawberry.field(description="The sink's own words.")
    attempts: int = strawberry.field(description="How often it was refused.")
    first_at: datetime = strawberry.field(description="When it was refused first.")
    last_at: datetime = strawberry.field(description="When it was refused last.")

    @classmethod
    def of(cls, letter: sinks.DeadLetter) -> DeadLetter:
        """A row as the schema has it."""
        return cls(
            sink=Sink(letter.sink), rid=Rid(letter.rid), revision=Revision(letter.revision), reason=letter.reason, attempts=letter.attempts,
            first_at=letter.first_at, last_at=letter.last_at,
        )  # fmt: skip

    @strawberry.field(description="The entity, as it is now; null where it was deleted.")
    async def entity(self, info: strawberry.Info[Any]) -> EntityRef | None:
        from app.persistence.reads.selection import At
        from resolvers.types.entity import entity

        row = await info.context.loaders.anywhere.load(self.rid)
        return None if row is None else entity(row, At(row["ontology"], row["head_revision"], row["head_revision"], row["epoch"]))


def statuses(known: Iterable[str], rows: Iterable[Any], version: int, revision: int) -> list[IndexStatus]:
    """The status of a version that a revision made, in each sink that is set up: with all that the sink's document of it is made of."""
    by_sink = {row["sink"]: row for row in rows}
    return [_status(Sink(name), by_sink.get(name), version, revision) for name in known]


def _status(sink: Sink, row: Any, version: int, revision: int) -> IndexStatus:
    state, reason, attempts = IndexState.PENDING, None, None
    if row is not None and row["refused"] is not None:
        state, reason, attempts = IndexState.FAILED, row["refused"], row["refusals"]
    elif row is not None and row["reached"] >= max(revision, row["made"]):
        state = IndexState.INDEXED
    elif row is not None and row["failing"] is not None:
        state, reason, attempts = IndexState.FAILED, row["failing"], row["attempts"]
    return IndexStatus(sink=sink, state=state, version=version, reason=reason, attempts=attempts)


async def sink_statuses(info: strawberry.Info[Any]) -> list[SinkStatus]:
    """Every sink that is set up."""
    by_sink = {row["sink"]: row for row in await sinks.overview(info.context.snapshot, info.context.services.sinks)}
    return [
        SinkStatus(
            sink=Sink(name), failing_since=row["since"], reason=row["reason"], attempts=row["attempts"], behind=BigInt(row["behind"]),
            dead_letters=row["dead_letters"],
        )
        for name, row in sorted(by_sink.items())
    ]  # fmt: skip
