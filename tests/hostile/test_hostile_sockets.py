"""Sockets that speak out of turn, too much or nothing: closed by the code that the contract names, never by 1011."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from resolvers.transport.websocket import PROTOCOL


async def closed(service, frames, *, protocols=(PROTOCOL,), role: str | None = "VIEWER", payload: Any = None) -> int:
    """The code with which the server closes after these frames."""
    url = service.url.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=list(protocols) or None, max_size=None, ping_interval=None) as socket:
        try:
            if role:
                given = payload if payload is not None else {"authorization": f"Bearer {service.tokens[role]}"}
                await socket.send(json.dumps({"type": "connection_init", "payload": given}))
                first = await socket.recv()
                assert json.loads(first)["type"] == "connection_ack"
            for frame in frames:
                await socket.send(frame)
            while True:
                await asyncio.wait_for(socket.recv(), 60)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else 1006


def message(**parts: Any) -> str:
    return json.dumps(parts)


def subscribe(query: Any, id: Any = "1", **more: Any) -> str:  # noqa: A002 - the protocol's word
    return message(id=id, type="subscribe", payload={"query": query, **more})


LIVE = "subscription { ontologyChanged { cursor } }"
ACKNOWLEDGED = {
    "no-json": (["hello"], 4400), "an-empty-frame": ([""], 4400), "a-list": (["[]"], 4400), "null": (["null"], 4400), "a-truncated-object": (['{"type":'], 4400),
    "no-type": (["{}"], 4400), "an-unknown-type": ([message(type="start")], 4400), "a-type-that-is-a-list": ([message(type=["ping"])], 4400),
    "a-type-in-another-case": ([message(type="Ping")], 4400), "a-key-twice": (['{"type":"ping","type":"ping"}'], 4400), "nan": (['{"type":"ping","payload":{"v":NaN}}'], 4400),
    "deep": ([message(type="ping", payload={"v": json.loads("[" * 40 + "]" * 40)})], 4400), "half-a-surrogate": (['{"type":"ping","payload":{"v":"\\ud800"}}'], 4400),
    "a-huge-number": (['{"type":"ping","payload":{"v":' + "9" * 60 + "}}"], 4400), "a-payload-that-is-a-text": ([message(type="ping", payload="x")], 4400),
    "binary": ([b"\x00\x01\x02"], 4400), "binary-json": ([b'{"type":"ping"}'], 4400), "another-init": ([message(type="connection_init")], 4429),
    "65-kib": ([message(type="ping", payload={"v": "x" * 66_000})], 1009), "10-mib": (["x" * 10_000_000], 1009), "65-kib-binary": ([b"x" * 66_000], 1009),
    "an-id-that-is-missing": ([message(type="subscribe", payload={"query": "{ me { id } }"})], 4400), "an-id-that-is-a-number": ([subscribe("{ me { id } }", id=1)], 4400),
    "an-empty-id": ([subscribe("{ me { id } }", id="")], 4400), "an-id-of-257": ([subscribe("{ me { id } }", id="x" * 257)], 4400),
    "no-payload": ([message(type="subscribe", id="1")], 4400), "a-batch": ([message(type="subscribe", id="1", payload=[])], 4400),
    "a-query-that-is-a-number": ([subscribe(7)], 4400), "variables-that-are-a-list": ([subscribe("{ me { id } }", variables=[])], 4400),
    "complete-without-an-id": ([message(type="complete")], 4400), "an-id-in-use": ([subscribe(LIVE), subscribe(LIVE)], 4409),
}  # fmt: skip


@pytest.mark.parametrize("name", ACKNOWLEDGED)
async def test_a_bad_frame_closes_by_its_code(service, name):
    frames, code = ACKNOWLEDGED[name]

    assert await closed(service, frames) == code


BEFORE = {
    "subscribe": ([subscribe("{ me { id } }")], 4401), "complete": ([message(type="complete", id="1")], 4401), "nothing": ([], 4408),
    "only-pings": ([message(type="ping")], 4408), "no-json": (["x"], 4400), "binary": ([b"x"], 4400), "a-payload-that-is-a-list": ([message(type="connection_init", payload=[])], 4400),
    "an-authorization-that-is-a-number": ([message(type="connection_init", payload={"authorization": 7})], 4400),
    "two-authorizations": ([message(type="connection_init", payload={"authorization": "a", "Authorization": "b"})], 4400),
    "no-token": ([message(type="connection_init")], 4403), "a-bad-token": ([message(type="connection_init", payload={"authorization": "Bearer nonsense"})], 4403),
    "a-token-of-another-scheme": ([message(type="connection_init", payload={"authorization": "Basic eDp5"})], 4403),
    "an-empty-token": ([message(type="connection_init", payload={"authorization": ""})], 4403),
}  # fmt: skip


@pytest.mark.parametrize("name", BEFORE)
async def test_what_comes_before_the_acknowledgement_closes_by_its_code(service, name):
    frames, code = BEFORE[name]

    assert await closed(service, frames, role=None) == code


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("soap", "mqtt"), ("GRAPHQL-TRANSPORT-WS",)])
async def test_another_subprotocol_closes_with_4406(service, protocols):
    assert await closed(service, [], protocols=protocols, role=None) == 4406


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://editor.example.evil.example", "http://editor.example"])
async def test_a_foreign_origin_is_refused_before_the_socket_opens(service, origin):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(service.url.replace("http", "ws") + "/graphql", subprotocols=[PROTOCOL], additional_headers={"origin": origin}):
            pass

    assert refused.value.response.status_code == 403


async def test_no_other_path_is_a_socket(service):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(service.url.replace("http", "ws") + "/api/object-type", subprotocols=[PROTOCOL]):
            pass

    assert refused.value.response.status_code in {403, 404}


OPERATIONS = {
    "a-syntax-error": ("{", "GRAPHQL_PARSE_FAILED"), "an-unknown-field": ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"), "no-query": (None, "BAD_REQUEST"),
    "two-roots": ("subscription { a: ontologyChanged { cursor } b: ontologyChanged { cursor } }", "TOO_MANY_ROOT_FIELDS"),
    "no-such-ontology": ('subscription { ontologyChanged(ontology: "nothing") { cursor } }', "NOT_FOUND"),
    "no-such-change-set": ('subscription { changeSetChanged(rid: "ri.ontology.main.changeset.nothing") { cursor } }', "NOT_FOUND"),
    "a-change-set-that-is-no-rid": ('subscription { changeSetChanged(rid: "nothing") { cursor } }', "NOT_FOUND"),
    "nul": ('subscription { ontologyChanged(ontology: "a\\u0000") { cursor } }', "BAD_USER_INPUT"),
    "a-cursor-that-is-none": ('subscription { ontologyChanged(after: "soon") { cursor } }', "INVALID_CURSOR"),
    "a-cursor-of-another-epoch": ('subscription { ontologyChanged(after: "99.1") { cursor } }', "CURSOR_EXPIRED"),
    "a-cursor-of-64-bits": ('subscription { ontologyChanged(after: "1.99999999999999999999") { cursor } }', "INVALID_CURSOR"),
    "a-mutation-of-a-viewer": ('mutation { openChangeSet(input: {title: "x"}) { __typename } }', "FORBIDDEN"),
    "a-bomb": ("{ me { ...F0 } }" + "".join(f" fragment F{n} on Me {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30)) + " fragment F30 on Me { id }", "QUERY_TOO_COMPLEX"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_bad_operation_is_answered_and_leaves_the_others_alone(service, name):
    query, code = OPERATIONS[name]
    url = service.url.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=[PROTOCOL]) as socket:
        await socket.send(message(type="connection_init", payload={"authorization": service.tokens["VIEWER"]}))
        await socket.recv()
        await socket.send(subscribe(LIVE, id="live"))
        await socket.send(subscribe(query, id="bad"))
        answer = json.loads(await asyncio.wait_for(socket.recv(), 60))
        errors = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]

        assert (answer["id"], errors[0]["extensions"]["code"]) == ("bad", code)
        await socket.send(subscribe("{ me { id } }", id="good"))
        later = [json.loads(await asyncio.wait_for(socket.recv(), 60)) for _ in range(2)]
        assert {"id": "good", "type": "complete"} in later or any(each["id"] == "good" and each["type"] == "next" for each in later)


async def test_the_21st_operation_of_a_socket_is_refused(service):
    async with connect(service.url.replace("http", "ws") + "/graphql", subprotocols=[PROTOCOL]) as socket:
        await socket.send(message(type="connection_init", payload={"authorization": service.tokens["VIEWER"]}))
        await socket.recv()
        for n in range(21):
            await socket.send(subscribe(LIVE, id=str(n)))
        answer = json.loads(await asyncio.wait_for(socket.recv(), 60))

        assert (answer["id"], answer["type"], answer["payload"][0]["extensions"]["code"]) == ("20", "error", "BAD_REQUEST")


async def test_the_11th_socket_of_somebody_is_refused(service):
    async with AsyncExitStack() as held:
        codes = await asyncio.gather(*(_held(service, held) for _ in range(12)))

    assert sorted(codes, key=str) == [4429, 4429] + [None] * 10


async def _held(service, held: AsyncExitStack) -> int | None:
    """How a socket ends that would stay for as long as the others; None where it may."""
    socket = await held.enter_async_context(connect(service.url.replace("http", "ws") + "/graphql", subprotocols=[PROTOCOL]))
    try:
        await socket.send(message(type="connection_init", payload={"authorization": service.tokens["ADMIN"]}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else None
    return None
