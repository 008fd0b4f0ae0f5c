"""The loop of a worker that keeps a view of the log: it follows signals, and looks at every head now and then as well."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from app.ending import ended
from app.observability.metrics import WORKED, WORKER_SECONDS
from app.observability.tracing import parent_of
from app.persistence.feed import heads

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from app.persistence.database import Database
    from app.ports.event_feed import EventFeed, Signal

LOOK_SECONDS = 30.0  # between two looks at every head, so that a lost signal is made up for within a minute
AT_ONCE = 4  # ontologies

log = structlog.get_logger(__name__)
tracer = trace.get_tracer(__name__)


class Handler(Protocol):
    """Brings one view of an ontology to at least a revision, or to the newest one; calling it again does no harm."""

    async def __call__(self, ontology: str, revision: int | None = None) -> object:
        """Any error means: again later."""


class Following:
    """One worker: what it does is its handler's."""

    def __init__(self, name: str, handler: Handler, feed: EventFeed, database: Database, *, look_seconds: float = LOOK_SECONDS) -> None:
        self.name = name
        self._handler = handler
        self._feed = feed
        self._database = database
        self._look_seconds = look_seconds
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is under way then is finished."""
        look = asyncio.create_task(self._look(stop))
        feed = asyncio.create_task(self._feed.follow(self.handle))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((feed, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            feed.cancel()  # once: it finishes what is under way, which it would not if it was told again
            await ended(stopped, *([] if stop.is_set() else [look]))
            [outcome, _] = await asyncio.gather(feed, look, return_exceptions=True)
        if isinstance(outcome, Exception):
            raise outcome

    async def handle(self, signals: Sequence[Signal]) -> Collection[str]:
        """Bring every ontology that is named to its newest signal; answers with those that failed."""
        newest: dict[str, Signal] = {}
        for signal in signals:
            if signal.ontology not in newest or newest[signal.ontology].revision < signal.revision:
                newest[signal.ontology] = signal
        worked = await asyncio.gather(*(self._one(ontology, each.revision, each.traceparent) for ontology, each in newest.items()))
        return {ontology for ontology, done in zip(newest, worked, strict=True) if not done}

    async def _look(self, stop: asyncio.Event) -> None:
        """At once, and then every now and then: a new group, a lost signal and a wiped view all catch up so."""
        while not stop.is_set():
            try:
                for ontology in await heads(self._database):
                    if not stop.is_set():
                        await self._one(ontology, None, None)
            except Exception as failed:  # noqa: BLE001 - the guard must outlive whatever it looks at
                log.warning("The heads cannot be looked at.", worker=self.name, reason=str(failed))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._look_seconds * random.uniform(0.75, 1.25))  # noqa: S311 - spreads workers, no secret

    async def _one(self, ontology: str, revision: int | None, traceparent: str | None) -> bool:
        attributes: dict[str, str | int] = {"oms.ontology": ontology} | ({"oms.revision": revision} if revision is not None else {})
        async with self._turns[ontology], self._room:
            with tracer.start_as_current_span(self.name, parent_of(traceparent), SpanKind.CONSUMER, attributes) as span:
                began = time.perf_counter()
                try:
                    await self._handler(ontology, revision)
                except Exception as failed:  # noqa: BLE001 - the consumer loop: whatever fails comes again
                    span.set_status(StatusCode.ERROR, type(failed).__name__)
                    WORKED.labels(self.name, "failed").inc()
                    log.warning(
                        "A worker failed and tries again.", worker=self.name, ontology=ontology, revision=revision, reason=str(failed)
                    )
                    return False
                WORKER_SECONDS.labels(self.name).observe(time.perf_counter() - began)
                WORKED.labels(self.name, "done").inc()
                return True
