"""Reads what stands in topics, from their beginning, as another system would."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Consumer, TopicPartition

SECONDS = 120.0


class Seen(NamedTuple):
    """One message."""

    topic: str
    key: str
    event: dict[str, Any]
    headers: dict[str, str]


def read(broker: str, prefix: str, wanted: int, *, least: int | None = None) -> list[Seen]:
    """All messages of the prefix's topics, in the order of each partition, once there are as many as wanted different events; fails where not even the least come, which is as many."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": f"{prefix}reading", "log_level": 0})
    try:
        topics = [each for each in consumer.list_topics(timeout=60).topics.values() if each.topic.startswith(prefix)]
        consumer.assign([TopicPartition(each.topic, partition, 0) for each in topics for partition in each.partitions])
        seen: list[Seen] = []
        until, quiet = time.monotonic() + SECONDS, 0
        while (len({each.event["id"] for each in seen}) < wanted or quiet < 2) and time.monotonic() < until:
            messages = [message for message in consumer.consume(1_000, 0.5) if message.error() is None and message.headers()]  # ours have
            quiet = 0 if messages else quiet + 1
            seen += [_seen(message, prefix) for message in messages]
        found = len({each.event["id"] for each in seen})
        assert found >= (wanted if least is None else least), f"{found} events of {wanted} are there after {SECONDS:.0f} seconds"
        return seen
    finally:
        consumer.close()


def _seen(message: Any, prefix: str) -> Seen:
    headers = {name: value.decode() for name, value in message.headers() or ()}
    return Seen(message.topic().removeprefix(prefix), message.key().decode(), orjson.loads(message.value()), headers)
