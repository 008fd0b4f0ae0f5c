"""Presence in PostgreSQL: a row a connection, which lapses by the clock of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.errors import InvalidState
from app.domain.presence import MOST_SEATS, PRESENT_SECONDS, Attendant
from app.persistence import change_sets
from app.persistence.watch import STATE_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.domain.actor import Actor
    from app.domain.presence import Present
    from app.persistence.database import Database
    from app.persistence.log import Source

_ARRIVE = """
    INSERT INTO presence (session, change_set, actor, actor_name, rid, path, since, looked_at, until)
    SELECT $1, $2, $3, $4, mine.rid, mine.path, coalesce(mine.since, clock_timestamp()), coalesce(mine.looked_at, clock_timestamp()),
        clock_timestamp() + $5 * interval '1 second'
    FROM (SELECT count(*) AS taken FROM presence WHERE change_set = $2 AND until > clock_timestamp()) AS seats
    LEFT JOIN LATERAL (
        SELECT rid, path, since, looked_at FROM presence WHERE change_set = $2 AND actor = $3 AND until > clock_timestamp()
        ORDER BY looked_at DESC LIMIT 1
    ) AS mine ON true
    WHERE seats.taken < $6
    RETURNING session
"""
_PRESENT = """
    SELECT DISTINCT ON (change_set, actor) change_set, actor, actor_name, rid, path,
        min(since) OVER (PARTITION BY change_set, actor) AS since
    FROM presence WHERE change_set = ANY ($1::text[]) AND until > clock_timestamp()
    ORDER BY change_set, actor, looked_at DESC
"""


class PresenceTable:
    """The seats of all processes, in one table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def arrive(self, session: str, actor: Actor, change_set: str) -> None:
        """Take a seat; NotFound where there is no such change set, InvalidState where there is no seat left."""
        async with self._database.writing() as work:
            await change_sets.find(work, change_set)
            rows = await work.fetch(_ARRIVE, UUID(session), change_set, actor.id, actor.name, PRESENT_SECONDS, MOST_SEATS)
            if not rows:
                message = f"At most {MOST_SEATS:,} connections look at one change set."
                raise InvalidState(message, limit=MOST_SEATS)
            await work.execute(f"NOTIFY {STATE_CHANNEL}")

    async def keep(self, sessions: Collection[str]) -> None:
        """Let these seats last for a minute from now, and forget those that ended long ago."""
        async with self._database.writing() as work:
            await work.execute(
                "UPDATE presence SET until = clock_timestamp() + $2 * interval '1 second' WHERE session = ANY ($1::uuid[])",
                [UUID(each) for each in sessions], PRESENT_SECONDS,
            )  # fmt: skip
            await work.execute("DELETE FROM presence WHERE until < clock_timestamp() - $1 * interval '1 second'", PRESENT_SECONDS)

    async def leave(self, sessions: Collection[str], *, grace: float) -> None:
        """Give these seats up, in so many seconds; that they have lapsed is found by looking."""
        async with self._database.writing() as work:
            await work.execute(
                "UPDATE presence SET until = least(until, clock_timestamp() + $2 * interval '1 second') WHERE session = ANY ($1::uuid[])",
                [UUID(each) for each in sessions], grace,
            )  # fmt: skip

    async def look_at(self, actor: Actor, change_set: str, rid: str | None, path: str | None) -> bool:
        """Show what somebody who has a seat looks at; False where they have none."""
        async with self._database.writing() as work:
            rows = await work.fetch(
                """
                UPDATE presence SET rid = $3, path = $4, looked_at = clock_timestamp()
                WHERE change_set = $1 AND actor = $2 AND until > clock_timestamp() RETURNING session
                """,
                change_set, actor.id, rid, path,
            )  # fmt: skip
            await work.execute(f"NOTIFY {STATE_CHANNEL}")
        return bool(rows)


async def present(source: Source, change_sets: Sequence[str]) -> dict[str, Present]:
    """Who is looking, by change set."""
    found: dict[str, list[Attendant]] = {}
    for row in await source.fetch(_PRESENT, change_sets):
        attendant = Attendant(row["actor"], row["actor_name"], row["rid"], row["path"], row["since"])
        found.setdefault(row["change_set"], []).append(attendant)
    return {change_set: tuple(sorted(those, key=lambda each: (each.since, each.id))) for change_set, those in found.items()}
