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
        self._protocol.transport.write(chunk)
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
