"""What a group does when things go wrong, and what a feed does for one who follows alone."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from app.domain.errors import CursorExpired
from app.limits import Limits
from app.persistence import stream as streams
from app.persistence.log import Cursor, Log
from app.persistence.stream import Stream
from app.persistence.tail import Tail
from app.services.live import Live
from resolvers.subscriptions.feed import Feed
from resolvers.transport import groups
from resolvers.transport.answer import GraphQLRequest, RequestFacts
from tests import given
from tests.sockets import CHANGED, listening, serving
from tests.waiting import GUARD, until


async def test_an_event_is_tried_again_while_the_database_does_not_answer(database, database_url):
    async with serving(database, database_url) as served, served.connected() as client:
        await client.subscribe("subscription { changed { flaky } }")
        await client.say(type="ping")
        await client.hear()
        await served.merge()

        message = await client.hear()

    assert "errors" not in message["payload"]
    assert message["payload"]["data"] == {"changed": {"flaky": 1}}
    assert served.services.executed >= 3  # a failed way by levels is gone a second time by the inherited one


async def test_a_live_client_that_fell_too_far_behind_is_told_to_read_again(database, database_url):
    big = "subscription { changed(pad: 200000) { revision padding } }"
    async with serving(database, database_url, resume_events=5) as served, served.connected("edith") as slow:
        slow.connection.transport.pause_reading()
        await slow.subscribe(big)
        await until(lambda: served.endpoint.groups._groups)
        await served.merge(60)
        slow.connection.transport.resume_reading()
        seen = []
        while (message := await slow.hear())["type"] == "next":
            seen.append(message["payload"]["data"]["changed"]["revision"])

    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) < 60
    assert message["payload"][0]["extensions"]["code"] == "CURSOR_EXPIRED"


async def test_a_fault_of_a_group_ends_its_subscriptions_with_a_masked_error(database, database_url, monkeypatch):
    def broken(*_) -> bytes:
        raise TypeError("secret")

    async with serving(database, database_url) as served, served.connected() as client:
        await client.subscribe(id="live")
        await client.say(type="ping")
        await client.hear()
        monkeypatch.setattr(groups, "encoded", broken)
        await served.merge()
        message = await client.hear()
        await client.subscribe(id="behind", after="1.0")
        again = await client.hear()

    assert [(each["id"], each["type"]) for each in (message, again)] == [("live", "error"), ("behind", "error")]
    assert {each["payload"][0]["extensions"]["code"] for each in (message, again)} == {"INTERNAL_SERVER_ERROR"}
    assert "secret" not in str(message) + str(again)
    assert len(served.endpoint.groups) == 0


async def test_answers_of_the_past_are_kept_only_while_somebody_catches_up(database, database_url):
    async with serving(database, database_url) as served, served.connected() as client:
        await client.subscribe()
        await client.say(type="ping")
        await client.hear()
        await served.merge(5)
        await client.events(5)
        [group] = served.endpoint.groups._groups.values()
        assert len(group._payloads) <= 1


async def test_one_can_follow_a_feed_alone(database, database_url):
    async with serving(database, database_url) as served:
        await served.merge(2)
        execution = served.endpoint.execution
        found = execution.find(given.VIEWER, GraphQLRequest(CHANGED, variables={"after": "1.0"}))
        seen = []
        async with aclosing(execution.stream(found, given.VIEWER, RequestFacts("r"))) as answers:
            async for answer in answers:
                seen.append(answer.data["changed"]["revision"])
                if len(seen) == 2:
                    await served.merge()
                if len(seen) == 3:
                    break

    assert seen == [1, 2, 3]


async def test_a_feed_ends_when_it_is_closed(database, database_url):
    async with Tail.opened(database_url, database) as tail:
        feed = Feed(await Live(tail, database, resume_events=10).merges("main"), str)
        waiting = asyncio.create_task(anext(aiter(feed)))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await feed.aclose()
        assert [event async for event in feed._events] == []


async def test_a_dead_peer_is_cut_off_without_a_code(database, database_url):
    async with (
        serving(database, database_url) as served,
        listening(served.endpoint, Limits(), ws_ping_interval=0.1, ws_ping_timeout=0.1) as (port, _),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        )
        await reader.readuntil(b"\r\n\r\n")
        told = b""
        try:
            async with asyncio.timeout(GUARD):
                while part := await reader.read(100):
                    told += part
        except ConnectionResetError:
            pass
        assert told[:1] == b"\x89"  # a ping, and no close frame after it
        assert b"\x88" not in told[6:]
        writer.close()


async def test_a_hole_in_the_log_starts_it_anew(database, database_url):
    async with serving(database, database_url) as served:
        await served.merge(1)
        ontology = await served.tail.ontology("main")
        stream = await served.tail.stream(Log.MERGES, ontology)
        [entry] = await stream.after(Cursor(1, 0))
        fresh = Stream(Log.MERGES, ontology, 1, 1, database)
        waiting = asyncio.create_task(fresh.beyond(Cursor(1, 1)))
        await asyncio.sleep(0)

        fresh.add([replace(entry, position=5), replace(entry, position=6)])

        await waiting
        assert fresh.end == 6
        with pytest.raises(CursorExpired):
            await fresh.after(Cursor(1, 1))


async def test_the_ring_and_the_pages_are_bounded(database, database_url, monkeypatch):
    monkeypatch.setattr(streams, "RING", 4)
    monkeypatch.setattr(streams, "PAGE", 2)
    monkeypatch.setattr(streams, "PAGES", 3)
    async with serving(database, database_url) as served:
        await served.merge(12)
        stream = await served.tail.stream(Log.MERGES, await served.tail.ontology("main"))
        for position in range(12):
            assert (await stream.after(Cursor(1, position)))[0].position == position + 1
        assert len(stream._ring) == 4
        assert len(stream._pages) <= 3
