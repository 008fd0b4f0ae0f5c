"""The HTTP/1.1 protocol of the server: uvicorn's, with bounds on what arrives before an application sees it.

A request line that is too long is 414, headers that are too large 431, and what does not arrive in time 408. uvicorn
buffers all of it without bound and waits for ever, and middleware comes too late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4
from weakref import ref

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.domain.errors import ErrorCode, RequestError
from app.web.limits import error_body
from app.web.outlet import OUTLET, Joined

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from app.limits import Limits

BAD_REQUEST, REQUEST_TIMEOUT, URI_TOO_LONG, HEADERS_TOO_LARGE = 400, 408, 414, 431
MOST_HEADERS = 100
CROSSING_SECONDS = 0.25  # for which a connection without a request stays open at the end: one may be on its way


class BoundedProtocol(HttpToolsProtocol):
    """One connection; made by `bounded`, which says its bounds."""

    line_bytes: int
    header_bytes: int
    seconds: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refused: RequestError | None = None
        self._head = 0  # bytes of the request line and headers that are arriving
        self._header_bytes = self._headers_seen = 0
        self._in_head = True
        self._waits_since: float | None = None  # for the rest of a request; None where the last one has arrived whole
        self._timer: asyncio.TimerHandle | None = None  # left to run out by requests that arrive in time: most do, and it is one for many
        self.told_to_end: Callable[[], None] | None = None  # of the answer that is streamed
        self._joined: asyncio.Transport  # what answers are written to
        self._ending = False  # the server ends: this connection takes no request after the one that it has begun

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._joined = cast("asyncio.Transport", Joined(transport, self.loop))
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused is not None:
            return
        if self._waits_since is None:
            self._wait()
        if self._in_head:  # the parser holds back a line until it is whole, so one without end shows only here
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > self.line_bytes + self.header_bytes:
            self._end(self._large_headers())
        elif self._idle():
            self._waits_since = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = self._headers_seen = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self.line_bytes:
            message = f"A request line has at most {self.line_bytes:,} bytes."
            self._refuse(RequestError(ErrorCode.URI_TOO_LONG, URI_TOO_LONG, message))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value) + len(": \r\n")
        self._headers_seen += 1
        if self._header_bytes > self.header_bytes or self._headers_seen > MOST_HEADERS:
            self._refuse(self._large_headers())
        if self._in_head:  # what trails a body says nothing that we would believe
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head, self._head = False, 0
        if self.cycle is not None:
            extensions: dict[str, Any] = cast("dict[str, Any]", self.scope.setdefault("extensions", {}))
            extensions[OUTLET] = (self, ref(self.cycle))  # else the two would hold each other until the collector came
            self.cycle.keep_alive = self.cycle.keep_alive and not self._ending
            self.cycle.transport = self._joined

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head = True, 0

    def handle_websocket_upgrade(self) -> None:
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text, for whatever its parser did not take
        self._end(self._refused or RequestError(ErrorCode.BAD_REQUEST, BAD_REQUEST, "This is not an HTTP request."))

    def shutdown(self) -> None:
        """Let what was asked be answered, also what is still arriving, and a streamed answer end by itself; uvicorn would cut both off."""
        self._ending = True
        if self._answered():
            self.loop.call_later(CROSSING_SECONDS, self._close_idle)
        else:
            super().shutdown()
        if self.told_to_end is not None:
            self.told_to_end()

    def _close_idle(self) -> None:
        if self._idle() and self._answered():
            self.transport.close()

    def _answered(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _end(self, refused: RequestError) -> None:
        """Take nothing more from this connection, and say why to the request at fault, if it has no answer yet."""
        self._refused = refused
        self._stop_waiting()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            if self._in_head:
                self.transport.write(_response(refused))
        elif not cycle.more_body:  # a later request is at fault, this one gets its answer
            cycle.keep_alive = False
            return
        else:
            if not cycle.response_started:
                self.transport.write(_response(refused))
            cycle.disconnected = True
            cycle.message_event.set()
        self._joined.close()

    def _refuse(self, refused: RequestError) -> None:
        """Raise through the parser, which stops there and has uvicorn call `send_400_response`."""
        self._refused = refused
        raise refused

    def _large_headers(self) -> RequestError:
        message = f"The headers of a request have at most {self.header_bytes:,} bytes and are at most {MOST_HEADERS}."
        return RequestError(ErrorCode.HEADERS_TOO_LARGE, HEADERS_TOO_LARGE, message)

    def _idle(self) -> bool:
        """Whether the last request has arrived whole, and nothing of the next one."""
        return self._in_head and self._head == 0

    def _wait(self) -> None:
        self._waits_since = self.loop.time()
        if self._timer is None:
            self._timer = self.loop.call_later(self.seconds, self._ran_out)

    def _stop_waiting(self) -> None:
        self._waits_since = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ran_out(self) -> None:
        self._timer = None
        if self._waits_since is None:
            return
        left = self._waits_since + self.seconds - self.loop.time()
        if left > 0:
            self._timer = self.loop.call_later(left, self._ran_out)
        else:
            self._late()

    def _late(self) -> None:
        if self.flow.read_paused:  # the application reads slowly, which is not the client's fault
            self._wait()
        elif self._idle():  # connected, and then said nothing
            self.transport.close()
        else:
            message = f"The request did not arrive within {self.seconds:g} seconds."
            self._end(RequestError(ErrorCode.REQUEST_TIMEOUT, REQUEST_TIMEOUT, message))


def bounded(limits: Limits) -> type[BoundedProtocol]:
    """The protocol class for `uvicorn.Config(http=…)`, with these limits."""
    bounds = {"line_bytes": limits.request_line_bytes, "header_bytes": limits.header_bytes, "seconds": limits.request_seconds}
    return type("Bounded", (BoundedProtocol,), bounds)


def _response(refused: RequestError) -> bytes:
    request_id = uuid4().hex
    body = error_body(refused, request_id)
    head = (
        f"content-type: application/json; charset=utf-8\r\ncontent-length: {len(body)}\r\n"
        f"x-request-id: {request_id}\r\nconnection: close\r\n\r\n"
    )
    return STATUS_LINE[refused.status] + head.encode() + body
