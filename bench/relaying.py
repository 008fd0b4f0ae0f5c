"""The relay: events a second from the outbox to a real Kafka, acknowledged, marked, and in order.

Beside it stands the producer alone, with the same messages and settings: what Kafka takes on this machine.

python -m bench relaying
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from app.adapters.kafka import KafkaPublisher
from app.domain.events import Event
from app.domain.topics import TOPICS
from app.persistence.database import Database
from app.persistence.outbox import Outbox
from app.settings import read
from app.stack.stack import Stack
from bench.stage import Row, database
from workers.relay import BATCH, Relay, message_of

EVENTS = 20_000
KEYS = 200
TARGET = 2_000  # events a second
TOPIC = "version.changeset.updated"
FEW = tuple(topic for topic in TOPICS if topic.name == TOPIC)
ALONE = "alone."  # before the topic that the producer alone writes to


class Unseen:
    """Nobody looks at the start."""

    def begin(self, files: int) -> None:
        pass

    def done(self) -> None:
        pass

    def ready(self, server: object, seconds: float) -> None:
        pass


async def measure() -> list[Row]:
    """A backlog, relayed; then the same messages by the producer alone."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-kafka-") as folder:
        stack = Stack(Path(folder), read().oms_cache_dir.expanduser())
        broker = (await asyncio.to_thread(stack.start, ["kafka"], Unseen(), free_ports=True))["KAFKA_BROKER"]
        try:
            async with database() as (opened, url):
                await fill(opened)
                relayed = await relay(opened, url, broker)
                alone = await by_producer(opened, url, broker)
            ordered = await asyncio.to_thread(in_order, broker)
        finally:
            await asyncio.to_thread(stack.stop, ["kafka"])
    return [
        Row(
            f"relay, {EVENTS:,} events of {KEYS} keys to Kafka, acknowledged and marked", f"{relayed:,.0f}/s", f">= {TARGET:,}/s",
            relayed >= TARGET, f"{alone:,.0f}/s by the producer alone", f"{relayed / alone:.2f}",
        ),
        Row("the same, in the order of each key", "yes" if ordered else "no", "yes", ordered),
    ]  # fmt: skip


async def fill(opened: Database) -> None:
    """Events as large as those of a change set."""
    await opened.pool.execute(
        "INSERT INTO outbox (topic, key, ontology, payload, actor)"
        " SELECT $1, 'key-' || n % $3, o.rid, jsonb_build_object('number', n, 'title', repeat('x', 400)), 'bench'"
        " FROM ontology o, generate_series(1, $2) n ORDER BY n",
        TOPIC, EVENTS, KEYS,
    )  # fmt: skip


async def relay(opened: Database, url: str, broker: str) -> float:
    """Events a second, from the first read to the last mark."""
    async with KafkaPublisher.opened([broker]) as publisher:
        await publisher.declare(FEW)
        working, outbox = Relay(url, publisher, topics=FEW), await Outbox.connect(url)
        await outbox.lead()
        began = time.perf_counter()
        while await working.step(outbox):
            pass
        took = time.perf_counter() - began
        await outbox.close()
    assert await opened.pool.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL") == 0
    return EVENTS / took


async def by_producer(opened: Database, url: str, broker: str) -> float:
    """The same messages, made before and marked by nobody."""
    await opened.pool.execute("UPDATE outbox SET published_at = NULL")
    outbox = await Outbox.connect(url)
    messages = [message_of(each) for each in await outbox.pending(EVENTS)]
    await outbox.close()
    async with KafkaPublisher.opened([broker], ALONE) as publisher:
        await publisher.declare(FEW)
        began = time.perf_counter()
        for begin in range(0, EVENTS, BATCH):
            await publisher.publish(messages[begin : begin + BATCH])
        return EVENTS / (time.perf_counter() - began)


def in_order(broker: str) -> bool:
    """Whether every event is there and the numbers of each key only grow."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "bench", "log_level": 0})
    seen: dict[bytes, list[int]] = defaultdict(list)
    try:
        consumer.assign(
            [TopicPartition(TOPIC, partition, 0) for partition in consumer.list_topics(TOPIC, timeout=30).topics[TOPIC].partitions]
        )
        while messages := consumer.consume(5_000, 3):
            for message in messages:
                seen[message.key() or b""].append(Event.parse(message.value() or b"").data["number"])
    finally:
        consumer.close()
    return sum(map(len, seen.values())) == EVENTS and all(numbers == sorted(set(numbers)) for numbers in seen.values())
