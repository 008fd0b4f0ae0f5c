"""The relay: brings the outbox to the topics, in order, at least once, with one leader among all that run."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from app.domain.topics import MERGED, TOPICS
from app.ending import ended
from app.observability.metrics import OUTBOX_AGE, OUTBOX_WAITING, RELAY_LEADS, RELAYED
from app.observability.tracing import carried, parent_of
from app.persistence.outbox import LOST, Outbox
from app.ports.event_publisher import Message, PublishFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.topics import Topic
    from app.persistence.outbox import Pending
    from app.ports.event_publisher import EventPublisher

BATCH = 1_000  # events that are read, sent and marked together
POLL_SECONDS = 1.0  # a NOTIFY is a hint; this is the guard
STANDBY_SECONDS = 1.0  # between two attempts to lead
MEASURE_SECONDS = 5.0
LONGEST_PAUSE = 15.0

RELAY = "relay"
log = structlog.get_logger(__name__)
tracer = trace.get_tracer(__name__)


class Superseded(Exception):
    """Another relay leads by now."""


class Relay:
    """Runs until it is told to stop; any number may run, one works."""

    def __init__(
        self,
        url: str,
        publisher: EventPublisher,
        *,
        topics: Sequence[Topic] = TOPICS,
        batch: int = BATCH,
        standby_seconds: float = STANDBY_SECONDS,
    ) -> None:
        self._url = url
        self._publisher = publisher
        self._topics = topics
        self._batch = batch
        self._standby_seconds = standby_seconds
        self._wanted = asyncio.Event()
        self._stop = asyncio.Event()
        self._measured = 0.0
        self.leads = False

    async def run(self, stop: asyncio.Event) -> None:
        """Lead or stand by until `stop` is set; a batch that is under way is finished first."""
        self._stop, failures = stop, 0
        while not stop.is_set():
            try:
                outbox = await Outbox.connect(self._url)
                try:
                    await self._serve(outbox, stop)
                    failures = 0
                finally:
                    self._tell_leading(leads=False)
                    await outbox.close()
            except (*LOST, PublishFailed, Superseded) as lost:
                failures += 1
                log.warning("The relay pauses and tries again.", reason=str(lost) or type(lost).__name__, failures=failures)
                await _unless(stop, min(LONGEST_PAUSE, 0.2 * 2 ** min(failures, 10)) * random.uniform(0.5, 1))  # noqa: S311 - spreads, no secret

    async def _serve(self, outbox: Outbox, stop: asyncio.Event) -> None:
        while not await outbox.lead():
            await _unless(stop, self._standby_seconds)
            if stop.is_set():
                return
        self._tell_leading(leads=True)
        await self._publisher.declare(self._topics)
        await outbox.listen(self._notified)
        while not stop.is_set():
            self._wanted.clear()
            sent = await self.step(outbox)
            await self._measure(outbox)
            if sent < self._batch:
                await self._idle(stop)

    async def step(self, outbox: Outbox) -> int:
        """Publish and mark one batch; what was published and not marked is published again, with the same ids."""
        pending = await outbox.pending(self._batch)
        if pending:
            await self._publish(outbox, [message_of(each) for each in pending])
            if not await outbox.published([each.position for each in pending]):
                raise Superseded
            RELAYED.inc(len(pending))
        return len(pending)

    async def _publish(self, outbox: Outbox, messages: list[Message]) -> None:
        """Wait for the broker as long as it takes, and say meanwhile how the backlog grows."""
        sending = asyncio.ensure_future(self._publisher.publish(messages))
        try:
            while not (await asyncio.wait((sending,), timeout=MEASURE_SECONDS))[0]:
                log.warning("The broker has not acknowledged yet.", events=len(messages))
                await self._measure(outbox)
                if self._stop.is_set():
                    raise PublishFailed("The relay is to stop and the broker does not acknowledge.")
            await sending
        finally:
            await ended(sending)

    async def _idle(self, stop: asyncio.Event) -> None:
        stopped, woken = asyncio.create_task(stop.wait()), asyncio.create_task(self._wanted.wait())
        try:
            await asyncio.wait((stopped, woken), timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await ended(stopped, woken)

    async def _measure(self, outbox: Outbox) -> None:
        if time.monotonic() - self._measured >= MEASURE_SECONDS:
            waiting, age = await outbox.backlog()
            OUTBOX_WAITING.set(waiting)
            OUTBOX_AGE.set(age)
            self._measured = time.monotonic()

    def _tell_leading(self, *, leads: bool) -> None:
        if leads != self.leads:
            log.info("The relay leads." if leads else "The relay leads no longer.")
        self.leads = leads
        RELAY_LEADS.set(leads)

    def _notified(self, *_: Any) -> None:
        self._wanted.set()


def message_of(pending: Pending) -> Message:
    """The event as it is sent, with what a reader wants to know before it reads."""
    event = pending.event
    headers = {"event-id": event.id, "schema-version": str(event.schema_version), "content-type": "application/json"}
    if event.traceparent:
        headers["traceparent"] = _followed(pending.topic, event.traceparent)
    return Message(pending.topic, pending.key, orjson.dumps(event.wire()), tuple((name, value.encode()) for name, value in headers.items()))


def _followed(topic: str, traceparent: str) -> str:
    """What consumers continue: of a merge, which our workers follow, a span of ours; of everything else the trace in which it was done."""
    if topic != MERGED:
        return traceparent
    with tracer.start_as_current_span(f"{RELAY} {topic}", parent_of(traceparent), SpanKind.PRODUCER):
        return carried(traceparent) or traceparent


async def _unless(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
