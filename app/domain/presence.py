"""Presence: who is looking at a change set, and at what of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.errors import InvalidState

PRESENT_SECONDS = 60  # that a seat lasts when its process is gone without a word
KEPT_EVERY_SECONDS = 20
GRACE_SECONDS = 10  # that somebody is still there whose connection was lost
MOST_SEATS = 1_000  # of one change set
SHOWN = 100  # people of one change set
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Attendant:
    """One person who is looking, however many windows they have open."""

    id: str
    name: str
    rid: str | None  # the entity that they look at
    path: str | None  # … and the field of it
    since: datetime


Present = tuple[Attendant, ...]
"""Everybody who is looking at one change set, whoever came first before the others."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One connection that looks at a change set; times are those of the clock of where it is kept."""

    session: str  # a random UUID
    change_set: str
    actor: str
    name: str
    since: datetime
    looked_at: datetime = NEVER  # when they said, last, what they look at
    rid: str | None = None
    path: str | None = None
    rest: float = PRESENT_SECONDS  # seconds until it lapses
    alone: bool = False  # it is in the table only, since its process cannot reach what processes share


def people(seats: Iterable[Seat]) -> Present:
    """Who sits there: a person has been there since the first of their seats, and looks at what they said last in any."""
    found: dict[str, Attendant] = {}
    looked: dict[str, datetime] = {}
    for seat in seats:
        known = found.get(seat.actor)
        if known is None or seat.looked_at > looked[seat.actor]:
            since = seat.since if known is None else min(known.since, seat.since)
            found[seat.actor] = Attendant(seat.actor, seat.name, seat.rid, seat.path, since)
            looked[seat.actor] = seat.looked_at
        elif seat.since < known.since:
            found[seat.actor] = Attendant(known.id, known.name, known.rid, known.path, seat.since)
    return tuple(sorted(found.values(), key=lambda each: (each.since, each.id)))


def no_seat_left() -> InvalidState:
    """What whoever comes too late is told."""
    return InvalidState(f"At most {MOST_SEATS:,} connections look at one change set.", limit=MOST_SEATS)
