"""What has yet to be published, in order; and the fence that only its newest reader passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg

from app.domain.events import SCHEMA_VERSION, Event
from app.persistence.database import LOG_CHANNEL, prepare

if TYPE_CHECKING:
    from asyncpg import Connection

RELAY = 0x6F6D735F72656C79  # the advisory lock of the one relay, "oms_rely" in letters
CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 30.0
LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@dataclass(frozen=True, slots=True)
class Pending:
    """A row that nobody has published: the event is the same however often it is read."""

    position: int
    topic: str
    key: str
    event: Event


class Outbox:
    """One connection of its own, on which the lock, the fence and every statement stand and fall together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._fence = 0

    @classmethod
    async def connect(cls, url: str) -> Outbox:
        """A reader that does not lead yet."""
        connection = await asyncpg.connect(
            url, timeout=CONNECT_SECONDS, command_timeout=STATEMENT_SECONDS, server_settings={"application_name": "oms relay"}
        )
        await prepare(connection)
        return cls(connection)

    async def close(self) -> None:
        """Let another lead."""
        try:
            await self._connection.close(timeout=1)
        except LOST:
            self._connection.terminate()

    async def lead(self) -> bool:
        """Whether this is the one reader from now on; whoever led before can mark nothing any more."""
        if not await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", RELAY):
            return False
        self._fence = await self._connection.fetchval(
            "INSERT INTO fence (name, token) VALUES ('relay', 1)"
            " ON CONFLICT (name) DO UPDATE SET token = fence.token + 1 RETURNING token"
        )  # fmt: skip
        return True

    async def listen(self, wake: Any) -> None:
        """Call `wake` at every commit that adds to a log, and when the connection ends."""
        await self._connection.add_listener(LOG_CHANNEL, wake)
        self._connection.add_termination_listener(wake)

    async def pending(self, limit: int) -> list[Pending]:
        """The next events, by state and never by a cursor: a row that commits late has an early number, and is not lost."""
        return [_pending(row) for row in await self._connection.fetch(_PENDING, limit)]

    async def published(self, positions: list[int]) -> bool:
        """Mark them as published; False where another leads by now."""
        marked = await self._connection.fetchval(_PUBLISHED, positions, self._fence)
        return bool(marked)

    async def backlog(self) -> tuple[int, float]:
        """How many events wait, counted no further than the bound, and for how many seconds the oldest does."""
        row = await self._connection.fetchrow(_BACKLOG, MOST_COUNTED)
        return row["waiting"], row["age"]


MOST_COUNTED = 100_000
_PENDING = """
    SELECT o.id, o.event_id, o.topic, o.key, o.ontology, o.revision, o.index, o.rid, o.version, o.payload, o.actor, o.request_id,
        o.traceparent, coalesce(r.at, o.created_at) AS at, i.epoch, v.definition, coalesce(v.deleted, false) AS deleted
    FROM (SELECT * FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1) o
    CROSS JOIN installation i
    LEFT JOIN entity_version v ON v.rid = o.rid AND v.version = o.version
    LEFT JOIN revision r ON r.ontology = o.ontology AND r.revision = o.revision
    ORDER BY o.id
"""
_PUBLISHED = """
    WITH fenced AS (SELECT token FROM fence WHERE name = 'relay' AND token = $2 FOR SHARE),
    marked AS (UPDATE outbox SET published_at = clock_timestamp() FROM fenced WHERE id = ANY ($1::bigint[]))
    SELECT EXISTS (SELECT 1 FROM fenced)
"""
_BACKLOG = """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float AS age
    FROM (SELECT created_at FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT $1) o
"""


def _pending(row: Any) -> Pending:
    event = Event(
        id=str(row["event_id"]),
        epoch=row["epoch"],
        ontology=row["ontology"],
        revision=row["revision"],
        index=row["index"],
        type=row["topic"],
        schema_version=SCHEMA_VERSION,
        rid=row["rid"],
        entity_version=row["version"],
        deleted=row["deleted"],
        occurred_at=row["at"],
        actor=row["actor"],
        request_id=row["request_id"],
        traceparent=row["traceparent"],
        data=row["definition"] if row["rid"] is not None else row["payload"],
    )
    return Pending(row["id"], row["topic"], row["key"], event)
