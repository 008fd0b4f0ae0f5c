"""The protocol: what is too long, too large or too slow is answered before an application sees it."""

from __future__ import annotations

import asyncio
import json

import pytest
from starlette.types import Receive, Scope, Send

from app.limits import Limits
from app.web.limits import ClientGone, read_body
from tests.waiting import GUARD
from tests.web.server import Running, reply, serving

LIMITS = Limits(request_line_bytes=2048, header_bytes=4096, request_seconds=0.4)
HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\n"


class Echo:
    """Answers with the size of the body; remembers every request and every client that went away."""

    def __init__(self) -> None:
        self.seen: list[Scope] = []
        self.gone = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope)
        try:
            body = await read_body(scope, receive, 10_000_000)
        except ClientGone:
            self.gone += 1
            return
        if scope["path"] == "/slow":
            await asyncio.sleep(0.6)
        answer = str(len(body)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(answer)).encode())]})
        await send({"type": "http.response.body", "body": answer})


async def refusal(running: Running, *raw: bytes, pause: float = 0.0) -> tuple[int, str]:
    answer = await running.send(*raw, pause=pause)
    [error] = json.loads(answer.body)["errors"]
    assert answer.headers["x-request-id"] == error["extensions"]["requestId"]
    assert answer.headers["connection"] == "close"
    return answer.status, error["extensions"]["code"]


async def test_a_request_within_the_bounds_is_served() -> None:
    app = Echo()
    async with serving(app, LIMITS) as running:
        answer = await running.send(b"POST /" + b"x" * 2000 + b" HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")

    assert (answer.status, answer.body) == (200, b"3")


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        ([b"GET /" + b"x" * 2048 + b" HTTP/1.1\r\nHost: a\r\n\r\n"], 414, "URI_TOO_LONG"),
        ([b"GET /" + b"x" * 2048], 414, "URI_TOO_LONG"),
        ([b"GET /?" + b"x" * 1500, b"y" * 1500], 414, "URI_TOO_LONG"),
        ([HEAD + b"X: " + b"y" * 5000 + b"\r\n\r\n"], 431, "HEADERS_TOO_LARGE"),
        ([HEAD + b"X: " + b"y" * 5000, b"y" * 5000], 431, "HEADERS_TOO_LARGE"),
        ([HEAD + b"Y" * 10_000], 431, "HEADERS_TOO_LARGE"),
        ([HEAD + b"".join(b"X%d: y\r\n" % n for n in range(101)) + b"\r\n"], 431, "HEADERS_TOO_LARGE"),
        ([b"\r\n" * 5000], 431, "HEADERS_TOO_LARGE"),
        ([b"nonsense\r\n\r\n"], 400, "BAD_REQUEST"),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"], 400, "BAD_REQUEST"),
        ([b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"], 400, "BAD_REQUEST"),
        ([b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n"], 400, "BAD_REQUEST"),
        ([HEAD + b"Content-Length: -1\r\n\r\n"], 400, "BAD_REQUEST"),
        ([HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na"], 400, "BAD_REQUEST"),
        ([HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"], 400, "BAD_REQUEST"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"], 400, "BAD_REQUEST"),
        ([HEAD + b"X : y\r\n\r\n"], 400, "BAD_REQUEST"),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: " + b"t" * 5000 + b"\r\n\r\n"], 431, "HEADERS_TOO_LARGE"),
    ],
)
async def test_what_is_too_long_or_no_http_is_refused_with_its_code(raw: list[bytes], status: int, code: str) -> None:
    app = Echo()
    async with serving(app, LIMITS) as running:
        assert await refusal(running, *raw) == (status, code)
        assert len(app.seen) == app.gone


@pytest.mark.parametrize(
    "raw",
    [
        b"G",
        b"\r\n",
        b"POST /x HTT",
        HEAD,
        HEAD + b"X-Slow: a",
        HEAD + b"Content-Length: 5\r\n\r\nab",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
async def test_what_does_not_arrive_in_time_is_answered_and_closed(raw: bytes) -> None:
    app = Echo()
    async with serving(app, LIMITS) as running:
        assert await refusal(running, raw) == (408, "REQUEST_TIMEOUT")
        assert len(app.seen) == app.gone


async def test_a_client_that_sends_a_byte_now_and_then_does_not_gain_time() -> None:
    async with serving(Echo(), LIMITS) as running:
        assert await refusal(running, *[b"P", b"O", b"S", b"T", b" "], pause=0.12) == (408, "REQUEST_TIMEOUT")


async def test_a_connection_that_says_nothing_is_closed_without_a_word() -> None:
    async with serving(Echo(), LIMITS) as running:
        reader, writer = await running.connect()
        assert await asyncio.wait_for(reader.read(), GUARD) == b""
        writer.close()


async def test_time_that_the_application_takes_is_not_counted() -> None:
    async with serving(Echo(), LIMITS) as running:
        answer = await running.send(b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")

    assert answer.status == 200


@pytest.mark.parametrize(
    "line", [b"OPTIONS * HTTP/1.1", b"CONNECT a:443 HTTP/1.1", b"GET http://a/x HTTP/1.1", b"PRI * HTTP/2.0", b"GET / HTTP/1.0"]
)
async def test_an_unusual_request_line_is_answered_and_never_hangs(line: bytes) -> None:
    async with serving(Echo(), LIMITS) as running:
        answer = await running.send(line + b"\r\nHost: a\r\n\r\n")

    assert answer.status in {200, 400}


async def test_a_request_is_answered_although_the_next_one_on_its_connection_is_refused() -> None:
    async with serving(Echo(), LIMITS) as running:
        reader, writer = await running.connect()
        writer.write(b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na" + b"GET /" + b"x" * 3000)
        answer = await asyncio.wait_for(reply(reader), GUARD)

        assert (answer.status, answer.body) == (200, b"1")
        assert await asyncio.wait_for(reader.read(), GUARD) == b""
        writer.close()


async def test_requests_follow_each_other_on_one_connection() -> None:
    app = Echo()
    async with serving(app, LIMITS) as running:
        reader, writer = await running.connect()
        for size in (1, 3, 2):
            writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % size + b"a" * size)
            assert (await asyncio.wait_for(reply(reader), GUARD)).body == str(size).encode()
        writer.write(b"".join(HEAD + b"Content-Length: %d\r\n\r\n" % size + b"a" * size for size in (4, 5)))
        assert [(await asyncio.wait_for(reply(reader), GUARD)).body for _ in range(2)] == [b"4", b"5"]
        await asyncio.sleep(0.5)  # longer than a request may take to arrive
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")
        assert (await asyncio.wait_for(reply(reader), GUARD)).body == b"0"
        writer.close()


async def test_a_trailer_is_not_taken_for_a_header() -> None:
    app = Echo()
    async with serving(app, LIMITS) as running:
        raw = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nAuthorization: Bearer x\r\n\r\n"
        assert (await running.send(raw)).body == b"1"

    assert b"authorization" not in dict(app.seen[0]["headers"])
