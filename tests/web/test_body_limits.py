"""Bodies of every other route are bounded."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from app.limits import Limits
from app.web.limits import BodyLimit, to_disk
from tests.web.server import Running, serving


async def size(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def unread(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("never looked")


async def early(request: Request) -> StreamingResponse:
    async def echo() -> AsyncIterator[bytes]:
        yield b"begun"
        async for part in request.stream():
            yield part

    return StreamingResponse(echo())


ROUTES = [Route(f"/{each.__name__}", each, methods=["POST"]) for each in (size, unread, early)] + [Route("/own", size, methods=["POST"])]


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    async with serving(BodyLimit(Starlette(routes=ROUTES), 1000, own=["/own"])) as running:
        yield running


async def chunks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 100


async def test_a_body_within_the_bound_is_read(running: Running) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.post(f"{running.url}/size", content=b"x" * 1000)).text == "1000"
        assert (await client.post(f"{running.url}/size", content=chunks(10))).text == "1000"
        assert (await client.post(f"{running.url}/own", content=b"x" * 5000)).text == "5000"


async def test_a_body_beyond_the_bound_is_refused_announced_or_not(running: Running) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        for content in (b"x" * 1001, chunks(11)):
            response = await client.post(f"{running.url}/size", content=content)
            assert response.status_code == 413
            assert response.json()["errors"][0]["extensions"] == {"limit": 1000, "code": "PAYLOAD_TOO_LARGE", "requestId": ""}


async def test_an_announced_body_is_refused_before_the_route_decides_anything(running: Running) -> None:
    answer = await running.send(b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: " + b"9" * 18 + b"\r\n\r\n")

    assert (answer.status, json.loads(answer.body)["errors"][0]["extensions"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_an_answer_that_has_begun_is_broken_off_and_not_mixed_with_another(running: Running) -> None:
    async with httpx2.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.post(f"{running.url}/early", content=chunks(11))


async def test_the_largest_upload_goes_to_disk_and_is_never_held_in_memory(tmp_path):
    mebibyte = 1024 * 1024
    largest = Limits().import_body_bytes
    left = largest // mebibyte
    expected = hashlib.sha256(b"".join(bytes([number]) * mebibyte for number in range(left))).hexdigest()

    async def receive():
        nonlocal left
        left -= 1
        number = largest // mebibyte - 1 - left
        return {"type": "http.request", "body": bytes([number]) * mebibyte, "more_body": left > 0}

    tracemalloc.start()
    try:
        with (tmp_path / "upload").open("wb") as file:
            digest = await to_disk({"type": "http", "headers": []}, receive, largest, file)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert digest == expected
    assert (tmp_path / "upload").stat().st_size == largest
    assert most < 4 * mebibyte
