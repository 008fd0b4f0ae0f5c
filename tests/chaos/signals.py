"""What is done to the signals between the relay and the workers: false, doubled, late, stolen and poisonous ones, and two relays at once."""

from __future__ import annotations

import asyncio
import json
import time
from random import Random
from typing import Any

import httpx2
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from app.domain.topics import MERGED
from app.persistence.outbox import RELAY
from tests.chaos.parts import Part
from tests.chaos.world import World

GROUPS = ("indexing-service", "graph-sync-service")
FOREIGN = "ri.ontology.main.ontology.00000000-0000-4000-8000-000000000000"
UNREADABLE = (
    b"", b"{", b"null", b"[]", b"\xff\xfe", b"\x00" * 64, b"1" * 5_000, b'{"id": "\\u0000"}', b"[" * 2_000, b'"' + b"x" * 200_000 + b'"',
)  # fmt: skip
TAKES_OVER = 20.0  # seconds for a second relay to lead


def _envelope(**other: Any) -> bytes:
    """A signal that can be read, but for what is said otherwise."""
    whole = {
        "id": "x", "epoch": 1, "ontology": FOREIGN, "revision": 1, "type": MERGED, "schemaVersion": 1, "actor": "chaos",
        "occurredAt": "2026-01-01T00:00:00Z", "data": {},
    }  # fmt: skip
    return json.dumps(whole | other).encode()


def _poison(rid: str) -> list[bytes]:
    """Messages that no relay of ours would send: unreadable, of a wrong shape, of an ontology that is nobody's."""
    shapes: list[dict[str, Any]] = [
        {}, {"ontology": None}, {"ontology": ["a"]}, {"ontology": ""}, {"ontology": "\u0000"}, {"ontology": "x" * 10_000},
        {"ontology": "\ud800"}, {"ontology": rid, "revision": "seven"}, {"ontology": rid, "revision": -1},
        {"ontology": rid, "revision": 2**70}, {"ontology": rid, "revision": 1.5}, {"epoch": -3}, {"schemaVersion": 99},
    ]  # fmt: skip
    return [*UNREADABLE, *(_envelope(**shape) for shape in shapes)]


async def poison_messages(world: World, random: Random) -> str:
    """The partition has to go on behind them."""
    rid = random.choice(sorted(world.ontologies.values()))
    bodies = random.sample(_poison(rid), 6)
    await asyncio.to_thread(_sent, world, [(body, random.choice([rid, FOREIGN, None]), None) for body in bodies])
    return "poison messages"


async def false_signals(world: World, _: Random) -> str:
    """Signals of revisions that are not there, or were long ago."""
    head = await world.database.pool.fetch("SELECT rid, head_revision FROM ontology")
    false = [
        (_envelope(ontology=each["rid"], revision=revision), each["rid"], None)
        for each in head
        for revision in (10**15, 0, each["head_revision"] - 1)
    ]
    await asyncio.to_thread(_sent, world, false)
    return "false signals"


async def replay_signals(world: World, random: Random) -> str:
    """What was signalled comes again, word for word and in another order."""

    def again() -> int:
        old = [message for message in everything(world) if message.headers()]
        chosen = random.sample(old, min(40, len(old)))
        _sent(world, [(message.value() or b"", _text(message.key()), message.headers()) for message in chosen])
        return len(chosen)

    await asyncio.to_thread(again)
    return "signals doubled in another order"


async def steal_signals(world: World, random: Random) -> str:
    """A stranger in the group of a worker takes signals and settles them without doing anything; or has all of them come again."""
    group, rewinds, seconds = random.choice(GROUPS), random.random() < 0.5, random.uniform(3, 6)
    await asyncio.to_thread(_stolen, world, group, seconds, rewinds)
    return f"signals of {group} {'rewound' if rewinds else 'lost'}"


async def two_relays(world: World, random: Random) -> str:
    """The one that leads is held, its lock is taken away, another leads, and then the first goes on with what it had in hand."""
    leader = await _leader(world)
    if leader is None:
        return "nothing, since no relay leads"
    leader.pause()
    try:
        before = time.monotonic()
        await world.database.pool.execute(_END_LEADERS, RELAY)
        while not await world.database.pool.fetchval(_LEADS, RELAY) and time.monotonic() - before < TAKES_OVER:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.2)
        await asyncio.sleep(random.uniform(0.2, 2))
    finally:
        leader.resume()
    return "two relays at once"


_LOCKS = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = $1 AND objsubid = 1"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_LEADS = f"SELECT count(*) {_LOCKS}"
_END_LEADERS = f"SELECT pg_terminate_backend(pid) {_LOCKS}"


async def _leader(world: World) -> Part | None:
    async with httpx2.AsyncClient(trust_env=False, timeout=3) as client:
        for part in world.workers:
            try:
                told = (await client.get(f"{part.address}/metrics")).text
            except httpx2.HTTPError:
                continue
            samples = [each for family in text_string_to_metric_families(told) for each in family.samples]
            if any(each.name == "relay_leads" and each.value == 1 for each in samples):
                return part
    return None


def _sent(world: World, bodies: list[tuple[bytes, str | None, Any]]) -> None:
    producer = Producer({"bootstrap.servers": world.servers.kafka, "log_level": 0})
    for body, key, headers in bodies:
        producer.produce(world.prefix + MERGED, body, key, headers=headers)
    producer.flush(10)


def _text(key: str | bytes | None) -> str | None:
    return key.decode() if isinstance(key, bytes) else key


def _stolen(world: World, group: str, seconds: float, rewinds: bool) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": world.servers.kafka, "group.id": world.prefix + group, "auto.offset.reset": "latest",
            "partition.assignment.strategy": "cooperative-sticky", "enable.auto.commit": False, "log_level": 0,
        }
    )  # fmt: skip
    try:
        consumer.subscribe([world.prefix + MERGED])
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            consumer.consume(100, 0.3)
            _settled(consumer, rewinds=rewinds)
    finally:
        consumer.close()


def _settled(consumer: Consumer, *, rewinds: bool) -> None:
    mine = consumer.position(consumer.assignment())
    places = [TopicPartition(each.topic, each.partition, 0 if rewinds else each.offset) for each in mine if rewinds or each.offset >= 0]
    if places:
        try:
            consumer.commit(offsets=places, asynchronous=False)
        except KafkaException:
            return  # the group is being shared out anew: the next time


def everything(world: World) -> list[Message]:
    """All messages of the topic of merges, from its beginning."""
    consumer = Consumer({"bootstrap.servers": world.servers.kafka, "group.id": f"{world.prefix}onlooker", "log_level": 0})
    try:
        name = world.prefix + MERGED
        partitions = consumer.list_topics(name, timeout=30).topics[name].partitions
        consumer.assign([TopicPartition(name, partition, 0) for partition in partitions])
        found: list[Message] = []
        while messages := consumer.consume(1_000, 1.0):
            found += [message for message in messages if message.error() is None]
        return found
    finally:
        consumer.close()


def nudged(world: World) -> None:
    """One more signal, which says nothing, into each partition.

    A stranger that leaves a group may leave numbers behind the position from which a worker goes on; only the next signal settles them.
    """
    name = world.prefix + MERGED
    producer = Producer({"bootstrap.servers": world.servers.kafka, "log_level": 0})
    for partition in producer.list_topics(name, timeout=30).topics[name].partitions:
        producer.produce(name, _envelope(), FOREIGN, partition=partition)
    producer.flush(10)


def unsettled(world: World) -> list[str]:
    """What a group of ours has not settled of the topic of merges; that the broker cannot say, as just after it was started, is told too."""
    behind = []
    for group in GROUPS:
        consumer = Consumer({"bootstrap.servers": world.servers.kafka, "group.id": world.prefix + group, "log_level": 0})
        try:
            behind += _behind(consumer, group, world.prefix + MERGED)
        except KafkaException as failure:
            behind.append(f"how far {group} is cannot be told: {failure}")
        finally:
            consumer.close()
    return behind


def _behind(consumer: Consumer, group: str, name: str) -> list[str]:
    topic = consumer.list_topics(name, timeout=30).topics[name]
    if topic.error is not None:
        raise KafkaException(topic.error)
    behind = []
    for each in consumer.committed([TopicPartition(name, partition) for partition in topic.partitions], timeout=30):
        _, end = consumer.get_watermark_offsets(TopicPartition(name, each.partition), timeout=30)
        if end > max(each.offset, 0):
            behind.append(f"{group} has settled {max(each.offset, 0)} of {end} in partition {each.partition}")
    return behind
