"""What is committed reaches its topic: at least once, with the same id, and in the order of its key."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from app.adapters.kafka import KafkaPublisher
from app.domain.events import Event
from app.domain.kind import Kind
from app.domain.topics import MERGED, PARTITIONS, TOPICS
from app.persistence.outbox import Outbox
from app.settings import read as read_settings
from app.stack.stack import Stack
from tests import given
from tests.given import EDITOR
from tests.real_servers import started
from tests.workers.conftest import FEW
from tests.workers.kafka_reading import read
from workers.relay import Relay

UPDATED = "version.changeset.updated"


async def fill(database, count, *, begin=1, keys=7):
    """Outbox rows that carry a payload and are numbered."""
    await database.pool.execute(
        "INSERT INTO outbox (topic, key, ontology, payload, actor)"
        " SELECT $1, 'key-' || n % $3, o.rid, jsonb_build_object('number', n), 'edith' FROM ontology o, generate_series($4::int, $4 + $2 - 1) n ORDER BY n",
        UPDATED, count, keys, begin,
    )  # fmt: skip


def first_of_each(seen):
    """The messages without those that came again."""
    return list({each.event["id"]: each for each in reversed(seen)}.values())[::-1]


def in_order(seen):
    """Whether the numbers of each key grow, repetitions apart."""
    by_key = groupby(sorted(first_of_each(seen), key=attrgetter("key")), key=attrgetter("key"))
    return all((numbers := [each.event["data"]["number"] for each in group]) == sorted(numbers) for _, group in by_key)


async def test_an_event_carries_the_whole_state_and_where_it_belongs(kafka, prefix, write, relaying, settled, database):
    merged = await write(given.object_type("Ship", properties={"length": "DOUBLE"}))
    ship = merged.refs["Ship"]
    renamed = await write([given.update(Kind.OBJECT_TYPE, ship, 1, displayName="배")])
    async with relaying(topics=TOPICS):
        await settled()
    seen = read(kafka, prefix, 6)  # three entities and an update, and the signals of two merges
    [event] = [each for each in seen if each.topic == "ontology.object.updated"]
    ids = await database.pool.fetch("SELECT event_id::text AS id FROM outbox WHERE topic = 'ontology.object.updated'")
    assert event.key == ship
    assert event.headers == {"event-id": ids[0]["id"], "schema-version": "1", "content-type": "application/json"}
    parsed = Event.parse(orjson.dumps(event.event))
    assert (parsed.id, parsed.rid, parsed.entity_version, parsed.revision, parsed.index) == (ids[0]["id"], ship, 2, renamed.revision, 0)
    assert (parsed.type, parsed.actor, parsed.request_id, parsed.epoch, parsed.deleted) == (event.topic, EDITOR.id, "test", 1, False)
    stored = await database.pool.fetchval("SELECT definition FROM entity WHERE rid = $1", ship)
    assert parsed.data == stored
    assert parsed.data["displayName"] == "배"


async def test_the_signal_of_a_merge_carries_counts_under_the_ontology(kafka, prefix, write, relaying, settled, database):
    merged = await write(given.object_type("Ship"))
    async with relaying(topics=TOPICS):
        await settled()
    [signal_] = [each for each in read(kafka, prefix, 3) if each.topic == MERGED]
    assert signal_.key == await database.pool.fetchval("SELECT rid FROM ontology")
    assert signal_.event["data"]["counts"] == {"object_type": {"created": 1}, "property": {"created": 1}}
    assert signal_.event["revision"] == merged.revision


async def test_the_trace_of_the_request_goes_on_in_the_headers(kafka, prefix, database, relaying, settled):
    await fill(database, 1)
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await database.pool.execute("UPDATE outbox SET traceparent = $1", trace)
    async with relaying():
        await settled()
    [seen] = read(kafka, prefix, 1)
    assert (seen.headers["traceparent"], seen.event["traceparent"]) == (trace, trace)


async def test_every_topic_is_made_with_its_partitions_and_its_retention(kafka, prefix, publisher):
    await publisher.declare(TOPICS)
    await publisher.declare(TOPICS)
    admin = AdminClient({"bootstrap.servers": kafka})
    made = {name.removeprefix(prefix): topic for name, topic in admin.list_topics(timeout=60).topics.items() if name.startswith(prefix)}
    assert sorted(made) == sorted(topic.name for topic in TOPICS)
    assert {len(topic.partitions) for topic in made.values()} == {PARTITIONS}
    resource = ConfigResource(ResourceType.TOPIC, prefix + MERGED)
    configured = admin.describe_configs([resource])[resource].result(60)
    assert configured["retention.ms"].value == str(7 * 24 * 60 * 60 * 1000)


async def test_a_backlog_arrives_in_the_order_of_each_key(kafka, prefix, database, relaying, settled):
    await fill(database, 2_500)
    async with relaying(batch=200):
        await settled()
    seen = read(kafka, prefix, 2_500)
    assert len(seen) == 2_500
    assert in_order(seen)


async def test_a_row_that_commits_late_is_not_lost(kafka, prefix, database, relaying, settled):
    late = await database.pool.acquire()
    turn = late.transaction()
    await turn.start()
    await late.execute(
        "INSERT INTO outbox (topic, key, ontology, payload, actor) SELECT $1, 'late', rid, '{}', 'edith' FROM ontology", UPDATED
    )
    async with relaying():
        await fill(database, 3)
        await settled()
        await turn.commit()
        await database.pool.release(late)
        await settled()
    seen = read(kafka, prefix, 4)
    assert sorted(each.key for each in seen) == ["key-1", "key-2", "key-3", "late"]


async def test_of_two_relays_one_leads_and_the_other_takes_over(kafka, prefix, database, database_url, publisher, relaying, settled):
    async with relaying(standby_seconds=0.05) as first:
        await fill(database, 1)
        await settled()
        async with relaying(standby_seconds=0.05) as second:
            await asyncio.sleep(0.3)
            assert (first.leads, second.leads) == (True, False)
            await database.pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oms relay' AND datname = current_database()"
            )
            await fill(database, 20)
            await settled()
            assert first.leads != second.leads
    assert len(first_of_each(read(kafka, prefix, 21))) == 21


async def test_a_leader_that_was_replaced_marks_nothing(database, database_url):
    await fill(database, 2)
    old, new = await Outbox.connect(database_url), await Outbox.connect(database_url)
    try:
        assert await old.lead()
        assert not await new.lead()
        pending = [each.position for each in await old.pending(10)]
        await old._connection.execute("SELECT pg_advisory_unlock_all()")  # as PostgreSQL does for a connection that it takes for dead
        assert await new.lead()
        assert not await old.published(pending)
        assert len(await new.pending(10)) == 2
        assert await new.published(pending)
        assert await new.pending(10) == []
    finally:
        await old.close()
        await new.close()


async def test_a_killed_relay_loses_nothing_and_repeats_with_the_same_ids(kafka, prefix, database, database_url, relaying, settled):
    await fill(database, 4_000)
    environment = os.environ | {
        "DATABASE_URL": database_url, "KAFKA_BROKER": kafka, "KAFKA_PREFIX": prefix, "WORKER_PORT": "0",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "app.cli", "worker", "relay", env=environment)
    async with asyncio.timeout(120):
        while not await database.pool.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with relaying():
        await settled()
    seen = read(kafka, prefix, 4_000)
    ids = {row["id"] for row in await database.pool.fetch("SELECT event_id::text AS id FROM outbox")}
    assert {each.event["id"] for each in seen} == ids
    assert in_order(seen)


async def test_what_was_published_and_not_marked_comes_again_with_its_id(kafka, prefix, database, publisher, database_url):
    await fill(database, 5)
    await publisher.declare(FEW)
    relay = Relay(database_url, publisher)
    outbox = await Outbox.connect(database_url)
    assert await outbox.lead()
    await relay.step(outbox)
    await database.pool.execute("UPDATE outbox SET published_at = NULL")
    await relay.step(outbox)
    await outbox.close()
    seen = read(kafka, prefix, 5)
    assert len(seen) == 10
    assert len(first_of_each(seen)) == 5
    assert in_order(seen)


async def test_a_broker_that_is_killed_and_comes_back_has_everything(prefix, database, database_url, settled):
    with TemporaryDirectory(prefix="oms-test-") as folder:  # a broker of its own: the others' must not go away
        stack = Stack(Path(folder) / "services", read_settings().oms_cache_dir.expanduser())
        broker = (await asyncio.to_thread(started, stack, "kafka"))["KAFKA_BROKER"]
        try:
            async with KafkaPublisher.opened([broker], prefix) as publisher:
                stop = asyncio.Event()
                task = asyncio.create_task(Relay(database_url, publisher, topics=FEW, batch=100).run(stop))
                await fill(database, 300)
                await settled()
                [state] = stack.states()
                state.process.kill()
                await fill(database, 700, begin=301)
                await asyncio.to_thread(started, stack, "kafka")
                await settled()
                stop.set()
                await asyncio.wait_for(task, 60)
            seen = read(broker, prefix, 1_000)
            assert len(first_of_each(seen)) == 1_000
            assert in_order(seen)
        finally:
            await asyncio.to_thread(stack.stop, ["kafka"])
