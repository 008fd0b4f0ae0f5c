"""Kafka by librdkafka's synchronous clients, each in one thread of its own.

The asynchronous producer of the library refuses headers, and its consumer leaves a thread behind that polls; a thread and
`call_soon_threadsafe` do neither.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from app.ports.event_publisher import PublishFailed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.domain.topics import Topic
    from app.ports.event_publisher import Message

ADMIN_SECONDS = 30.0
POLL_SECONDS = 0.1
LINGER_MS = 5  # a batch waits this long for more: the price on a single event, and most of the gain on many
BATCH_BYTES = 256 * 1024
IN_FLIGHT = 5  # the most with which the broker keeps order for an idempotent producer

log = structlog.get_logger(__name__)


def producer_settings(brokers: Sequence[str]) -> dict[str, Any]:
    """In order and without duplicates of its own: retried for ever, since a gap would be worse than a delay."""
    return {
        "bootstrap.servers": ",".join(brokers),
        "client.id": "oms-relay",
        "enable.idempotence": True,
        "acks": "all",
        "max.in.flight.requests.per.connection": IN_FLIGHT,
        "message.timeout.ms": 0,
        "linger.ms": LINGER_MS,
        "batch.size": BATCH_BYTES,
        "compression.type": "lz4",
        "log_level": 2,  # each lost connection is said by the relay, once in a while
    }


class KafkaPublisher:
    """Publishes to Kafka; one call at a time."""

    def __init__(self, brokers: Sequence[str], prefix: str) -> None:
        self._brokers = tuple(brokers)
        self._prefix = prefix
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kafka producer")
        self._closing = threading.Event()
        self._producer: Producer | None = None

    @classmethod
    @asynccontextmanager
    async def opened(cls, brokers: Sequence[str], prefix: str = "") -> AsyncIterator[KafkaPublisher]:
        """A publisher until the block ends; what is not acknowledged then is dropped here, and stays in the outbox."""
        publisher = cls(brokers, prefix)
        try:
            yield publisher
        finally:
            publisher._closing.set()
            await asyncio.to_thread(publisher._thread.shutdown)

    async def declare(self, topics: Sequence[Topic]) -> None:
        """Make the topics that are missing; those that are there keep what an operator gave them."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._declare, topics)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Send all and wait for all."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._publish, messages)

    def _declare(self, topics: Sequence[Topic]) -> None:
        admin = AdminClient({"bootstrap.servers": ",".join(self._brokers), "log_level": 2})
        try:
            there = admin.list_topics(timeout=ADMIN_SECONDS).topics
            missing = [self._new(topic) for topic in topics if self._prefix + topic.name not in there]
            for name, made in admin.create_topics(missing, operation_timeout=ADMIN_SECONDS).items() if missing else ():
                try:
                    made.result(ADMIN_SECONDS)
                except KafkaException as refused:
                    if refused.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                        raise PublishFailed(f"The topic {name} cannot be made: {refused.args[0].str()}.") from refused
        except KafkaException as refused:
            raise PublishFailed(f"Kafka does not answer: {refused.args[0].str()}.") from refused

    def _new(self, topic: Topic) -> NewTopic:
        return NewTopic(
            self._prefix + topic.name,
            num_partitions=topic.partitions,
            replication_factor=-1,  # the broker's own default
            config={"retention.ms": str(topic.retention_ms), "cleanup.policy": "delete"},
        )

    def _publish(self, messages: Sequence[Message]) -> None:
        if self._producer is None:
            self._producer = Producer(producer_settings(self._brokers))
        sent = _Sent(len(messages))
        try:
            for message in messages:
                self._produce(message, sent)
            while sent.waiting and sent.error is None:
                self._go_on(POLL_SECONDS)
        except KafkaException as refused:
            sent.error = refused.args[0]
        except PublishFailed:
            self._forget()
            raise
        if sent.error is not None:
            self._forget()
            raise PublishFailed(f"Kafka refuses an event: {sent.error.str()}.")

    def _produce(self, message: Message, sent: _Sent) -> None:
        while True:
            try:
                self._live.produce(
                    self._prefix + message.topic, message.value, message.key, headers=list(message.headers), on_delivery=sent
                )
            except BufferError:  # its queue is full
                self._go_on(POLL_SECONDS)
            else:
                self._live.poll(0)
                return

    def _go_on(self, seconds: float) -> None:
        if self._closing.is_set():
            raise PublishFailed("The publisher is closed.")
        self._live.poll(seconds)

    @property
    def _live(self) -> Producer:
        if self._producer is None:
            raise PublishFailed("The publisher is closed.")
        return self._producer

    def _forget(self) -> None:
        """Drop what is queued: a later message must not arrive before one that failed, and all are sent again."""
        if self._producer is not None:
            self._producer.purge()
            self._producer.poll(0)
        self._producer = None


class _Sent:
    """Counts the acknowledgements of one call."""

    def __init__(self, messages: int) -> None:
        self.waiting: int = messages
        self.error: KafkaError | None = None

    def __call__(self, error: KafkaError | None, _: Any) -> None:
        self.waiting -= 1
        if error is not None and self.error is None:
            self.error = error
