"""Comparing a view with PostgreSQL now and then: at a worker's start, every five minutes, and when the sink has come back."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from app.observability.metrics import BEHIND, DEAD_LETTERS
from app.persistence import sinks
from app.ports.search_index import SinkDown

if TYPE_CHECKING:
    from app.persistence.database import Database
    from app.services.reconciling import Reconciling, View

SECONDS = 300.0
AGAIN_SECONDS = 30.0  # after a comparison that failed

log = structlog.get_logger(__name__)


class Comparing:
    """One view of every ontology; what differs is put right."""

    def __init__(self, view: View, reconciling: Reconciling, database: Database, *, seconds: float = SECONDS) -> None:
        self._view = view
        self._reconciling = reconciling
        self._database = database
        self._seconds = seconds
        self._soon = asyncio.Event()

    def soon(self) -> None:
        """Compare again without waiting: the sink was away, and who knows what it lost."""
        self._soon.set()

    async def run(self) -> None:
        """Until cancelled; what is under way then is given up, since the next start does it again."""
        while True:
            self._soon.clear()
            seconds = min(AGAIN_SECONDS, self._seconds)
            try:
                await self._once()
                seconds = self._seconds
            except SinkDown as down:
                log.warning("A view cannot be compared.", sink=self._view.sink, reason=str(down))
            except Exception as failed:  # noqa: BLE001 - the guard must outlive whatever it looks at
                log.warning("A comparison failed.", sink=self._view.sink, reason=str(failed))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._soon.wait(), seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads workers, no secret

    async def _once(self) -> None:
        async with self._database.reading() as snapshot:
            found = await sinks.standings(snapshot, self._view.sink)
        for each in found:
            BEHIND.labels(self._view.sink, each.api_name).set(each.behind)
            DEAD_LETTERS.labels(self._view.sink, each.api_name).set(each.dead_letters)
        for each in found:
            await self._reconciling.reconcile(self._view, each.ontology, each.api_name)
