"""Attendance: the seats that this process's connections have at change sets, kept for as long as they are open."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from app.domain.actor import Actor, Role
from app.domain.errors import InvalidState, OmsError
from app.domain.presence import GRACE_SECONDS, KEPT_EVERY_SECONDS, Seat
from app.ending import ended

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from app.services.seating import Seating

log = structlog.get_logger(__name__)


class Attendance:
    """A seat is taken when somebody begins to look, and given up when their connection ends."""

    def __init__(self, seating: Seating, *, grace: float = GRACE_SECONDS, every: float = KEPT_EVERY_SECONDS) -> None:
        self._seating = seating
        self._grace = grace
        self._every = every
        self._taken: dict[str, Seat] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Attendance]:
        """Keep the seats until the block ends; then those that are left are given up, so that who comes back elsewhere was never away."""
        keeping = asyncio.create_task(self._keep(), name="seats at change sets")
        try:
            yield self
        finally:
            await ended(keeping)
            await asyncio.gather(*self._leaving, return_exceptions=True)
            if self._taken:
                await _quietly(self._seating.leave(tuple(self._taken.values()), grace=self._grace))

    async def arrive(self, actor: Actor, change_set: str) -> Callable[[], None]:
        """Take a seat; what is returned gives it up."""
        actor.require(Role.VIEWER)
        seat = Seat(str(uuid4()), change_set, actor.id, actor.name, datetime.now(UTC))  # until its place says when it was
        self._taken[seat.session] = seat
        try:
            await self._seating.arrive(seat)
        except BaseException:
            self._leave(seat)
            raise
        return lambda: self._leave(seat)

    async def look_at(self, actor: Actor, change_set: str, rid: str | None, path: str | None) -> None:
        """Show to the others what somebody looks at; InvalidState where they do not look at the change set at all."""
        actor.require(Role.VIEWER)
        if not await self._seating.look_at(actor, change_set, rid, path):
            message = "Nobody sees what you look at before you follow the presence of the change set."
            raise InvalidState(message)

    def _leave(self, seat: Seat) -> None:
        if self._taken.pop(seat.session, None):
            leaving = asyncio.create_task(_quietly(self._seating.leave((seat,), grace=self._grace)), name="seat given up")
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            if self._taken:
                await _quietly(self._seating.keep())


async def _quietly(work: Coroutine[object, object, None]) -> None:
    """What fails here lapses by itself in a minute, or is kept at the next try."""
    try:
        await work
    except OmsError as failed:
        log.warning("Presence could not be written.", reason=failed.message)
    except Exception:  # nothing may end the one who keeps the seats of all
        log.exception("Writing presence failed.")
