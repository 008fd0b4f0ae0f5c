"""uvicorn's WebSocket protocol with what ASGI has no words for.

A caller of ASGI's `send` waits for one slow client while thousands of others wait behind it, cannot give up a client
that takes nothing, and learns of a shutdown when all are told at once. Here a frame is written or refused at once, a
stuck connection is cut, a dead one is cut without the code 1011 (which clients take as final), and a shutdown is spread.
"""

from __future__ import annotations

import asyncio
import random
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

EXTENSION = "oms.socket"
SERVICE_RESTART = 1012
SHARED_FROM = 16 * 1024  # bytes of a payload that is worth handing over by reference
RESTART_RATE = 200  # sockets told of a restart in a second
LONGEST_RESTART = 5.0  # seconds over which they are told
STUCK_SECONDS = 1.0  # that a client which does not drain gets for the close frame
TEXT, SHORT, LONG, MEDIUM = 0x81, 126, 127, 65_536


class SocketProtocol(WebSocketsSansIOProtocol):
    """What `uvicorn.Config(ws=…)` is given; the endpoint finds it in its scope's extensions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told_to_end: Callable[[], None] | None = None  # who finishes what was asked, and then the socket
        self.conn.available_extensions = []  # compression takes more memory than all the rest of a socket

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[EXTENSION] = self
        await super().run_asgi()

    @property
    def open(self) -> bool:
        """Whether frames may still be written."""
        return self.handshake_complete and not self.close_sent and not self.disconnected and self.conn.state is State.OPEN

    def write(self, head: bytes, payload: bytes, tail: bytes) -> bool:
        """Send one text frame made of three parts; False, and nothing sent, where the client does not keep up or is gone."""
        if not self.writable.is_set() or not self.open or self.transport.is_closing():
            return False
        length = len(head) + len(payload) + len(tail)
        if length < SHORT:
            frame = bytes((TEXT, length))
        elif length < MEDIUM:
            frame = struct.pack("!BBH", TEXT, SHORT, length)
        else:
            frame = struct.pack("!BBQ", TEXT, LONG, length)
        if len(payload) < SHARED_FROM:
            self.transport.write(b"".join((frame, head, payload, tail)))
        else:
            self.transport.writelines((frame + head, payload, tail))
        return True

    async def drained(self, seconds: float) -> bool:
        """Wait until the client has taken what was sent; False when it has not within the time."""
        try:
            async with asyncio.timeout(seconds):
                await self.writable.wait()
        except TimeoutError:
            return False
        return True

    def finish(self, code: int, reason: str = "") -> None:
        """Close with a code, and cut the connection when the client does not answer in time; once is enough."""
        if not self.open or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        seconds = self.close_timeout if self.writable.is_set() else STUCK_SECONDS
        self.close_timer = self.loop.call_later(seconds, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """The peer is gone without a word: there is nobody to send a code to."""
        self.pong_timer = None
        self.pending_ping_payload = None
        self.transport.abort()

    def shutdown(self) -> None:
        """Tell the client to connect elsewhere, at a time of its own, so that not all come at once."""
        if not self.open:
            super().shutdown()
            return
        spread = min(LONGEST_RESTART, len(self.connections) / RESTART_RATE)
        self.loop.call_later(random.uniform(0, spread), self.told_to_end or self.restart)  # noqa: S311 - no secret

    def restart(self) -> None:
        """Close with what means: connect again, elsewhere."""
        self.finish(SERVICE_RESTART, "The service restarts.")


def socket_of(scope: Scope) -> SocketProtocol:
    """The protocol that serves this connection; the server must have been configured with it."""
    socket = scope.get("extensions", {}).get(EXTENSION)
    if not isinstance(socket, SocketProtocol):
        message = "WebSockets need uvicorn with ws=SocketProtocol"
        raise TypeError(message)
    return socket
