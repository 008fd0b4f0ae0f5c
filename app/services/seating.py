"""Who sits where: the seats of this process's connections, and everybody's as this process knows them.

Where processes share something faster than the database, seats are kept there, and in the table only while somebody cannot reach it:
this process, or one whose seats are seen in the table alone. So nobody is missing to anybody, whoever is cut off from what; and
whatever forgets its seats is told them again, since each process knows its own.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from app.domain.errors import OmsError, Unavailable
from app.domain.presence import GRACE_SECONDS
from app.domain.room import Room
from app.ending import ended
from app.observability.metrics import PRESENCE_SEATS
from app.persistence import presence
from app.persistence.watch import Watch
from app.ports.shared import Away

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence

    from app.domain.actor import Actor
    from app.domain.presence import Present, Seat
    from app.persistence.log import Source
    from app.persistence.presence import PresenceTable
    from app.ports.presence import Seats

POLL_SECONDS = 2.0
LOST = 2  # looks in a row without an answer, after which the seats of this process are in the table
FRESH_SECONDS = 1.0  # that somebody who begins to follow waits for what is shared, at most

log = structlog.get_logger(__name__)


class Seating:
    """Serves what this process follows; without `shared` everything is in the table."""

    def __init__(
        self,
        table: PresenceTable,
        shared: Seats | None = None,
        *,
        poll_seconds: float = POLL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.watch: Watch[Present] = Watch(self._read, ())
        self._table = table
        self._shared = shared
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._rooms: defaultdict[str, Room] = defaultdict(Room)
        self._tabled: dict[str, tuple[Seat, bool]] = {}  # seats of this process in the table, and whether as copies
        self._failures = 0  # looks at what is shared, in a row
        self._hinted: set[str] = set()
        self._wanted = asyncio.Event()
        self._turn = asyncio.Lock()  # of who writes, so that no seat is kept after it was given up
        self._followers: list[asyncio.Future[None]] = []  # who wait for the next look

    @property
    def reaches(self) -> bool:
        """Whether what processes share answers this one."""
        return self._shared is not None and self._failures < LOST

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Seating]:
        """Look at what is shared until the block ends."""
        looking = asyncio.create_task(self._look_on(self._shared), name="presence") if self._shared is not None else None
        try:
            yield self
        finally:
            if looking is not None:
                await ended(looking)

    def hinted(self, change_set: str) -> None:
        """Somebody changed something there."""
        if change_set in self.watch:
            self._hinted.add(change_set)
            self._wanted.set()

    def again(self) -> None:
        """Whatever was hinted for a while may have been missed: look at everything now."""
        self._hinted |= set(self.watch)
        self._wanted.set()

    async def caught_up(self, change_set: str) -> None:
        """Wait for a look that begins after this call, for a moment at most."""
        if self._shared is not None:
            seen = asyncio.get_running_loop().create_future()
            self._followers.append(seen)
            self._hinted.add(change_set)
            self._wanted.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(FRESH_SECONDS):
                    await seen

    async def arrive(self, seat: Seat) -> None:
        """Take a seat for a connection of this process; NotFound where there is no such change set, InvalidState without a free seat."""
        taken = None
        if self._shared is not None and self.reaches:
            await self._table.known(seat.change_set)
            with self._losing():
                taken = await self._shared.arrive(seat)
        if taken is None:
            self._tabled[seat.session] = (seat, False)
            taken = await self._table.arrive(seat)
        kept = self._rooms[seat.change_set].take(taken, self._clock())
        self._show(seat.change_set)
        self._wanted.set()
        if kept != taken:  # its person is known to have been there longer than its place knows
            async with self._turn:
                await self._put([kept])

    async def keep(self) -> None:
        """Let the seats of this process last for a minute from now, wherever they are."""
        async with self._turn:
            await self._put(self._mine())

    async def leave(self, seats: Collection[Seat], *, grace: float) -> None:
        """Give seats of this process up, in so many seconds, wherever they are."""
        for seat in seats:
            if seat.change_set in self._rooms:
                self._rooms[seat.change_set].give_up(seat.session, self._clock() + grace)
        async with self._turn:
            if self._shared is not None and self.reaches:
                with self._losing():
                    await self._shared.leave(seats, grace=grace)
            tabled = [seat for seat in seats if self._tabled.pop(seat.session, None)]
            if tabled:
                await self._table.leave(tabled, grace=grace)

    async def look_at(self, actor: Actor, change_set: str, rid: str | None, path: str | None) -> bool:
        """Show what somebody who has a seat looks at; False where they have none, in this process or any."""
        at = None
        if self._shared is not None and self.reaches:
            with self._losing():
                at = await self._shared.look_at(actor, change_set, rid, path)
        if at is None or self._tabled:
            tabled = await self._table.look_at(actor, change_set, rid, path)
            at = at or tabled
        room = self._rooms.get(change_set, Room())
        here = room.look(actor.id, rid, path, at or datetime.now(UTC))
        if here:
            self._show(change_set)
        elif at is None and any(each.id == actor.id for each in room.people(self._clock())):
            raise Unavailable("Where presence is kept does not answer: try again.", retry_after=2)
        return here or at is not None

    async def _read(self, source: Source, change_sets: Sequence[str]) -> dict[str, Present]:
        """What the reader of the log finds in the table, and who is known to be there beside."""
        self._forget()
        found = await presence.seats(source, change_sets)
        now = self._clock()
        for change_set in change_sets:
            self._rooms[change_set].table(found.get(change_set, ()), now)
        if self._shared is not None and self._differing():
            self._wanted.set()
        return {change_set: self._rooms[change_set].people(now) for change_set in change_sets}

    async def _put(self, seats: Collection[Seat]) -> None:
        """Keep seats of this process where they are."""
        if self._shared is not None and self.reaches and seats:
            with self._losing():
                await self._shared.keep(seats)
        for copies in (False, True):
            those = [seat for seat in seats if self._tabled.get(seat.session, (seat, None))[1] is copies]
            if those:
                await self._table.keep(those, copies=copies)

    async def _look_on(self, shared: Seats) -> None:
        looked = self._clock() - self._poll_seconds
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._wanted.wait()
            self._wanted.clear()
            hinted, self._hinted = self._hinted, set()
            followers, self._followers = self._followers, []
            if self._clock() - looked >= 0.9 * self._poll_seconds:
                looked = self._clock()
                self._forget()
                hinted |= {*self.watch, *self._rooms}
            try:
                await self._look(shared, hinted)
                await self._settle()
            except OmsError as failed:
                log.warning("Presence could not be written.", reason=failed.message)
            except Exception:  # nothing may end the one who looks
                log.exception("Looking at presence failed.")
            for each in followers:
                if not each.done():
                    each.set_result(None)

    async def _look(self, shared: Seats, change_sets: Collection[str]) -> None:
        """Find what is shared; seats of this process that are missing there are taken again."""
        try:
            found = await shared.seats(change_sets)
            self._failures = 0 if change_sets else self._failures
            for change_set, (seats, era) in found.items():
                if self._rooms[change_set].shared(seats, era, self._clock()):
                    async with self._turn:
                        await shared.keep(self._rooms[change_set].forgotten())
        except Away:
            self._failures += 1
        for change_set in change_sets:
            self._show(change_set)

    async def _settle(self) -> None:
        """Have the seats of this process in the table that somebody needs to find there, and no other."""
        wrong = self._differing()
        if wrong:
            async with self._turn:
                ending = [self._tabled.pop(session)[0] for session in wrong if session in self._tabled]
                if ending:
                    await self._table.leave(ending, grace=GRACE_SECONDS)
                seats, copies = [seat for seat in self._mine() if seat.session in wrong], self.reaches
                if seats and (not copies or self._strangers()):
                    await self._table.keep(seats, copies=copies)
                    self._tabled |= {seat.session: (seat, copies) for seat in seats}
        PRESENCE_SEATS.labels("table").set(len(self._tabled))
        PRESENCE_SEATS.labels("shared").set(len(self._mine()) if self.reaches else 0)

    def _differing(self) -> set[str]:
        """Sessions of this process that the table should have and has not, or has and should not."""
        mine = {seat.session for seat in self._mine()}
        wanted = None if self.reaches and not self._strangers() else self.reaches
        has = {session: copies for session, (_, copies) in self._tabled.items()}
        return {session for session in mine | has.keys() if has.get(session) is not (wanted if session in mine else None)}

    def _strangers(self) -> bool:
        now = self._clock()
        return any(room.strangers(now) for room in self._rooms.values())

    def _mine(self) -> list[Seat]:
        return [seat for room in self._rooms.values() for seat in room.mine.values()]

    @contextmanager
    def _losing(self) -> Iterator[None]:
        """Whoever gets no answer goes on in the table at once."""
        try:
            yield
        except Away:
            self._failures = LOST
            self._wanted.set()

    def _show(self, change_set: str) -> None:
        self.watch.show(change_set, self._rooms[change_set].people(self._clock()))

    def _forget(self) -> None:
        now = self._clock()
        for change_set in [each for each, room in self._rooms.items() if each not in self.watch and room.empty(now)]:
            del self._rooms[change_set]
        if not (self._rooms or self._tabled):
            self._failures = 0  # nobody asks whether it answers again, so the next one who comes does
