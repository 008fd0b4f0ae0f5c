"""Presence in PostgreSQL: a row a connection, which lapses by the clock of the database.

The row of a connection whose process sees nobody elsewhere has its session's own id, which is random. A process that also keeps its
seats elsewhere writes copies of them for such processes; their ids are derived, which is how the two are told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, UUID, uuid5

from app.domain.presence import MOST_SEATS, PRESENT_SECONDS, Seat, no_seat_left
from app.persistence import change_sets
from app.persistence.watch import STATE_CHANNEL
from app.ports.presence import Seated

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from app.domain.actor import Actor
    from app.persistence.database import Database
    from app.persistence.log import Source

RANDOM = 4  # the version of the ids that are nobody's copy
_ARRIVE = """
    INSERT INTO presence (session, change_set, actor, actor_name, rid, path, since, looked_at, until)
    SELECT $1, $2, $3, $4, mine.rid, mine.path, coalesce(mine.since, clock_timestamp()), coalesce(mine.looked_at, to_timestamp(0)),
        clock_timestamp() + $5 * interval '1 second'
    FROM (SELECT count(*) AS taken FROM presence WHERE change_set = $2 AND until > clock_timestamp()) AS seats
    LEFT JOIN LATERAL (
        SELECT rid, path, since, looked_at FROM presence WHERE change_set = $2 AND actor = $3 AND until > clock_timestamp()
        ORDER BY looked_at DESC LIMIT 1
    ) AS mine ON true
    WHERE seats.taken < $6
    RETURNING rid, path, since, looked_at
"""
_KEEP = """
    INSERT INTO presence AS kept (session, change_set, actor, actor_name, rid, path, since, looked_at, until)
    SELECT told.session, told.change_set, told.actor, told.name, told.rid, told.path, told.since, told.looked_at,
        clock_timestamp() + $9 * interval '1 second'
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
        AS told (session, change_set, actor, name, rid, path, since, looked_at)
    JOIN change_set ON change_set.rid = told.change_set
    ORDER BY told.session
    ON CONFLICT (session) DO UPDATE SET until = excluded.until, since = least(kept.since, excluded.since),
        rid = CASE WHEN kept.looked_at < excluded.looked_at THEN excluded.rid ELSE kept.rid END,
        path = CASE WHEN kept.looked_at < excluded.looked_at THEN excluded.path ELSE kept.path END,
        looked_at = greatest(kept.looked_at, excluded.looked_at)
    RETURNING xmax = 0 AS new
"""
_SEATS = """
    SELECT session, change_set, actor, actor_name, rid, path, since, looked_at,
        extract(epoch FROM until - clock_timestamp())::float8 AS rest
    FROM presence WHERE change_set = ANY ($1::text[]) AND until > clock_timestamp()
"""


class PresenceTable:
    """The seats of all processes, in one table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, change_set: str) -> None:
        """NotFound where there is no such change set."""
        async with self._database.reading() as snapshot:
            await change_sets.find(snapshot, change_set)

    async def arrive(self, seat: Seat) -> Seat:
        """Take a seat; NotFound where there is no such change set, InvalidState where there is no seat left."""
        async with self._database.writing() as work:
            await change_sets.find(work, seat.change_set)
            row = await work.fetchrow(_ARRIVE, UUID(seat.session), seat.change_set, seat.actor, seat.name, PRESENT_SECONDS, MOST_SEATS)
            if row is None:
                raise no_seat_left()
            await work.execute(f"NOTIFY {STATE_CHANNEL}")
        return Seat(seat.session, seat.change_set, seat.actor, seat.name, row["since"], row["looked_at"], row["rid"], row["path"])

    async def keep(self, seats: Collection[Seat], *, copies: bool = False) -> None:
        """Let these seats last for a minute from now, forgotten ones as well; and forget those that ended long ago."""
        async with self._database.writing() as work:
            if seats:
                told = [
                    (_copy(seat.session) if copies else UUID(seat.session), seat.change_set, seat.actor, seat.name, seat.rid, seat.path,
                     seat.since, seat.looked_at)
                    for seat in seats
                ]  # fmt: skip
                rows = await work.fetch(_KEEP, *map(list, zip(*told, strict=True)), PRESENT_SECONDS)
                if any(row["new"] for row in rows):
                    await work.execute(f"NOTIFY {STATE_CHANNEL}")
            await work.execute("DELETE FROM presence WHERE until < clock_timestamp() - $1 * interval '1 second'", PRESENT_SECONDS)

    async def leave(self, seats: Collection[Seat], *, grace: float) -> None:
        """Give these seats up, and their copies, in so many seconds; that they have lapsed is found by looking."""
        own = [UUID(seat.session) for seat in seats]
        async with self._database.writing() as work:
            await work.execute(
                "UPDATE presence SET until = least(until, clock_timestamp() + $2 * interval '1 second') WHERE session = ANY ($1::uuid[])",
                [*own, *(_copy(seat.session) for seat in seats)], grace,
            )  # fmt: skip

    async def look_at(self, actor: Actor, change_set: str, rid: str | None, path: str | None) -> datetime | None:
        """Show what somebody who has a seat looks at, and say when that was; None where they have no seat."""
        async with self._database.writing() as work:
            rows = await work.fetch(
                """
                UPDATE presence SET rid = $3, path = $4, looked_at = clock_timestamp()
                WHERE change_set = $1 AND actor = $2 AND until > clock_timestamp() RETURNING looked_at
                """,
                change_set, actor.id, rid, path,
            )  # fmt: skip
            if rows:
                await work.execute(f"NOTIFY {STATE_CHANNEL}")
        return max((row["looked_at"] for row in rows), default=None)

    async def seats(self, change_sets: Collection[str]) -> dict[str, Seated]:
        """The seats that have not lapsed."""
        async with self._database.reading() as snapshot:
            return {change_set: Seated(tuple(those)) for change_set, those in (await seats(snapshot, list(change_sets))).items()}


async def seats(source: Source, change_sets: Sequence[str]) -> dict[str, list[Seat]]:
    """The seats that have not lapsed, by change set."""
    found: dict[str, list[Seat]] = {}
    for row in await source.fetch(_SEATS, change_sets):
        session: UUID = row["session"]
        seat = Seat(
            str(session), row["change_set"], row["actor"], row["actor_name"], row["since"], row["looked_at"], row["rid"], row["path"],
            row["rest"], alone=session.version == RANDOM,
        )  # fmt: skip
        found.setdefault(seat.change_set, []).append(seat)
    return found


def _copy(session: str) -> UUID:
    return uuid5(NAMESPACE_OID, session)
