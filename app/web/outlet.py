"""The way past ASGI for an answer that is streamed; apart from the protocol, so that who imports it needs no httptools."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from app.web.protocol import BoundedProtocol

OUTLET = "oms.outlet"
HEAD = b"HTTP/1."


class Joined:
    """What an answer is written to: its head goes together with what follows it, in one system call and one packet.

    Else each answer would wake its client twice, and once for nothing. A head that nothing follows goes with the next turn of the loop.
    """

    __slots__ = ("_head", "_soon", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._soon = transport, loop.call_soon
        self._head: bytes | None = None
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        """Send it, or keep it for the next call where it is a head."""
        head, self._head = self._head, None
        if head is not None:
            self._transport.writelines((head, data) if data else (head,))
        elif data[: len(HEAD)] == HEAD:
            self._head = data
            self._soon(self.flush)
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send a head that was kept."""
        if self._head is not None:
            head, self._head = self._head, None
            self._transport.write(head)

    def close(self) -> None:
        """Close the connection when all is sent."""
        self.flush()
        self._transport.close()


class Outlet:
    """What ASGI has no words for, of an answer that is streamed: to write at once or not at all, and to cut a stuck client off.

    A caller of ASGI's `send` waits for one slow client while thousands of others wait behind it.
    """

    def __init__(self, protocol: BoundedProtocol, cycle: RequestResponseCycle) -> None:
        self._protocol = protocol
        self._cycle = cycle

    @property
    def open(self) -> bool:
        """Whether more may be written."""
        return not (self._cycle.disconnected or self._cycle.response_complete or self._protocol.transport.is_closing())

    def write(self, chunk: bytes) -> bool:
        """Send what `chunked` made; False, and nothing sent, where the client does not keep up or is gone.

        The bytes are kept as they are until the client has taken them: who sends the same to many gives all the same object.
        """
        if self._protocol.flow.write_paused or not self.open:
            return False
        self._cycle.transport.write(chunk)
        return True

    async def drained(self, seconds: float) -> bool:
        """Wait until the client has taken what was sent; False when it has not within the time."""
        try:
            async with asyncio.timeout(seconds):
                await self._protocol.flow.drain()
        except TimeoutError:
            return False
        return True

    def cut(self) -> None:
        """Close the connection, whatever is still to be sent."""
        self._protocol.transport.abort()

    def on_shutdown(self, told: Callable[[], None] | None) -> None:
        """Call this when the server is about to end."""
        self._protocol.told_to_end = told


def chunked(*parts: bytes) -> bytes:
    """One chunk of a body that is sent in chunks."""
    return b"".join((b"%x\r\n" % sum(map(len, parts)), *parts, b"\r\n"))


def outlet_of(scope: Scope) -> Outlet:
    """The outlet of a request; the server must have been configured with this protocol."""
    found = known_outlet(scope)
    if found is None:
        message = "who streams needs uvicorn with http=bounded(limits)"
        raise TypeError(message)
    return found


def known_outlet(scope: Scope) -> Outlet | None:
    """The outlet of a request; None where an application is called without a server."""
    found = scope.get("extensions", {}).get(OUTLET)
    if found is None:
        return None
    protocol, cycle = found[0], found[1]()
    return None if cycle is None else Outlet(protocol, cycle)
