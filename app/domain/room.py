"""A change set as one process knows it: who sits there by its own connections, by what processes share, and by the table.

What is seen in several places is there; what is seen in none lapses when its seat would have. Moments are those of a clock that
only goes forward, of this process; how long a seat has left is what its place said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.presence import people

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from app.domain.presence import Present, Seat

    Until = dict[str, tuple[Seat, float]]  # by session, with the moment it lapses


class Room:
    """Nothing here waits or asks; `app/services/seating.py` tells it what is found."""

    def __init__(self) -> None:
        self.mine: dict[str, Seat] = {}  # of connections that are open
        self._leaving: Until = {}  # of connections that were
        self._shared: Until = {}
        self._held: Until = {}  # were shared before that was wiped, and not announced again yet
        self._table: Until = {}
        self._era: str | None = None

    def take(self, seat: Seat, now: float) -> Seat:
        """A connection of this process has a seat; whoever was known to be there has never been away."""
        known = [each for each in self._all(now) if each.actor == seat.actor]
        if known:
            newest = max((seat, *known), key=lambda each: each.looked_at)
            since = min(seat.since, *(each.since for each in known))
            seat = replace(seat, since=since, rid=newest.rid, path=newest.path, looked_at=newest.looked_at)
        self.mine[seat.session] = seat
        return seat

    def give_up(self, session: str, ends: float) -> None:
        """A connection of this process ended; its person is shown until then."""
        seat = self.mine.pop(session, None)
        if seat is not None:
            self._leaving[session] = (seat, ends)

    def look(self, actor: str, rid: str | None, path: str | None, at: datetime) -> bool:
        """Somebody said what they look at; whether they sit here by a connection of this process."""
        own = [seat for seat in self.mine.values() if seat.actor == actor]
        for seat in own:
            self.mine[seat.session] = replace(seat, rid=rid, path=path, looked_at=max(at, seat.looked_at))
        return bool(own)

    def shared(self, found: Iterable[Seat], era: str | None, now: float) -> bool:
        """What processes share, of this era; whether it has forgotten seats of this process."""
        seats = list(found)
        before, self._shared = self._shared, {seat.session: (seat, now + seat.rest) for seat in seats}
        if self._era is not None and era != self._era:
            self._held |= before
        self._era = era
        gone = self._shared.keys() | self.mine.keys() | self._leaving.keys()
        self._held = {session: kept for session, kept in self._held.items() if session not in gone and kept[1] > now}
        self._adopt(seats)
        return bool(self.forgotten())

    def forgotten(self) -> list[Seat]:
        """Seats of this process that were not shared when that was looked at last."""
        return [seat for session, seat in self.mine.items() if session not in self._shared]

    def table(self, found: Iterable[Seat], now: float) -> None:
        """What the table has."""
        seats = list(found)
        self._table = {seat.session: (seat, now + seat.rest) for seat in seats}
        self._adopt(seats)

    def strangers(self, now: float) -> bool:
        """Whether somebody's process cannot see what is shared, and needs to find the seats of this one in the table."""
        own = self.mine.keys() | self._leaving.keys()
        return any(seat.alone and ends > now and session not in own for session, (seat, ends) in self._table.items())

    def people(self, now: float) -> Present:
        """Who is there."""
        return people(self._all(now))

    def empty(self, now: float) -> bool:
        """Whether nobody is there."""
        return next(self._all(now), None) is None

    def _all(self, now: float) -> Iterator[Seat]:
        yield from self.mine.values()
        for seats in (self._leaving, self._shared, self._held, self._table):
            yield from (seat for seat, ends in seats.values() if ends > now)

    def _adopt(self, found: list[Seat]) -> None:
        """What somebody here said by way of another process is known by their seat here too."""
        actors = {seat.actor for seat in self.mine.values()}
        for seat in found:
            if seat.actor in actors:
                for own in self.mine.values():
                    if own.actor == seat.actor and own.looked_at < seat.looked_at:
                        self.mine[own.session] = replace(own, rid=seat.rid, path=seat.path, looked_at=seat.looked_at)
