"""Where seats at change sets are kept, for all processes to see: anything that forgets by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from app.domain.actor import Actor
    from app.domain.presence import Seat


class Seated(NamedTuple):
    """Who sits at one change set."""

    seats: tuple[Seat, ...]
    era: str | None = None  # another one when everything was forgotten in between; None where nothing is known of the change set


class Seats(Protocol):
    """Seats of connections at change sets. Each lasts for a minute unless it is kept; changes are told to every process.

    `Away` where the place can be, and then nothing is known of what was asked for.
    """

    async def arrive(self, seat: Seat) -> Seat:
        """Take a seat, with the times of this place; InvalidState where no seat is left.

        Whoever was there a moment ago has never been away, and looks at what they looked at.
        """

    async def keep(self, seats: Collection[Seat]) -> None:
        """Let these seats last for a minute from now; what was forgotten of them is there again."""

    async def leave(self, seats: Collection[Seat], *, grace: float) -> None:
        """Give these seats up, in so many seconds."""

    async def look_at(self, actor: Actor, change_set: str, rid: str | None, path: str | None) -> datetime | None:
        """Show what somebody who has a seat looks at, and say when that was; None where they have no seat."""

    async def seats(self, change_sets: Collection[str]) -> dict[str, Seated]:
        """The seats that have not lapsed; a change set without one may be missing."""
