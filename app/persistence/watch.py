"""States that people follow live: read again whenever they may have changed, and told as events of this process's memory.

Unlike a log they have no past. Whoever begins, and whoever fell far behind, is told all of the state at once; after that, what changes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakValueDictionary

from app.domain.errors import CursorExpired
from app.persistence.log import Cursor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from app.persistence.log import Source

State = TypeVar("State")

STATE_CHANNEL = "oms_state"
RING = 256  # newest changes kept of each state
BEGINNING = Cursor(1, -1)  # of who has seen nothing


@dataclass(frozen=True, slots=True)
class Sight(Generic[State]):
    """A change of a state, at an even position; or all of it, at the odd one before that of its newest change."""

    position: int
    before: State
    after: State

    @property
    def whole(self) -> bool:
        """Whether `before` is nothing, whatever was seen."""
        return self.position % 2 == 1

    @property
    def cursor(self) -> Cursor:
        """Where a follower goes on; it counts in this process only."""
        return Cursor(BEGINNING.epoch, self.position + self.position % 2)


class Watched(Generic[State]):
    """One state as a process knows it."""

    def __init__(self, nothing: State) -> None:
        self.known = False
        self._end = 0
        self._nothing = nothing
        self._state = nothing
        self._ring: deque[Sight[State]] = deque(maxlen=RING)
        self._moved = asyncio.Event()

    @property
    def cursor(self) -> Cursor:
        """The newest change."""
        return Cursor(BEGINNING.epoch, self._end)

    def show(self, state: State) -> None:
        """Tell the followers what it is now, where that is new."""
        before, self._state = self._state, state
        if self.known and state != before:
            self._end += 2
            self._ring.append(Sight(self._end, before, state))
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()
        self.known = True

    async def beyond(self, cursor: Cursor) -> None:
        """Wait until there is more than the cursor has seen."""
        while self._end <= cursor.position:
            await self._moved.wait()

    async def after(self, cursor: Cursor) -> Sequence[Sight[State]]:
        """What followed the cursor, or all of it where that is not known any more."""
        if cursor.position < self._end - 2 * len(self._ring) or cursor == BEGINNING:
            return [Sight(self._end - 1, self._nothing, self._state)]
        return [sight for sight in self._ring if sight.position > cursor.position]

    def check(self, cursor: Cursor) -> None:
        """Refuse a cursor that is not of this state."""
        if cursor.position > self._end:
            raise CursorExpired


class Watch(Generic[State]):
    """The states of one sort that somebody follows now, by their keys; the reader of the log looks at all of them in one statement."""

    def __init__(self, read: Callable[[Source, Sequence[str]], Awaitable[Mapping[str, State]]], nothing: State) -> None:
        self._read = read
        self._nothing = nothing
        self._streams: WeakValueDictionary[str, Watched[State]] = WeakValueDictionary()

    def stream(self, key: str) -> Watched[State]:
        """The state under a key; it is known after the next look, and forgotten when nobody follows it any more."""
        found = self._streams.get(key)
        if found is None:
            found = self._streams[key] = Watched(self._nothing)
        return found

    def __iter__(self) -> Iterator[str]:
        """The keys that somebody follows."""
        return iter(list(self._streams))

    def __contains__(self, key: str) -> bool:
        return key in self._streams

    def show(self, key: str, state: State) -> None:
        """Tell the followers of a key, where its state was looked at before."""
        stream = self._streams.get(key)
        if stream is not None and stream.known:
            stream.show(state)

    async def look(self, source: Source) -> None:
        """Read what is followed, and tell what has changed."""
        streams = dict(self._streams)
        if streams:
            found = await self._read(source, list(streams))
            for key, stream in streams.items():
                stream.show(found.get(key, self._nothing))
