"""What a subscription's resolver returns: a log or a state, where to begin, which of its events are wanted and what they look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from app.persistence.log import Cursor
    from app.services.live import Following

Event = TypeVar("Event")


class Feed(Generic[Event]):
    """Iterated over, it follows it for one subscriber; the groups read its parts and follow it for many."""

    def __init__(
        self, following: Following, event: Callable[[Any], Event], wants: Callable[[Any], bool] = lambda _: True,
        ended: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.stream = following.stream
        self.cursor: Cursor | None = following.cursor
        self.limit = following.limit
        self.resumable = following.resumable
        self.event = event
        self.wants = wants
        self.ended = ended  # called when the one who asked for it follows it no more
        self._events: AsyncGenerator[Event, None] | None = None

    def __aiter__(self) -> AsyncIterator[Event]:
        self._events = self._follow()
        return self._events

    async def aclose(self) -> None:
        """End the iteration."""
        if self._events is not None:
            await self._events.aclose()

    async def _follow(self) -> AsyncGenerator[Event, None]:
        cursor = self.cursor or self.stream.cursor
        while True:
            for entry in await self.stream.after(cursor):
                cursor = entry.cursor
                if self.wants(entry):
                    yield self.event(entry)
            await self.stream.beyond(cursor)
