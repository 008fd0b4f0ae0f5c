"""A process that has just begun to listen answers, whatever else there is to say."""

from __future__ import annotations

import asyncio
import gc
import socket

import httpx2
import uvicorn

from app.commands.serving import Server
from tests.waiting import GUARD, until


async def hello(scope, receive, send):
    """An application that greets."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def test_it_answers_while_it_says_where_it_is():
    said, kept = list[str](), gc.get_threshold()
    with socket.create_server(("127.0.0.1", 0)) as bound:
        address = f"http://127.0.0.1:{bound.getsockname()[1]}"

        def ready():
            try:
                said.append(httpx2.get(address, timeout=GUARD / 6, trust_env=False).text)
            except httpx2.HTTPError as failed:
                said.append(type(failed).__name__)

        server = Server(uvicorn.Config(hello, lifespan="off", log_config=None), ready)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        await until(lambda: said)
        server.should_exit = True
        await serving
    assert said == ["hello"]
    assert (gc.get_threshold(), gc.get_freeze_count()) == (kept, 0)  # who goes on afterwards finds the collector as it was
