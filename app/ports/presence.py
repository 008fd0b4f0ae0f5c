"""Where presence is kept, for all processes to see; PostgreSQL today, and anything else that forgets by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.domain.actor import Actor


class Seats(Protocol):
    """Seats of connections at change sets. Each lasts for a minute unless it is kept; changes are told to every process."""

    async def arrive(self, session: str, actor: Actor, change_set: str) -> None:
        """Take a seat; NotFound where there is no such change set, InvalidState where no seat is left.

        Whoever was there a moment ago has never been away.
        """

    async def keep(self, sessions: Collection[str]) -> None:
        """Let these seats last for a minute from now."""

    async def leave(self, sessions: Collection[str], *, grace: float) -> None:
        """Give these seats up, in so many seconds."""

    async def look_at(self, actor: Actor, change_set: str, rid: str | None, path: str | None) -> bool:
        """Show what somebody who has a seat looks at; False where they have none."""
