"""GraphQL over Server-Sent Events: graphql-sse in its mode of distinct connections, one operation a request, by POST or GET.

What is wrong with the request as such (no token, no JSON) is answered as any request; what is wrong with the operation is told in the
stream, as `next` and `complete`. A stream that has to end for our reasons ends without `complete`, so that clients come back
with `Last-Event-ID`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from typing import TYPE_CHECKING
from uuid import uuid4

from graphql import GraphQLError, OperationType

from app.domain.errors import ErrorCode, RequestError, TokenExpired
from app.web.outlet import chunked, outlet_of
from resolvers.transport.answer import Refused
from resolvers.transport.groups import encoded, follow

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from app.domain.actor import Actor
    from app.limits import Limits
    from app.web.outlet import Outlet
    from resolvers.transport.answer import RequestFacts
    from resolvers.transport.execution import Execution, Found, OpenContext
    from resolvers.transport.groups import Groups, Member

MEDIA_TYPE = "text/event-stream"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept, Authorization"),
    (b"x-accel-buffering", b"no"),  # a proxy that collects a stream keeps it from those who wait
]
NEXT, COMPLETE, HEARTBEAT, END = b"event: next\ndata: ", b"event: complete\ndata:\n\n", b":\n\n", b"\n\n"
LIFE = chunked(HEARTBEAT)
TOO_MANY_REQUESTS = 429
SLOWEST_RETURN = 5_000  # milliseconds over which clients come back after a restart


class EventStreams:
    """Serves the streams of one path; groups are shared with the sockets."""

    def __init__(self, execution: Execution, open_context: OpenContext, groups: Groups, limits: Limits) -> None:
        self.open: Counter[str] = Counter()  # by subject
        self._execution = execution
        self._open_context = open_context
        self._groups = groups
        self._limits = limits
        self._framing = Framing()

    def admit(self, actor: Actor) -> None:
        """Refuse who has as many streams open as one may."""
        limit = self._limits.event_streams_per_user
        if self.open[actor.id] >= limit:
            message = f"Nobody has more than {limit} event streams open at once."
            raise RequestError(ErrorCode.TOO_MANY_STREAMS, TOO_MANY_REQUESTS, message, limit=limit)

    async def serve(self, scope: Scope, receive: Receive, send: Send, actor: Actor, facts: RequestFacts, found: Found | Refused) -> None:
        """Stream one operation, or why it is none, until it or its client ends."""
        stream = Stream(self._execution, self._limits, outlet_of(scope), self._framing)
        self.open[actor.id] += 1
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send({"type": "http.response.body", "body": HEARTBEAT, "more_body": True})
            if isinstance(found, Refused):
                stream.fail("", found)
            elif found.operation.kind is OperationType.SUBSCRIPTION:
                await self._follow(stream, found, actor, facts, receive)
            else:
                await stream.tell(encoded(await self._execution.answer(found, actor, facts)))
                await stream.tell_end()
            await stream.close(send)
        finally:
            self.open[actor.id] -= 1
            if not self.open[actor.id]:
                del self.open[actor.id]

    async def _follow(self, stream: Stream, found: Found, actor: Actor, facts: RequestFacts, receive: Receive) -> None:
        gone = asyncio.create_task(_gone(receive), name="end of an event stream")
        loop = asyncio.get_running_loop()
        left = None if actor.expires_at is None else max(0.0, actor.expires_at - time.time())
        timer = None if left is None else loop.call_later(left, stream.fail, "", TokenExpired())
        member: Member | None = None
        try:
            member = await follow(self._execution, self._open_context, self._groups, found, actor, facts, stream, "")
            await stream.until(gone)
        except Exception as error:  # noqa: BLE001 - the edge: the client is told, masked where it is a fault
            stream.fail("", error)
        finally:
            if timer is not None:
                timer.cancel()
            if member is not None:
                member.leave()
            gone.cancel()


class Framing:
    """Makes events: that of a group goes to one stream after the other, so it is made once, and one object for all who are slow to take it."""

    def __init__(self) -> None:
        self._payload = self._mark = self._chunk = b""

    def event(self, payload: bytes, mark: bytes) -> bytes:
        """An answer with the id to come back with, as a chunk."""
        if payload is not self._payload or mark is not self._mark:
            parts = (b"id: ", mark, b"\n", NEXT, payload, END) if mark else (NEXT, payload, END)
            self._payload, self._mark, self._chunk = payload, mark, chunked(*parts)
        return self._chunk


class Stream:
    """The recipient of one operation's answers: written at once, or not at all where the client does not keep up."""

    def __init__(self, execution: Execution, limits: Limits, outlet: Outlet, framing: Framing) -> None:
        self._framing = framing
        self._execution = execution
        self._limits = limits
        self._outlet = outlet
        self._ended = asyncio.Event()
        self._last: bytes | None = None  # what is still to be said
        outlet.on_shutdown(self._restart)

    def head(self, _: str) -> bytes:
        """What stands before each answer."""
        return NEXT

    def write(self, _: bytes, payload: bytes, mark: bytes) -> bool:
        """Send at once, or not at all where the client does not keep up; the mark is the id to come back with."""
        return self._outlet.write(self._framing.event(payload, mark))

    async def send(self, head: bytes, payload: bytes, mark: bytes) -> bool:
        """Send when the client has taken what came before; False when it has ended, also for not taking it."""
        while not self.write(head, payload, mark):
            if self._ended.is_set() or not await self._drained():
                return False
            await asyncio.sleep(0)
        return True

    async def tell(self, payload: bytes) -> None:
        """Send one answer that stands for itself."""
        await self.send(NEXT, payload, b"")

    async def tell_end(self) -> None:
        """Say that nothing follows."""
        self._last = COMPLETE
        self._ended.set()

    def fail(self, _: str, error: Exception) -> None:
        """End with errors."""
        if self._ended.is_set():
            return
        if not isinstance(error, Refused):
            error = Refused(GraphQLError(str(error), original_error=error))
        answer = self._execution.refusal(error, uuid4().hex)
        self._last = NEXT + answer.encoded() + END + COMPLETE
        self._ended.set()

    async def until(self, gone: asyncio.Task[None]) -> None:
        """Wait for the end, and show meanwhile that the connection lives."""
        ended = asyncio.create_task(self._ended.wait(), name="end of an operation")
        try:
            while not ended.done() and not gone.done():
                await asyncio.wait((ended, gone), timeout=self._limits.event_stream_heartbeat_seconds, return_when=asyncio.FIRST_COMPLETED)
                if not ended.done() and not gone.done() and not self._outlet.write(LIFE) and not await self._drained():
                    self._ended.set()
        finally:
            ended.cancel()

    async def close(self, send: Send) -> None:
        """Say the last words, and end the answer; a client that does not take them is cut off."""
        if not self._outlet.open:
            return
        try:
            async with asyncio.timeout(self._limits.websocket_send_seconds):
                await send({"type": "http.response.body", "body": self._last or b"", "more_body": False})
        except TimeoutError:
            self._outlet.cut()

    async def _drained(self) -> bool:
        if await self._outlet.drained(self._limits.websocket_send_seconds):
            return self._outlet.open
        self._outlet.cut()
        return False

    def _restart(self) -> None:
        """The service ends: come back elsewhere, at a time of your own."""
        self._last = b"retry: %d\n\n" % random.randint(100, SLOWEST_RETURN)  # noqa: S311 - no secret
        self._ended.set()


async def _gone(receive: Receive) -> None:
    """Wait until the client has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
