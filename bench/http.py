"""A client that costs as little as it can: HTTP/1.1 on one kept connection, requests encoded beforehand, answers barely read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, cast

END = b"\r\n\r\n"
LENGTH = b"content-length: "


class Client(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._head = (
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: "
        ).encode()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._waiting: asyncio.Future[bytes] | None = None

    async def open(self) -> Client:
        """Connect."""
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
        return self

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    @property
    def closed(self) -> bool:
        """Whether the server hung up, as it does where nothing comes for a while."""
        return self._transport is None or self._transport.is_closing()

    def encoded(self, query: str, variables: Mapping[str, Any] | None = None) -> bytes:
        """The bytes of one request."""
        body = json.dumps({"query": query, "variables": variables or {}}, separators=(",", ":")).encode()
        return self._head + str(len(body)).encode() + END + body

    async def send(self, request: bytes) -> bytes:
        """The body of the answer to an encoded request."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The `data` of the answer, which must be there and without errors."""
        answer = json.loads(await self.send(self.encoded(query, variables)))
        if answer.get("errors") or not answer.get("data"):
            raise ValueError(str(answer)[:2_000])
        return answer["data"]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(END)
        if end < 0:
            return
        at = self._buffer.find(LENGTH, 0, end) + len(LENGTH)
        length = int(self._buffer[at : self._buffer.find(b"\r\n", at)])
        if len(self._buffer) < end + len(END) + length:
            return
        body = bytes(self._buffer[end + len(END) :])
        self._buffer.clear()
        assert self._waiting is not None
        if not self._waiting.done():  # else nobody waits any more
            self._waiting.set_result(body)
