"""The signals without Kafka: the tail of the log, which each process follows for itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.persistence.log import ends
from app.ports.event_feed import Signal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from app.persistence.database import Database
    from app.persistence.tail import Tail

AGAIN_SECONDS = 2.0  # until what failed is handed over again
WAKE_SECONDS = 2.0


class LogFeed:
    """Signals from the heads of the ontologies, as one process sees them."""

    def __init__(self, tail: Tail, *, again_seconds: float = AGAIN_SECONDS) -> None:
        self._tail = tail
        self._again_seconds = again_seconds

    async def follow(self, handle: Callable[[Sequence[Signal]], Awaitable[Collection[str]]]) -> None:
        """Hand over every ontology whose head moved, until cancelled."""
        seen: dict[str, int] = {}
        while True:
            moved = {ontology: head for ontology, head in self._tail.heads().items() if head > seen.get(ontology, 0)}
            failed = await _finished(handle([Signal(ontology, head) for ontology, head in moved.items()])) if moved else ()
            seen |= {ontology: head for ontology, head in moved.items() if ontology not in failed}
            if failed:
                await asyncio.sleep(self._again_seconds)
            else:
                await self._tail.looked(within=WAKE_SECONDS)


async def _finished(working: Awaitable[Collection[str]]) -> Collection[str]:
    """Its answer; who is cancelled meanwhile waits for its end first."""
    task = asyncio.ensure_future(working)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def heads(database: Database) -> dict[str, int]:
    """Every ontology with its newest revision."""
    async with database.reading() as snapshot:
        return {each.ontology: each.revision for each in await ends(snapshot)}
