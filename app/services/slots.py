"""A bound on how much of one kind of work a process does at once."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Slots:
    """At most so many at once. Whoever comes then is told to come back: waiting would hold a connection, and hide that there is a queue."""

    def __init__(self, most: int, message: str, *, retry_after: int = 5) -> None:
        self._free = most
        self._message = message
        self._retry_after = retry_after

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold one until the block ends; Unavailable, with the seconds after which to try again, where none is free."""
        if not self._free:
            raise Unavailable(self._message, retry_after=self._retry_after)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


def export_slots(most: int) -> Slots:
    """For exports, each of which holds an ontology in memory until its last byte is taken."""
    return Slots(most, f"As many exports run as a process writes at once ({most:,}): try again in a moment.")
