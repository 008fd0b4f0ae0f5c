"""A worker's step: bring one ontology's view in another system to a revision, and tell people when that fails or works again."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import structlog

from app.ports.alerts import AlertFailed
from app.ports.search_index import SinkDown

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.persistence.sinks import Incidents
    from app.ports.alerts import Alerts
    from app.services.indexing import Reached
    from app.services.reconciling import View

TRIES = 3
PAUSE = 0.5  # seconds before the second try, doubled each time
TOLD_AGAIN = 300.0  # seconds between two messages about one incident
REASONS = 3  # of refused documents in one message

log = structlog.get_logger(__name__)


class Indexer:
    """Called with each signal that an ontology has a new revision; a lost, doubled or late signal does no harm."""

    def __init__(
        self,
        view: View,
        incidents: Incidents,
        alerts: Alerts,
        *,
        healed: Callable[[], None] = lambda: None,
        pause: float = PAUSE,
        told_again: float = TOLD_AGAIN,
    ) -> None:
        self._view = view
        self._incidents = incidents
        self._alerts = alerts
        self._healed = healed
        self._pause = pause
        self._told_again = told_again

    async def __call__(self, ontology: str, revision: int | None = None) -> int:
        """The revision that the view has reached. SinkDown after three tries: whoever calls comes again later."""
        for attempt in range(1, TRIES + 1):
            try:
                reached = await self._view.reach(ontology, revision)
            except SinkDown as down:
                if attempt == TRIES:
                    await self._failed(str(down))
                    raise
                await asyncio.sleep(self._pause * 2 ** (attempt - 1) * random.uniform(0.5, 1))  # noqa: S311 - spreads workers, no secret
            else:
                await self._worked(reached)
                return reached.revision
        raise AssertionError("the last try returns or raises")

    async def _failed(self, reason: str) -> None:
        incident = await self._incidents.begin(reason, TRIES, self._told_again)
        log.warning("A sink cannot be written.", sink=self._view.sink, reason=reason)
        if incident is not None:
            await self._tell(
                f"OMS: the sink {incident.sink} fails since {incident.since:%Y-%m-%d %H:%M:%S} UTC, {incident.attempts} tries: "
                f"{incident.reason}. What was merged is kept and follows when it answers."
            )

    async def _worked(self, reached: Reached) -> None:
        healed = await self._incidents.end() if reached.answered else None
        if healed is not None:
            self._healed()
            await self._tell(f"OMS: the sink {healed.sink} works again; it failed since {healed.since:%Y-%m-%d %H:%M:%S} UTC.")
        if reached.refused:
            reasons = "; ".join(dict.fromkeys(each.reason for each in reached.refused[:REASONS]))
            await self._tell(f"OMS: the sink {self._view.sink} refused {len(reached.refused)} documents: {reasons}.")

    async def _tell(self, text: str) -> None:
        try:
            await self._alerts.send(text)
        except AlertFailed as failed:
            log.warning("Nobody could be told.", reason=str(failed), text=text)
