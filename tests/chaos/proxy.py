"""A TCP proxy between two parts, which can cut, delay and swallow what passes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class Link:
    """The way to one server: `target` is a path of a Unix socket, or a port of loopback."""

    name: str
    target: str | int
    delay: float = 0.0  # seconds that each chunk waits
    swallows: bool = False  # takes everything and passes nothing on
    refuses: bool = False  # ends every connection at once
    passed: int = 0  # bytes
    port: int = 0
    _open: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def listen(self, port: int = 0) -> int:
        """Begin; the port to which the parts connect."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def close(self) -> None:
        """End, with every connection."""
        if self._server is not None:
            self._server.close()
        await self.cut()

    async def cut(self) -> None:
        """End the connections that are open now."""
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def heal(self) -> None:
        """Let everything pass again."""
        self.delay, self.swallows, self.refuses = 0.0, False, False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self.refuses:
            writer.transport.abort()
            return
        self._open.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):  # which is how it is cut
                await self._passed(reader, writer)
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _passed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(self.target, str):
            far_reader, far_writer = await asyncio.open_unix_connection(self.target)
        else:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            ways = [asyncio.create_task(self._pump(reader, far_writer)), asyncio.create_task(self._pump(far_reader, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            far_writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65_536):
            if self.delay:
                await asyncio.sleep(self.delay)
            while self.swallows:  # noqa: ASYNC110 - whoever heals the link does it at any time
                await asyncio.sleep(0.05)
            self.passed += len(chunk)
            sink.write(chunk)
            await sink.drain()
