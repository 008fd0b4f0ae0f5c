"""States of the engine that walks over pages hold: one for all that begin within a few seconds.

An engine holds some hundred of them at most, each for minutes, and every search with a cursor begins a walk. A state that is
some seconds old is as good as a new one: what was merged since is what the engine lacks, and comes from PostgreSQL.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.persistence.sinks import Watermark

SHARED_SECONDS = 5.0  # for which walks begin at the same state


class Held(NamedTuple):
    """A state, and the revision up to which everything is in it."""

    epoch: int
    reached: int
    walk: str
    until: float  # by this process's clock: the moment from which on no more walks begin at it


class Walks:
    """Of one process; whoever opens a state opens it for all who ask meanwhile."""

    def __init__(self, *, seconds: float = SHARED_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._opening: dict[str, asyncio.Task[Held]] = {}

    async def begin(self, ontology: str, mark: Watermark, hold: Callable[[], Awaitable[str]]) -> Held:
        """A state that has no more than the reader may know of, and that is not old; `hold` opens one. Raises what that raises."""
        held = self._held.get(ontology)
        if held is not None and held.epoch == mark.epoch and held.reached <= mark.reached and self._clock() < held.until:
            return held
        opening = self._opening.get(ontology)
        if opening is None:
            opening = asyncio.create_task(self._opened(ontology, mark, hold), name="a state for walks")
            self._opening[ontology] = opening
            opening.add_done_callback(lambda done: self._settled(ontology, done))
        held = await asyncio.shield(opening)
        if held.epoch == mark.epoch and held.reached <= mark.reached:
            return held
        return await self._opened(ontology, mark, hold)  # somebody opened it who has read a later revision

    def forget(self, ontology: str, held: Held) -> None:
        """The engine has let go of it."""
        if self._held.get(ontology) == held:
            del self._held[ontology]

    async def _opened(self, ontology: str, mark: Watermark, hold: Callable[[], Awaitable[str]]) -> Held:
        self._held = {key: each for key, each in self._held.items() if self._clock() < each.until}
        until = self._clock() + self._seconds
        held = self._held[ontology] = Held(mark.epoch, mark.reached, await hold(), until)
        return held

    def _settled(self, ontology: str, opening: asyncio.Task[Held]) -> None:
        del self._opening[ontology]
        if not opening.cancelled():
            opening.exception()  # whoever waited has raised it; it may be that nobody waits any more
