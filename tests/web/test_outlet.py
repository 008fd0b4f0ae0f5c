"""What answers are written to: a head goes with what follows it, and nothing waits for what does not come."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive, Scope, Send

from app.web.outlet import Joined
from tests.waiting import GUARD
from tests.web.server import serving

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]}


class Writes(asyncio.Transport):
    """Remembers what is written, and by how many calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.calls.append(b"".join(list_of_data))

    def close(self) -> None:
        self.calls.append(b"closed")

    def is_closing(self) -> bool:
        return False


async def test_a_head_goes_with_what_follows_it_and_alone_where_nothing_does() -> None:
    transport = Writes()
    joined = Joined(transport, asyncio.get_running_loop())

    for data in (HEAD, b"body", b"more", HEAD, b""):
        joined.write(data)
    assert transport.calls == [HEAD + b"body", b"more", HEAD]

    joined.write(HEAD)
    await asyncio.sleep(0)
    assert transport.calls[3:] == [HEAD]

    joined.write(HEAD)
    joined.close()
    await asyncio.sleep(0)
    assert transport.calls[4:] == [HEAD, b"closed"]


async def test_a_client_reads_the_head_of_an_answer_whose_body_is_still_made() -> None:
    read = asyncio.Event()

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send(START)
        await read.wait()
        for part in (b"ab", b"cd", b"ef"):
            await send({"type": "http.response.body", "body": part, "more_body": part != b"ef"})

    async with serving(app) as running, asyncio.timeout(GUARD):
        reader, writer = await running.connect()
        writer.write(GET)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        read.set()
        assert await reader.readexactly(6) == b"abcdef"
        writer.write(GET)
        assert (await reader.readuntil(b"abcdef")).startswith(b"HTTP/1.1 200 OK")
        writer.close()


async def test_a_client_reads_the_head_of_an_answer_that_breaks_off() -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send(START)
        raise ZeroDivisionError

    async with serving(app) as running, asyncio.timeout(GUARD):
        reader, writer = await running.connect()
        writer.write(GET)
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")


async def test_who_asks_first_whether_to_send_a_body_is_told_to_go_on() -> None:
    async def app(_: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        await send(START)
        await send({"type": "http.response.body", "body": message["body"]})

    async with serving(app) as running, asyncio.timeout(GUARD):
        reader, writer = await running.connect()
        writer.write(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abcdef")
        assert (await reader.readuntil(b"abcdef")).startswith(b"HTTP/1.1 200 OK")
        writer.close()
