"""The two logs that subscribers follow: merges by revision, and what happened to change sets by position.

Both are dense: an ontology's positions have no holes, and commit order is their order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from app.domain.errors import InvalidCursor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Protocol

    class Source(Protocol):
        """What statements are sent to: a connection or a snapshot."""

        async def fetch(self, sql: str, *arguments: Any) -> list[Any]: ...


GREATEST = 2**63 - 1
_CURSOR = re.compile(r"(0|[1-9][0-9]{0,18})\.(0|[1-9][0-9]{0,18})", re.ASCII)


class Log(Enum):
    """What an ontology's log tells of."""

    MERGES = "revision"
    CHANGE_SETS = "change_set_event"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a log: the event at `position` was the last one seen."""

    epoch: int
    position: int

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read `epoch.position`; InvalidCursor for anything else."""
        match = _CURSOR.fullmatch(text)
        if match is None:
            raise InvalidCursor("A cursor is an epoch and a position, such as 1.42.")
        epoch, position = map(int, match.groups())
        if max(epoch, position) > GREATEST:
            raise InvalidCursor("A cursor is an epoch and a position, such as 1.42.")
        return cls(epoch, position)

    def __str__(self) -> str:
        return f"{self.epoch}.{self.position}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of either log; a merge has counts, an event of a change set its type and the envelope of then."""

    log: Log
    ontology: str
    epoch: int
    position: int
    change_set: str
    actor: str
    actor_name: str
    at: datetime
    counts: Mapping[str, Any] | None = None
    type: str = "merged"
    data: Mapping[str, Any] | None = None

    @property
    def cursor(self) -> Cursor:
        """Where a subscriber goes on after this event."""
        return Cursor(self.epoch, self.position)


@dataclass(frozen=True, slots=True)
class Ends:
    """How far one ontology's logs go."""

    ontology: str
    api_name: str
    epoch: int
    revision: int
    position: int

    def of(self, log: Log) -> int:
        """The last position of one of them."""
        return self.revision if log is Log.MERGES else self.position


async def ends(source: Source) -> list[Ends]:
    """Every ontology with the ends of its logs, in one statement."""
    rows = await source.fetch(_ENDS)
    return [Ends(row["rid"], row["api_name"], row["epoch"], row["head_revision"], row["position"]) for row in rows]


async def entries(source: Source, log: Log, epoch: int, after: Iterable[tuple[str, int]], limit: int) -> list[Entry]:
    """What stands after each ontology's position, by ontology and position; one range query for all of them."""
    known = list(after)
    rows = await source.fetch(_ENTRIES[log], [ontology for ontology, _ in known], [position for _, position in known], limit)
    return [_entry(log, epoch, row) for row in rows]


async def ontology_of_change_set(source: Source, rid: str) -> str | None:
    """The rid of the ontology that a change set belongs to."""
    rows: Sequence[Any] = await source.fetch("SELECT ontology FROM change_set WHERE rid = $1", rid)
    return rows[0]["ontology"] if rows else None


_ENDS = """
SELECT o.rid, o.api_name, o.head_revision, coalesce(c.change_set_events, 0) AS position, i.epoch
FROM ontology o
CROSS JOIN installation i
LEFT JOIN ontology_counter c ON c.ontology = o.rid
"""
# Each ontology's log is asked by itself: of a join PostgreSQL reads the whole log in its order, since it cannot know how little is
# behind a position.
_ENTRIES = {
    Log.MERGES: """
        SELECT known.ontology, new.* FROM unnest($1::text[], $2::bigint[]) AS known (ontology, position) CROSS JOIN LATERAL (
            SELECT r.revision AS position, r.change_set, r.actor, r.actor_name, r.at, r.counts FROM revision AS r
            WHERE r.ontology = known.ontology AND r.revision > known.position ORDER BY r.revision LIMIT $3
        ) AS new ORDER BY known.ontology, new.position LIMIT $3
    """,
    Log.CHANGE_SETS: """
        SELECT known.ontology, new.* FROM unnest($1::text[], $2::bigint[]) AS known (ontology, position) CROSS JOIN LATERAL (
            SELECT e.position, e.change_set, e.actor, e.actor_name, e.at, e.type, e.data FROM change_set_event AS e
            WHERE e.ontology = known.ontology AND e.position > known.position ORDER BY e.position LIMIT $3
        ) AS new ORDER BY known.ontology, new.position LIMIT $3
    """,
}


def _entry(log: Log, epoch: int, row: Mapping[str, Any]) -> Entry:
    told = {"counts": row["counts"]} if log is Log.MERGES else {"type": row["type"], "data": row["data"]}
    return Entry(
        log, row["ontology"], epoch, row["position"], row["change_set"], row["actor"], row["actor_name"], row["at"], **told,
    )  # fmt: skip
