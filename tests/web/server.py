"""A real server on a free port of the loopback, for as long as a test needs it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from app.limits import Limits
from app.web.protocol import bounded
from tests.waiting import GUARD


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Running:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def send(self, *raw: bytes, pause: float = 0.0, seconds: float = GUARD) -> Reply:
        """Send bytes as they are, one part after another, and read one answer."""
        reader, writer = await self.connect()
        answer = asyncio.create_task(
            asyncio.wait_for(reply(reader), seconds)
        )  # from the beginning, or a refusal may be lost with its connection
        try:
            for part in raw:
                writer.write(part)
                with suppress(ConnectionError):
                    await writer.drain()
                await asyncio.sleep(pause)
            return await answer
        finally:
            answer.cancel()
            writer.close()


async def reply(reader: asyncio.StreamReader) -> Reply:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Reply(int(line.split(" ")[1]), headers, body)


@asynccontextmanager
async def serving(app: ASGIApp, limits: Limits | None = None) -> AsyncIterator[Running]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=bounded(limits or Limits()),
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        server_header=False,
        access_log=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listening]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.005)
    try:
        yield Running(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await task
        listening.close()
