"""The topic of merges, followed in a consumer group: one thread polls, and nothing is committed before it is done."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from concurrent.futures import wait
from typing import TYPE_CHECKING, NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition

from app.domain.events import Event, UnreadableEvent
from app.domain.text import refused_character
from app.domain.topics import MERGED
from app.observability.metrics import CONSUMER_LAG
from app.ports.event_feed import Signal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

    from confluent_kafka import Message

    Handle = Callable[[Sequence[Signal]], Awaitable[Collection[str]]]

POLL_SECONDS = 0.2
MOST_AT_ONCE = 500  # signals
FIRST_PAUSE = 1.0  # seconds in which a partition rests after a failure, doubled with each further one
LONGEST_PAUSE = 15.0  # so that what failed works again soon after its sink does
GREATEST = 2**63 - 1  # revision
MISSED_SECONDS = 15  # without a sign of life until a member's partitions are given to others: a killed worker's wait for no longer
LAG_SECONDS = 5.0  # between two looks at how much is unread

log = structlog.get_logger(__name__)


class _Read(NamedTuple):
    """One message that was read, from where, and what it hints at."""

    partition: tuple[str, int]
    offset: int
    signal: Signal | None


class KafkaFeed:
    """Signals from `version.changeset.merged`, shared by all processes of the group."""

    def __init__(self, brokers: Sequence[str], group: str, prefix: str = "", *, first_pause: float = FIRST_PAUSE) -> None:
        self._settings = {
            "bootstrap.servers": ",".join(brokers),
            "group.id": prefix + group,
            "client.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",  # what was said before the group first met is handed over as one hint an ontology
            "partition.assignment.strategy": "cooperative-sticky",
            "session.timeout.ms": MISSED_SECONDS * 1_000,
            "log_level": 2,
        }
        self._topic = prefix + MERGED
        self._group = group
        self._told = 0.0
        self._first_pause = first_pause

    async def follow(self, handle: Handle) -> None:
        """Hand over signals until cancelled; a call that is under way then is waited for and settled."""
        stop, loop = threading.Event(), asyncio.get_running_loop()
        thread = asyncio.create_task(asyncio.to_thread(self._run, handle, loop, stop))
        try:
            await asyncio.shield(thread)
        finally:
            stop.set()
            await thread

    def _run(self, handle: Handle, loop: asyncio.AbstractEventLoop, stop: threading.Event) -> None:
        consumer = Consumer(self._settings)
        rests = _Rests(self._first_pause)
        try:
            consumer.subscribe([self._topic])
            while not stop.is_set():
                self._tell_lag(consumer)
                consumer.resume(rests.over())
                read = _read(consumer.consume(MOST_AT_ONCE, POLL_SECONDS))
                while read:
                    read = self._settled(consumer, rests, read, handle, loop)
        finally:
            consumer.close()

    def _tell_lag(self, consumer: Consumer) -> None:
        """By what the client knows anyway: nobody is asked."""
        if time.monotonic() - self._told < LAG_SECONDS:
            return
        self._told, lag = time.monotonic(), 0
        for place in consumer.position(consumer.assignment()):
            _, end = consumer.get_watermark_offsets(place, cached=True)
            lag += max(0, end - place.offset) if place.offset >= 0 else 0
        CONSUMER_LAG.labels(self._group).set(lag)

    def _settled(
        self, consumer: Consumer, rests: _Rests, read: list[_Read], handle: Handle, loop: asyncio.AbstractEventLoop
    ) -> list[_Read]:
        """Have the signals handled and commit them; answers with what arrived meanwhile, of partitions that are new."""
        working = asyncio.run_coroutine_threadsafe(_handled(handle, [each.signal for each in read if each.signal is not None]), loop)
        arrived: list[_Read] = []
        while not wait([working], POLL_SECONDS).done:
            consumer.pause(consumer.assignment())
            arrived += _read(consumer.consume(MOST_AT_ONCE, 0))  # polled, or the group would take this member for dead
        failed = working.result()
        again = {each.partition for each in read if each.signal is not None and each.signal.ontology in failed}
        self._commit(consumer, [each for each in read if each.partition not in again])
        for partition in again:
            rests.begin(TopicPartition(*partition, min(each.offset for each in read if each.partition == partition)), consumer)
        rests.done({each.partition for each in read} - again)
        consumer.resume([each for each in consumer.assignment() if not rests.rests(each)])
        return [each for each in arrived if each.partition not in again]

    def _commit(self, consumer: Consumer, done: Iterable[_Read]) -> None:
        newest: dict[tuple[str, int], int] = {}
        for each in done:
            newest[each.partition] = max(newest.get(each.partition, 0), each.offset + 1)
        if not newest:
            return
        try:
            consumer.commit(offsets=[TopicPartition(*partition, offset) for partition, offset in newest.items()], asynchronous=False)
        except KafkaException as refused:  # the partition is another's by now: it sees the signals again, and that does no harm
            log.info("A signal was not settled and comes again.", reason=refused.args[0].str())


class _Rests:
    """Partitions that rest after a failure, each longer than the time before."""

    def __init__(self, first_pause: float) -> None:
        self._first_pause = first_pause
        self._until: dict[tuple[str, int], float] = {}
        self._failures: dict[tuple[str, int], int] = {}

    def begin(self, place: TopicPartition, consumer: Consumer) -> None:
        """Let a partition rest, and begin again at the place afterwards."""
        partition = place.topic, place.partition
        self._failures[partition] = self._failures.get(partition, 0) + 1
        pause = min(LONGEST_PAUSE, self._first_pause * 2 ** min(self._failures[partition] - 1, 10))
        self._until[partition] = time.monotonic() + pause * random.uniform(0.5, 1)  # noqa: S311 - spreads workers, no secret
        try:
            consumer.pause([place])
            consumer.seek(place)
        except KafkaException:  # it is another's by now
            self._until.pop(partition)

    def done(self, partitions: Iterable[tuple[str, int]]) -> None:
        """These work again."""
        for partition in partitions:
            self._failures.pop(partition, None)

    def over(self) -> list[TopicPartition]:
        """Those that have rested enough."""
        now = time.monotonic()
        rested = [partition for partition, until in self._until.items() if until <= now]
        for partition in rested:
            del self._until[partition]
        return [TopicPartition(*partition) for partition in rested]

    def rests(self, place: TopicPartition) -> bool:
        """Whether it rests now."""
        return (place.topic, place.partition) in self._until


async def _handled(handle: Handle, signals: Sequence[Signal]) -> Collection[str]:
    return await handle(signals) if signals else ()


def _read(messages: Iterable[Message]) -> list[_Read]:
    """What can be settled; what Kafka itself has to say goes to the log."""
    read = []
    for message in messages:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if (error := message.error()) is not None:
            log.warning("Kafka reports an error.", reason=error.str())
        elif topic is not None and partition is not None and offset is not None:
            read.append(_Read((topic, partition), offset, _signal(message)))
    return read


def _named(event: Event) -> Event:
    """PostgreSQL has no text with a NUL or half a character: asked for such an ontology it fails for ever, and the partition stands."""
    if refused_character(event.ontology) or not 0 <= (event.revision or 0) <= GREATEST:
        raise UnreadableEvent("It names no revision of an ontology.")
    return event


def _signal(message: Message) -> Signal | None:
    """What the message hints at; one that cannot be read is passed over, since the log in PostgreSQL has it anyway."""
    try:
        event = _named(Event.parse(message.value() or b""))
    except UnreadableEvent as unreadable:
        log.warning("A message is not ours to read.", reason=str(unreadable), topic=message.topic(), offset=message.offset())
        return None
    traceparent = dict(message.headers() or ()).get("traceparent")
    return Signal(event.ontology, event.revision or 0, traceparent.decode("ascii", "replace") if isinstance(traceparent, bytes) else None)
