"""Server-Sent Events: the protocol, resuming without gap or duplicate, limits, and an end that is told."""

from __future__ import annotations

import asyncio
import json
import random
import time

import pytest
from websockets.asyncio.client import connect

from app.web.origins import REQUEST_HEADERS
from resolvers.transport.event_streams import Framing
from tests import given
from tests.streams import FOLLOW, streaming
from tests.waiting import until

MERGES = 60
NAMED = "{ me { id } }"
HEAVY = "subscription { ontologyChanged { changes(first: 100) { nodes { entity { description } } } } }"


async def test_each_event_has_the_cursor_to_come_back_with(database, database_url):
    async with streaming(database, database_url) as served:
        answer = await served.ask()
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        await served.following(1)
        await served.merge(2)

        events = await answer.events(2)

        assert [(each.event, each.id, each.body["data"]["ontologyChanged"]["cursor"]) for each in events] == [
            ("next", "1.1", "1.1"), ("next", "1.2", "1.2"),
        ]  # fmt: skip
        answer.cut()
        again = await served.ask(headers={"last-event-id": "1.1"}, after="1.0")  # what was seen last counts, not the document
        assert [each.id for each in await again.events(1)] == ["1.2"]
        again.cut()


@pytest.mark.parametrize("seed", [1, 2])
async def test_streams_that_are_cut_at_random_lose_and_repeat_nothing(database, database_url, seed):
    async with streaming(database, database_url) as served:

        async def followed(number: int) -> list[int]:
            chance, seen, last = random.Random(seed * 100 + number), [], "1.0"
            while not seen or seen[-1] < MERGES:
                method = chance.choice(("GET", "POST"))
                answer = await served.ask(method=method, headers={"last-event-id": last})
                for _ in range(chance.randint(0, 12)):
                    event = await answer.event(60)
                    assert event is not None
                    seen.append(int(event.body["data"]["ontologyChanged"]["revision"]))
                    last = event.id
                    if seen[-1] >= MERGES:
                        break
                answer.cut()
                await asyncio.sleep(chance.random() * 0.05)
            return seen

        async def write() -> None:
            for _ in range(MERGES):
                await served.merge()
                await asyncio.sleep(0.01)

        _, *followers = await asyncio.gather(write(), *(followed(number) for number in range(6)))
        for seen in followers:
            assert seen == list(range(1, MERGES + 1))
        await served.following(0)
        assert len(served.sockets.groups) == 0


async def test_streams_and_sockets_that_ask_alike_are_one_group(database, database_url):
    async with streaming(database, database_url) as served:
        answer = await served.ask(FOLLOW)
        async with connect(f"ws://127.0.0.1:{served.port}/graphql", subprotocols=["graphql-transport-ws"]) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": "Bearer vera"}}))
            await socket.recv()
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
            await served.following(2)
            assert len(served.sockets.groups) == 1
            await served.merge()

            told = json.loads(await socket.recv())["payload"]
            assert (await answer.events(1))[0].body == told
        answer.cut()


async def test_a_query_and_a_mutation_are_one_event_and_its_end(database, database_url):
    async with streaming(database, database_url) as served:
        for method in ("POST", "GET"):
            answer = await served.ask(NAMED, method=method)
            first, last = await answer.events(2)
            assert (first.event, first.id, first.body["data"], last.event, last.data) == (
                "next",
                "",
                {"me": {"id": "vera"}},
                "complete",
                "",
            )
            assert await answer.event() is None

        made = await served.ask('mutation { openChangeSet(input: {title: "x"}) { __typename } }', by="edith")
        assert (await made.events(2))[0].body["data"] == {"openChangeSet": {"__typename": "ChangeSetPayload"}}
        assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 1


async def test_what_is_wrong_with_an_operation_is_told_in_the_stream(database, database_url):
    async with streaming(database, database_url) as served:
        for query, code, headers in (
            ("{", "GRAPHQL_PARSE_FAILED", {}),
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED", {}),
            ("subscription ($after: Int!) { __typename }", "GRAPHQL_VALIDATION_FAILED", {}),
            ('subscription { ontologyChanged(ontology: "none") { revision } }', "NOT_FOUND", {}),
            (FOLLOW, "INVALID_CURSOR", {"last-event-id": "yesterday"}),
            (FOLLOW, "CURSOR_EXPIRED", {"last-event-id": "7.1"}),
        ):
            answer = await served.ask(query, headers=headers)
            first, last = await answer.events(2)
            assert (answer.status, first.event, last.event) == (200, "next", "complete")
            assert first.body["errors"][0]["extensions"]["code"] == code, query
            assert "data" not in first.body
            assert await answer.event() is None


async def test_what_is_wrong_with_a_request_is_answered_as_ever_and_stores_nothing(database, database_url):
    opening = 'mutation { openChangeSet(input: {title: "x"}) { __typename } }'
    async with streaming(database, database_url) as served:
        for refused, status, code in (
            (served.ask(by="nobody"), 401, "UNAUTHENTICATED"),
            (served.ask(by=None, method="GET"), 403, "CSRF_PREFLIGHT_REQUIRED"),
            (served.ask(opening, by="edith", method="GET"), 405, "METHOD_NOT_ALLOWED"),
            (served.ask(headers={"content-encoding": "gzip"}), 415, "UNSUPPORTED_MEDIA_TYPE"),
            (served.ask(accept="text/event-stream;q=0"), 406, "NOT_ACCEPTABLE"),
            (served.ask(accept="application/json"), 400, "BAD_REQUEST"),
        ):
            answer = await refused
            told = await answer.body()
            assert (answer.status, told["errors"][0]["extensions"]["code"]) == (status, code)
        assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 0
    assert "Last-Event-ID" in REQUEST_HEADERS


async def test_a_client_that_takes_both_gets_a_stream_for_subscriptions_and_json_for_the_rest(database, database_url):
    async with streaming(database, database_url) as served:
        both = "application/graphql-response+json, text/event-stream"
        assert (await (await served.ask(NAMED, accept=both)).body())["data"] == {"me": {"id": "vera"}}
        answer = await served.ask(accept=both)
        assert answer.headers["content-type"].startswith("text/event-stream")
        answer.cut()


async def test_a_quiet_stream_shows_that_it_lives(database, database_url):
    async with streaming(database, database_url, event_stream_heartbeat_seconds=0.05) as served:
        answer = await served.ask()
        await served.following(1)
        coming = asyncio.create_task(answer.events(1))
        await until(lambda: answer.comments >= 3)
        await served.merge()
        assert [each.id for each in await coming] == ["1.1"]
        answer.cut()


async def test_a_stream_ends_with_the_token(database, database_url):
    async with streaming(database, database_url) as served:
        answer = await served.ask(by=f"vera~{time.time() + 3}")
        first, last = await answer.events(2)
        assert (first.body["errors"][0]["extensions"]["code"], last.event) == ("TOKEN_EXPIRED", "complete")
        assert await answer.event() is None
        await served.following(0)


async def test_a_client_that_takes_nothing_is_cut_off_and_holds_nobody_up(database, database_url):
    async with streaming(database, database_url, websocket_send_seconds=2) as served:
        stuck = await served.ask(HEAVY, buffer=4_096)
        other = await served.ask(HEAVY)
        await served.following(2)
        for _ in range(12):
            await served.editing.apply(given.EDITOR, "main", [given.shared_property(description="x" * 9_000) for _ in range(60)])
            event = await other.event()
            assert len(event.data) > 500_000
        await served.following(1)
        other.cut()
        stuck.cut()
        await served.following(0)


async def test_nobody_has_more_streams_than_allowed(database, database_url):
    async with streaming(database, database_url, event_streams_per_user=2) as served:
        held = [await served.ask() for _ in range(2)]
        for refused in (await served.ask(), await served.ask(method="GET"), await served.ask("{ nothing }"), await served.ask(NAMED)):
            told = (await refused.body())["errors"][0]["extensions"]
            assert (refused.status, told["code"], told["limit"]) == (429, "TOO_MANY_STREAMS", 2)
            assert "text/event-stream" not in refused.headers["content-type"], "it is an answer as ever: a client sees no stream that ends"
        assert served.streams.open == {"vera": 2}
        await served.following(2)
        other = await served.ask(by="edith")
        assert other.status == 200
        held[0].cut()
        await until(lambda: served.streams.open["vera"] == 1)
        held.append(await served.ask())
        assert held[-1].status == 200
        for each in (*held, other):
            each.cut()


def test_the_same_event_is_one_object_for_all_who_follow_alike():
    framing, payload, mark = Framing(), b'{"data":1}', b"1.2"

    first, second = framing.event(payload, mark), framing.event(payload, mark)
    other = framing.event(b'{"data":2}', mark)
    stateless = framing.event(payload, b"")

    assert first is second
    assert first == b'26\r\nid: 1.2\nevent: next\ndata: {"data":1}\n\n\r\n'
    assert other == first.replace(b"1}", b"2}")
    assert stateless == b'1e\r\nevent: next\ndata: {"data":1}\n\n\r\n'


async def test_a_deploy_ends_the_streams_at_once_and_spreads_their_return(database, database_url):
    async with streaming(database, database_url) as served:
        answers = [await served.ask() for _ in range(5)]
        await served.following(5)
        served.server.should_exit = True

        told = [await each.event() for each in answers]

        assert all(100 <= int(each.retry) <= 5_000 and not each.event for each in told)
        assert [await each.event() for each in answers] == [None] * 5
        assert len({each.retry for each in told}) > 1


async def test_a_state_has_no_cursor_to_come_back_with(database, database_url):
    async with streaming(database, database_url) as served:
        answer = await served.ask("subscription { locksChanged { complete changes { rid } } }", headers={"last-event-id": "1.7"})
        [event] = await answer.events(1)
        assert (event.id, event.body["data"]["locksChanged"]) == ("", {"complete": True, "changes": []})
        answer.cut()
