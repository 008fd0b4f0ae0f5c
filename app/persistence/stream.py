"""One ontology's log as a process knows it: its end, its newest events, and pages of older ones."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from app.domain.errors import CursorExpired
from app.persistence.log import Cursor, Entry, Log, entries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from app.persistence.database import Database

    class Followed(Protocol):
        """What can be followed: a log, or a state."""

        @property
        def cursor(self) -> Cursor:
            """The newest event."""

        async def beyond(self, cursor: Cursor) -> None:
            """Wait until there is more than the cursor has seen."""

        async def after(self, cursor: Cursor) -> Sequence[Any]:
            """What follows the cursor; each event has a `position` and a `cursor`."""

        def check(self, cursor: Cursor) -> None:
            """Refuse a cursor that is not of this."""


RING = 1_024  # newest events kept of each log
PAGE = 256  # older events read at once
PAGES = 40  # pages of older events kept of each log


class Stream:
    """Grows by what the tail reads; followers wait for it to grow and read what is after their cursor."""

    def __init__(self, log: Log, ontology: str, epoch: int, end: int, database: Database) -> None:
        self.log = log
        self.ontology = ontology
        self.epoch = epoch
        self.end = end
        self._ring: deque[Entry] = deque(maxlen=RING)
        self._pages: OrderedDict[tuple[int, int], asyncio.Task[Sequence[Entry]]] = OrderedDict()
        self._moved = asyncio.Event()
        self._database = database

    def add(self, found: Sequence[Entry]) -> None:
        """Append what follows the end; a hole means that the log is not the one that was followed, so all start anew."""
        if any(entry.position != self.end + 1 + index for index, entry in enumerate(found)):
            self.restart(self.epoch, found[-1].position)
            return
        self._ring.extend(found)
        self.end = found[-1].position if found else self.end
        self._wake()

    def restart(self, epoch: int, end: int) -> None:
        """Forget everything: the database was restored. Who follows by an older cursor is told that it expired."""
        self._ring.clear()
        self._pages.clear()
        self.epoch, self.end = epoch, end
        self._moved.set()
        self._moved = asyncio.Event()

    @property
    def cursor(self) -> Cursor:
        """The newest event."""
        return Cursor(self.epoch, self.end)

    async def beyond(self, cursor: Cursor) -> None:
        """Wait until there is more than the cursor has seen; CursorExpired when its epoch ends."""
        while self.end <= cursor.position:
            moved = self._moved
            await moved.wait()
            self.check(cursor)

    def check(self, cursor: Cursor) -> None:
        """Refuse a cursor that is not of this log: another epoch, or beyond its end after a restore."""
        if cursor.epoch != self.epoch or cursor.position > self.end:
            raise CursorExpired

    async def after(self, cursor: Cursor) -> Sequence[Entry]:
        """What follows the cursor, a page at most: from memory, or by one query that all who ask for it share."""
        self.check(cursor)
        if cursor.position >= self.end:
            return ()
        oldest = self.end - len(self._ring)  # the position before the ring
        if cursor.position >= oldest:
            start = cursor.position - oldest
            return [self._ring[index] for index in range(start, min(start + PAGE, len(self._ring)))]
        page = await self._page(cursor.position // PAGE)
        return [entry for entry in page if entry.position > cursor.position]

    async def _page(self, number: int) -> Sequence[Entry]:
        last = min((number + 1) * PAGE, self.end)
        reading = self._pages.get((number, last))
        if reading is None or (reading.done() and (reading.cancelled() or reading.exception())):
            reading = asyncio.create_task(self._read(number * PAGE, last), name=f"older events of {self.ontology}")
            self._pages[number, last] = reading
            while len(self._pages) > PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end((number, last))
        return await asyncio.shield(reading)

    async def _read(self, after: int, last: int) -> Sequence[Entry]:
        async with self._database.reading() as snapshot:
            found = await entries(snapshot, self.log, self.epoch, [(self.ontology, after)], last - after)
        if [entry.position for entry in found] != list(range(after + 1, last + 1)):
            raise CursorExpired
        return tuple(found)

    def reading(self) -> list[asyncio.Task[Sequence[Entry]]]:
        """The queries under way, which the tail ends when it ends."""
        return [task for task in self._pages.values() if not task.done()]

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
