"""A worker hears of every merge, again where it failed, and catches up by itself where it heard nothing."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from opentelemetry import trace

from app.adapters.kafka_feed import KafkaFeed
from app.domain.events import Event
from app.domain.topics import MERGED, TOPICS
from app.persistence.feed import LogFeed
from app.persistence.tail import Tail
from app.ports.event_publisher import Message
from tests import given
from tests.workers.conftest import FEW
from workers.following import Following

SECONDS = 120


class Heard:
    """A handler that remembers, and fails as often as it is told."""

    def __init__(self, failures=0):
        self.calls = []
        self.traces = []
        self.failures = failures
        self._called = asyncio.Event()

    async def __call__(self, ontology, revision=None):
        self.calls.append((ontology, revision))
        self.traces.append(trace.format_trace_id(trace.get_current_span().get_span_context().trace_id))
        self._called.set()
        if self.failures and revision is not None:
            self.failures -= 1
            raise ConnectionError("the sink is away")

    async def until(self, true):
        """Wait until it is so."""
        async with asyncio.timeout(SECONDS):
            while not true(self.calls):
                self._called.clear()
                await self._called.wait()


class Nothing:
    """A feed from which every signal is lost."""

    async def follow(self, handle):
        await asyncio.Event().wait()


@asynccontextmanager
async def following(handler, feed, database, **options):
    stop = asyncio.Event()
    task = asyncio.create_task(Following("a worker", handler, feed, database, **options).run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, SECONDS)


def merged(ontology, revision, *, traceparent=None):
    """A signal as the relay sends it."""
    event = Event(
        id=f"{ontology}-{revision}", epoch=1, ontology=ontology, revision=revision, type=MERGED, schema_version=1,
        occurred_at=datetime.now(UTC), actor="edith", data={},
    )  # fmt: skip
    headers = (("traceparent", traceparent.encode()),) if traceparent else ()
    return Message(MERGED, ontology, orjson.dumps(event.wire()), headers)


async def test_a_merge_reaches_the_worker_by_kafka(kafka, prefix, database, write, relaying, settled):
    ontology = await database.pool.fetchval("SELECT rid FROM ontology")
    async with relaying(topics=TOPICS), following(heard := Heard(), KafkaFeed([kafka], "group", prefix), database):
        await settled()
        revision = (await write(given.object_type())).revision
        await heard.until(lambda calls: (ontology, revision) in calls)


async def test_without_kafka_the_log_itself_is_followed(database, database_url, write):
    ontology = await database.pool.fetchval("SELECT rid FROM ontology")
    async with Tail.opened(database_url, database) as tail, following(heard := Heard(), LogFeed(tail), database):
        revision = (await write(given.object_type())).revision
        await heard.until(lambda calls: (ontology, revision) in calls)


async def test_what_failed_comes_again_from_the_log(database, database_url, write):
    ontology = await database.pool.fetchval("SELECT rid FROM ontology")
    async with Tail.opened(database_url, database) as tail, following(heard := Heard(2), LogFeed(tail, again_seconds=0.01), database):
        revision = (await write(given.object_type())).revision
        await heard.until(lambda calls: calls.count((ontology, revision)) == 3)


async def test_what_failed_comes_again_from_kafka_after_a_pause(kafka, prefix, publisher, database):
    await publisher.declare(FEW)
    await publisher.publish([merged("a", 1)])
    feed = KafkaFeed([kafka], "group", prefix, first_pause=0.05)
    async with following(heard := Heard(3), feed, database):
        await heard.until(lambda calls: calls.count(("a", 1)) == 4)
    async with following(later := Heard(), KafkaFeed([kafka], "group", prefix), database):  # it was settled, and does not come again
        await publisher.publish([merged("a", 2)])
        await later.until(lambda calls: ("a", 2) in calls)
    assert ("a", 1) not in later.calls


async def test_a_failing_ontology_does_not_hold_up_another(kafka, prefix, publisher, database):
    class Poisoned(Heard):
        async def __call__(self, ontology, revision=None):
            await super().__call__(ontology, revision)
            if ontology == "poison":
                raise ValueError("it never works")

    await publisher.declare(FEW)
    async with following(heard := Poisoned(), KafkaFeed([kafka], "group", prefix, first_pause=0.05), database):
        await publisher.publish([merged("poison", 1), *(merged(f"sound{n}", 1) for n in range(12))])
        await heard.until(lambda calls: {ontology for ontology, _ in calls} >= {f"sound{n}" for n in range(12)})
        await heard.until(lambda calls: calls.count(("poison", 1)) >= 3)


@pytest.mark.parametrize("strange", ["\0", "\ud800"])
@pytest.mark.parametrize("revision", [-1, 2**63, 2**70])
async def test_what_no_relay_of_ours_would_signal_is_passed_over(kafka, prefix, publisher, database, strange, revision):
    await publisher.declare(FEW)
    signal = json.loads(merged("a", 1).value)
    poison = [signal | {"ontology": f"a{strange}"}, signal | {"revision": revision}]
    async with following(heard := Heard(), KafkaFeed([kafka], "group", prefix), database):
        await publisher.publish([Message(MERGED, "a", json.dumps(each).encode(), ()) for each in poison])
        await publisher.publish([merged("a", 2)])
        await heard.until(lambda calls: ("a", 2) in calls)
    assert {call for call in heard.calls if call[1] is not None} == {("a", 2)}


async def test_many_signals_of_an_ontology_are_one_call_with_the_newest(kafka, prefix, publisher, database):
    await publisher.declare(FEW)
    await publisher.publish([merged("a", revision) for revision in range(1, 401)])
    async with following(heard := Heard(), KafkaFeed([kafka], "group", prefix), database):
        await heard.until(lambda calls: ("a", 400) in calls)
    assert Counter(ontology for ontology, _ in heard.calls)["a"] < 50


async def test_two_processes_share_the_ontologies_and_one_takes_over_all(kafka, prefix, publisher, database):
    await publisher.declare(FEW)
    ontologies = {f"ontology{n}" for n in range(24)}
    first, second = Heard(), Heard()

    def has(calls, revision):
        return {ontology for ontology, at in calls if at == revision}

    async with following(first, KafkaFeed([kafka], "group", prefix), database):
        async with following(second, KafkaFeed([kafka], "group", prefix), database):
            for revision in range(1, 400):  # until both have their share
                await publisher.publish([merged(ontology, revision) for ontology in ontologies])
                if has(second.calls, revision - 1) and has(first.calls, revision - 1):
                    break
                await asyncio.sleep(0.25)
            await first.until(lambda calls: has(calls, revision) | has(second.calls, revision) == ontologies or len(second.calls) == 0)
        await publisher.publish([merged(ontology, 1_000) for ontology in ontologies])
        await first.until(lambda calls: has(calls, 1_000) == ontologies)
    assert second.calls


async def test_a_lost_signal_is_made_up_for_by_a_look_at_the_heads(database, write):
    ontology = await database.pool.fetchval("SELECT rid FROM ontology")
    async with following(heard := Heard(), Nothing(), database, look_seconds=0.05):
        await heard.until(lambda calls: len(calls) >= 2)
    assert set(heard.calls) == {(ontology, None)}


async def test_a_message_that_nobody_can_read_is_passed_over(kafka, prefix, publisher, database):
    await publisher.declare(FEW)
    async with following(heard := Heard(), KafkaFeed([kafka], "group", prefix), database):
        await publisher.publish([Message(MERGED, "a", b"\xff", ()), merged("a", 2)])
        await heard.until(lambda calls: ("a", 2) in calls)


async def test_an_ontology_that_no_database_can_name_does_not_hold_up_its_partition(kafka, prefix, publisher, database):
    await publisher.declare(FEW)
    nameless = replace(merged("\0", 1), key="a")
    async with following(heard := Heard(), KafkaFeed([kafka], "group", prefix), database):
        await publisher.publish([nameless, merged("a", 2)])
        await heard.until(lambda calls: ("a", 2) in calls)
    assert "\0" not in {ontology for ontology, _ in heard.calls}


async def test_the_trace_of_the_request_goes_on_in_the_worker(kafka, prefix, publisher, database):
    await publisher.declare(FEW)
    of_request = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with following(heard := Heard(), KafkaFeed([kafka], "group", prefix), database):
        await publisher.publish([merged("a", 1, traceparent=f"00-{of_request}-00f067aa0ba902b7-01")])
        await heard.until(lambda calls: ("a", 1) in calls)
    assert heard.traces[heard.calls.index(("a", 1))] == of_request


async def test_what_is_under_way_is_finished_before_the_worker_ends(database, database_url, write):
    finished = []

    class Slow(Heard):
        async def __call__(self, ontology, revision=None):
            await super().__call__(ontology, revision)
            if revision is not None:
                await asyncio.sleep(0.3)
                finished.append(revision)

    async with Tail.opened(database_url, database) as tail, following(slow := Slow(), LogFeed(tail), database):
        revision = (await write(given.object_type())).revision
        await slow.until(lambda calls: any(at == revision for _, at in calls))
    assert finished == [revision]


@pytest.mark.parametrize("raised", [KeyError("a"), RuntimeError("b")])
async def test_whatever_a_handler_raises_the_worker_goes_on(database, database_url, write, raised):
    class Faulty(Heard):
        async def __call__(self, ontology, revision=None):
            await super().__call__(ontology, revision)
            if len(self.calls) < 4:
                raise raised

    async with Tail.opened(database_url, database) as tail, following(heard := Faulty(), LogFeed(tail, again_seconds=0.01), database):
        await write(given.object_type())
        await heard.until(lambda calls: len(calls) >= 4)


async def test_a_worker_whose_feed_fails_ends_also_where_a_library_swallows_the_cancellation(database, write):
    await write(given.object_type("Ship"))
    began = asyncio.Event()

    async def handler(*_):
        began.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(SECONDS)

    class Failing:
        async def follow(self, handle):
            await began.wait()
            raise ConnectionError("the broker is gone")

    with pytest.raises(ConnectionError):
        async with asyncio.timeout(SECONDS / 2):
            await Following("test", handler, Failing(), database, look_seconds=SECONDS).run(asyncio.Event())
