"""graphql-transport-ws, message by message, against a real server."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from resolvers.transport.websocket import PROTOCOL
from tests.sockets import CHANGED, serving
from tests.waiting import GUARD, until


@pytest_asyncio.fixture
async def served(database, database_url):
    async with serving(database, database_url, websocket_init_seconds=0.3, origins=("https://editor.example",)) as running:
        yield running


async def test_a_client_is_acknowledged_and_a_query_is_answered(served):
    async with served.connected("vera") as client:
        await client.subscribe('{ word(of: "hello") }', id="q")

        answer = await client.hear()

        assert (answer["id"], answer["type"], answer["payload"]["data"]) == ("q", "next", {"word": "hello"})
        assert await client.hear() == {"id": "q", "type": "complete"}


async def test_an_id_is_free_again_when_its_operation_is_complete(served):
    async with served.connected() as client:
        for _ in range(3):
            await client.subscribe("{ word }", id="same")
            assert [(await client.hear())["type"], (await client.hear())["type"]] == ["next", "complete"]


@pytest.mark.parametrize("offered", [None, ["graphql-ws"], ["soap"]])
async def test_another_subprotocol_closes_with_4406(served, offered):
    async with served.connected(None, subprotocols=offered) as client:
        assert await client.closed() == 4406


async def test_a_client_without_connection_init_is_closed_with_4408(served):
    async with served.connected(None) as client:
        assert await client.closed() == 4408


async def test_a_second_connection_init_closes_with_4429(served):
    async with served.connected() as client:
        await client.say(type="connection_init")
        assert await client.closed() == 4429


@pytest.mark.parametrize("message", [{"id": "1", "type": "subscribe", "payload": {"query": "{ word }"}}, {"id": "1", "type": "complete"}])
async def test_what_comes_before_the_acknowledgement_closes_with_4401(served, message):
    async with served.connected(None) as client:
        await client.say(**message)
        assert await client.closed() == 4401


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "no json",
        "[]",
        '"text"',
        "null",
        "{}",
        '{"type": "start"}',
        '{"type": ["ping"]}',
        '{"type": null}',
        '{"type": "ping", "payload": 1}',
        '{"type": "pong", "payload": []}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ word }"}}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ word }"}}',
        '{"type": "subscribe", "id": "1", "payload": []}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 7}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ word }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ word }", "operationName": 1}}',
        '{"type": "complete"}',
        '{"type": "ping", "type": "ping"}',
        '{"type": "ping", "payload": {"n": NaN}}',
        '{"type": "ping", "payload": {"n": "\\ud800"}}',
        '{"type": "ping", "payload": {"n": 1' + "0" * 200 + "}}",
        '{"type": "ping", "payload": ' + '{"a":' * 40 + "1" + "}" * 40 + "}",
        b'{"type": "ping"}',
        json.dumps({"type": "subscribe", "id": "x" * 300, "payload": {"query": "{ word }"}}),
    ],
)
async def test_a_bad_message_closes_with_4400(served, frame):
    async with served.connected() as client:
        await client.connection.send(frame)
        assert await client.closed() == 4400
    assert served.reports == []


async def test_an_id_in_use_closes_with_4409(served):
    async with served.connected() as client:
        await client.subscribe(id="1")
        await client.subscribe(id="1")
        assert await client.closed() == 4409


@pytest.mark.parametrize("token", ["nobody", "late", "", "two words", "x" * 9000])
async def test_a_refused_token_closes_with_4403(served, token):
    async with served.connected(None) as client:
        await client.say(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert await client.closed() == 4403


@pytest.mark.parametrize("payload", [None, {}, {"authorization": None}, {"other": "Bearer vera"}])
async def test_no_token_closes_with_4403(served, payload):
    async with served.connected(None) as client:
        await client.say(type="connection_init", payload=payload)
        assert await client.closed() == 4403


@pytest.mark.parametrize("payload", [{"authorization": 7}, {"authorization": "Bearer vera", "Authorization": "Bearer vera"}])
async def test_an_authorization_that_is_not_one_text_closes_with_4400(served, payload):
    async with served.connected(None) as client:
        await client.say(type="connection_init", payload=payload)
        assert await client.closed() == 4400


async def test_keys_that_cannot_be_read_close_with_1013_and_never_let_anybody_in(served):
    async with served.connected(None) as client:
        await client.say(type="connection_init", payload={"authorization": "Bearer down"})
        assert await client.closed() == 1013


@pytest.mark.parametrize("payload", [{"Authorization": "Bearer edith"}, {"authorization": "edith"}, {"AUTHORIZATION": "bearer edith"}])
async def test_the_token_is_taken_with_or_without_bearer_and_in_any_case(served, payload):
    async with served.connected(None) as client:
        await client.say(type="connection_init", payload=payload)
        assert await client.hear() == {"type": "connection_ack"}
        await client.subscribe("{ word }")
        assert (await client.hear())["payload"]["data"] == {"word": "edith"}


async def test_the_token_of_the_handshake_counts_where_the_payload_has_none(served):
    async with served.connected(None, additional_headers={"Authorization": "Bearer ada"}) as client:
        await client.say(type="connection_init")
        assert await client.hear() == {"type": "connection_ack"}


async def test_the_socket_ends_with_its_token(served):
    end = time.time() + 3  # a busy machine may need one of them to connect
    async with served.connected(f"vera~{end}") as client:
        await client.subscribe()
        assert await client.closed() == 4403
        assert time.time() > end - 0.1
    assert not served.endpoint.sockets


async def test_a_frame_above_64_kib_closes_with_1009(served):
    async with served.connected() as client:
        await client.connection.send('{"type":"ping","payload":{"n":"' + "x" * 65_536 + '"}}')
        assert await client.closed() == 1009


async def test_a_ping_is_answered_with_its_payload_also_before_connection_init(served):
    async with served.connected(None) as client:
        await client.say(type="ping", payload={"at": 1})
        assert await client.hear() == {"type": "pong", "payload": {"at": 1}}
        await client.say(type="ping")
        assert await client.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ wor", "GRAPHQL_PARSE_FAILED"),
        ("{ words }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ word(of: 1) }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($a: String!) { word(of: $a) }", "BAD_USER_INPUT"),
        ("subscription { changed { revision } refused { revision } }", "TOO_MANY_ROOT_FIELDS"),
        ("subscription { refused { revision } }", "UNAVAILABLE"),
        ('subscription { changed(ontology: "none") { revision } }', "NOT_FOUND"),
        ('subscription { changed(after: "x") { revision } }', "INVALID_CURSOR"),
        ('subscription { changed(after: "1.99") { revision } }', "CURSOR_EXPIRED"),
        ('subscription { changed(after: "2.0") { revision } }', "CURSOR_EXPIRED"),
        ("query one { word } query other { word }", "BAD_REQUEST"),
        ("{" + "a{" * 30 + "b" + "}" * 31, "QUERY_TOO_DEEP"),
    ],
)
async def test_a_wrong_operation_is_answered_and_leaves_the_others_alone(served, query, code):
    async with served.connected() as client:
        await client.subscribe(id="good")
        await client.subscribe(query, id="wrong")

        answer = await client.hear()

        assert (answer["id"], answer["type"]) == ("wrong", "error")
        assert answer["payload"][0]["extensions"]["code"] == code
        await served.merge()
        assert (await client.hear())["id"] == "good"
        await client.subscribe("{ word }", id="wrong")  # the id is free again
        assert (await client.hear())["type"] == "next"


async def test_a_fault_of_an_event_is_masked_and_reported(served):
    async with served.connected() as client:
        await client.subscribe("subscription { changed { revision broken } }")
        await client.subscribe("{ word }", id="2")
        await client.hear(), await client.hear()
        await served.merge()

        payload = (await client.hear())["payload"]

        assert payload["data"]["changed"] == {"revision": 1, "broken": None}
        assert payload["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in json.dumps(payload)
        assert [str(report) for report in served.reports] == ["secret"]


async def test_complete_ends_a_subscription_and_unknown_ids_do_no_harm(served):
    async with served.connected() as client:
        await client.subscribe(id="1")
        await client.say(type="complete", id="1")
        await client.say(type="complete", id="never")
        await client.subscribe("{ word }", id="2")
        assert [(await client.hear())["id"], (await client.hear())["id"]] == ["2", "2"]
        await served.merge()
        with pytest.raises(TimeoutError):
            await client.hear(0.3)
    assert len(served.endpoint.groups) == 0


async def test_a_query_is_ended_by_complete(served):
    async with served.connected() as client:
        await client.subscribe("{ wait }", id="1")
        await client.say(type="complete", id="1")
        served.services.released.set()
        await client.subscribe("{ word }", id="2")
        assert {(await client.hear())["id"], (await client.hear())["id"]} == {"2"}


async def test_a_mutation_ends_although_its_client_is_gone(served):
    async with served.connected("edith") as client:
        await client.subscribe("mutation { finish }")
        await client.say(type="ping")
        await client.hear()
        client.connection.transport.abort()
    await until(lambda: not served.endpoint.sockets)
    served.services.released.set()
    await until(lambda: served.services.finished == 1)


async def test_a_socket_carries_20_operations_at_once(served):
    async with served.connected() as client:
        for number in range(21):
            await client.subscribe(id=str(number))
        answer = await client.hear()
        assert (answer["id"], answer["type"]) == ("20", "error")
        await client.say(type="complete", id="0")
        await client.subscribe(id="20")
        await client.subscribe("{ word }", id="0")
        assert (await client.hear())["type"] == "error"
        await served.merge()
        assert sorted([int((await client.hear())["id"]) for _ in range(20)]) == list(range(1, 21))


async def test_a_user_has_10_sockets_and_another_user_has_10_more(served):
    async with asyncio.timeout(GUARD):
        clients = [served.connected("vera") for _ in range(10)]
        opened = [await each.__aenter__() for each in clients]
        async with served.connected(None) as client:
            await client.say(type="connection_init", payload={"authorization": "vera"})
            assert await client.closed() == 4429
        async with served.connected("edith"):
            pass
        await opened[0].connection.close()
        async with served.connected("vera"):
            pass
        for each in clients:
            await each.__aexit__(None, None, None)
    await until(lambda: not served.endpoint.sockets)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://editor.example.evil", "http://editor.example", "http://["])
async def test_another_origin_is_refused_before_the_socket_opens(served, origin):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(served.url, origin=origin, subprotocols=[PROTOCOL]):
            pass
    assert refused.value.response.status_code == 403


async def test_the_same_origin_an_allowed_one_and_none_pass(served):
    for origin in (f"http://127.0.0.1:{served.port}", "https://editor.example", None):
        async with served.connected("vera", origin=origin):
            pass


async def test_a_deploy_closes_with_1012_and_leaves_no_task(database, database_url):
    before = asyncio.all_tasks()
    async with serving(database, database_url) as served, served.connected() as client:
        await client.subscribe()
        await client.subscribe(CHANGED.replace("revision", "slow"), id="2", after="1.0")
        await client.subscribe("{ word }", id="3")
        await client.hear(), await client.hear()
        assert len(served.endpoint.groups) == 2
        served.server.should_exit = True
        assert await client.closed() == 1012
        await client.connection.wait_closed()
    assert asyncio.all_tasks() == before
    assert served.endpoint.groups._groups == {}
