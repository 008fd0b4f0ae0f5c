"""One socket's conversation: who it is, what it runs, and when it has to end."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import orjson
from graphql import GraphQLError, OperationType

from app.domain.errors import ErrorCode, RequestError, Unauthenticated, Unavailable
from app.ending import ended
from resolvers.transport.answer import BAD_REQUEST, Refused, RequestFacts
from resolvers.transport.groups import TAIL, encoded, follow
from resolvers.transport.json_input import decoded, graphql_request
from resolvers.transport.sockets import LONGEST_RESTART

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive

    from app.domain.actor import Actor
    from resolvers.transport.answer import Answer, GraphQLRequest
    from resolvers.transport.execution import Found
    from resolvers.transport.groups import Member
    from resolvers.transport.sockets import SocketProtocol
    from resolvers.transport.websocket import SocketEndpoint

BAD_MESSAGE, UNAUTHORIZED, FORBIDDEN, BAD_SUBPROTOCOL, INIT_LATE = 4400, 4401, 4403, 4406, 4408
ID_IN_USE, TOO_MANY, TOO_BIG, STUCK = 4409, 4429, 1009, 1013
LONGEST_ID = 256  # characters
LONGEST_REASON = 123  # bytes of a close frame


class Closing(Exception):
    """The socket is closed with a code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Session:
    """Reads messages one after the other; what takes time runs in a task of its own, a live subscription needs none."""

    def __init__(self, endpoint: SocketEndpoint, socket: SocketProtocol, authorization: str | None) -> None:
        self._endpoint = endpoint
        self._socket = socket
        self._authorization = authorization
        self._actor: Actor | None = None
        self._running: dict[str, asyncio.Task[None] | Member] = {}
        self._telling: set[asyncio.Task[bool]] = set()
        self._ending: asyncio.Task[None] | None = None
        socket.told_to_end = self._told_to_end
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(endpoint.limits.websocket_init_seconds, socket.finish, INIT_LATE, "No connection_init in time.")
        self._takes = {
            "connection_init": self._init,
            "ping": self._ping,
            "pong": self._pong,
            "subscribe": self._subscribe,
            "complete": self._complete,
        }

    async def run(self, receive: Receive) -> None:
        """Converse until either side closes."""
        try:
            while (event := await receive())["type"] == "websocket.receive" and self._socket.open:
                await self._take(event.get("text"))
        except Closing as closing:
            self._socket.finish(closing.code, closing.reason.encode()[:LONGEST_REASON].decode(errors="ignore"))
        finally:
            await self._end()

    async def _take(self, text: str | None) -> None:
        if text is None:
            raise Closing(BAD_MESSAGE, "Messages are text.")
        body, limits = text.encode(), self._endpoint.limits
        if len(body) > limits.websocket_frame_bytes:
            raise Closing(TOO_BIG, f"A message has at most {limits.websocket_frame_bytes} bytes.")
        try:
            message = decoded(body, limits)
        except RequestError as refused:
            raise Closing(BAD_MESSAGE, refused.message) from refused
        take = self._takes.get(message["type"]) if isinstance(message, dict) and isinstance(message.get("type"), str) else None
        if take is None:
            raise Closing(BAD_MESSAGE, "A message is an object of a known type.")
        await take(message)

    async def _init(self, message: dict[str, Any]) -> None:
        if self._actor is not None:
            raise Closing(TOO_MANY, "Too many initialisation requests.")
        self._actor = actor = await self._authenticated(_object(message))
        sockets = self._endpoint.sockets
        sockets[actor.id] += 1
        if sockets[actor.id] > self._endpoint.limits.sockets_per_user:
            raise Closing(TOO_MANY, "Too many sockets.")
        self._timer.cancel()
        if actor.expires_at is not None:
            left = max(0.0, actor.expires_at - time.time())
            self._timer = asyncio.get_running_loop().call_later(left, self._socket.finish, FORBIDDEN, "The token has expired.")
        await self._say({"type": "connection_ack"})

    async def _authenticated(self, payload: Mapping[str, Any]) -> Actor:
        given = [value for key, value in payload.items() if key.lower() == "authorization"] or [self._authorization]
        if len(given) > 1 or not isinstance(given[0], str | None):
            raise Closing(BAD_MESSAGE, "The payload's authorization is one text.")
        [credentials] = given
        authenticate = self._endpoint.authenticate
        try:
            if credentials and " " not in credentials.strip():
                return await authenticate.token(credentials.strip())
            return await authenticate(credentials)
        except Unauthenticated as refused:
            raise Closing(FORBIDDEN, refused.message) from refused
        except Unavailable as unavailable:
            raise Closing(STUCK, unavailable.message) from unavailable

    async def _ping(self, message: dict[str, Any]) -> None:
        payload = _object(message)
        await self._say({"type": "pong"} | ({"payload": payload} if payload else {}))

    async def _pong(self, message: dict[str, Any]) -> None:
        _object(message)

    async def _subscribe(self, message: dict[str, Any]) -> None:
        if self._actor is None:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        operation = _id(message)
        try:
            request = graphql_request(message.get("payload"), 0)
        except RequestError as refused:
            raise Closing(BAD_MESSAGE, refused.message) from refused
        if operation in self._running:
            raise Closing(ID_IN_USE, f"Subscriber for {operation} already exists")
        if self._ending is not None:
            self.fail(operation, Unavailable("The service restarts and takes nothing more here: connect again.", retry_after=1))
            return
        limit = self._endpoint.limits.subscriptions_per_socket
        if len(self._running) >= limit:
            text = f"A socket carries at most {limit} operations at once."
            self.fail(operation, RequestError(ErrorCode.BAD_REQUEST, BAD_REQUEST, text, limit=limit))
            return
        self._running[operation] = asyncio.create_task(self._operate(operation, request, self._actor), name="operation of a socket")

    async def _complete(self, message: dict[str, Any]) -> None:
        if self._actor is None:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        self._stop(_id(message))

    async def _operate(self, operation: str, request: GraphQLRequest, actor: Actor) -> None:
        facts = RequestFacts(request_id=uuid4().hex)
        actor = replace(actor, request_id=facts.request_id)
        try:
            found = self._endpoint.execution.find(actor, request)
            if found.operation.kind is OperationType.SUBSCRIPTION:
                await self._follow(operation, found, actor, facts)
                return
            answering = self._endpoint.execution.answer(found, actor, facts)
            mutates = found.operation.kind is OperationType.MUTATION
            answer = cast("Answer", await self._endpoint.write(answering) if mutates else await answering)
            body = encoded(answer)
        except Exception as error:  # noqa: BLE001 - the edge: the client is told, masked where it is a fault
            self.fail(operation, error)
            return
        if answer.executed:
            await self._send(self.head(operation) + body + TAIL)
            await self._say({"id": operation, "type": "complete"})
        else:
            await self._say({"id": operation, "type": "error", "payload": answer.errors})
        self._running.pop(operation, None)

    async def _follow(self, operation: str, found: Found, actor: Actor, facts: RequestFacts) -> None:
        endpoint = self._endpoint
        self._running[operation] = await follow(
            endpoint.execution, endpoint.open_context, endpoint.groups, found, actor, facts, self, operation
        )

    def head(self, operation: str) -> bytes:
        """What stands before each payload of an operation."""
        return b'{"id":' + orjson.dumps(operation) + b',"type":"next","payload":'

    def write(self, head: bytes, payload: bytes, _mark: bytes) -> bool:
        """Send at once, or not at all where the client does not keep up; an event's cursor is in what the client selects."""
        return self._socket.write(head, payload, TAIL)

    async def send(self, head: bytes, payload: bytes, _mark: bytes) -> bool:
        """Send when the client has taken what came before; False when the socket has ended, also for not draining."""
        return await self._send(head + payload + TAIL)

    def fail(self, operation: str, error: Exception) -> None:
        """End one operation with its errors; the others go on."""
        self._stop(operation)
        if not isinstance(error, Refused):
            error = Refused(GraphQLError(str(error), original_error=error))
        errors = self._endpoint.execution.refusal(error, uuid4().hex).errors
        telling = asyncio.create_task(self._say({"id": operation, "type": "error", "payload": errors}), name="error of an operation")
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _say(self, message: dict[str, Any]) -> bool:
        return await self._send(orjson.dumps(message))

    async def _send(self, text: bytes) -> bool:
        while not self._socket.write(b"", text, b""):
            if not self._socket.open:
                return False
            if not await self._socket.drained(self._endpoint.limits.websocket_send_seconds):
                self._socket.finish(STUCK, "The client does not take what is sent.")
                return False
            await asyncio.sleep(0)
        return True

    def _told_to_end(self) -> None:
        if self._ending is None:
            self._ending = asyncio.create_task(self._finish_all(), name="last answers of a socket")

    async def _finish_all(self) -> None:
        """Answer what was asked, begin nothing more, and then have the client connect elsewhere; events go on until then."""
        given = self._endpoint.limits.shutdown_seconds
        with suppress(TimeoutError):
            async with asyncio.timeout(max(given - 2 * LONGEST_RESTART, given / 2)):
                while left := [
                    each for each in (*self._running.values(), *self._telling) if isinstance(each, asyncio.Task) and not each.done()
                ]:
                    await asyncio.wait(left)
        self._socket.restart()

    def _stop(self, operation: str) -> asyncio.Task[None] | None:
        running = self._running.pop(operation, None)
        if isinstance(running, asyncio.Task):
            if running is not asyncio.current_task():
                running.cancel()
            return running
        if running is not None:
            running.leave()
        return None

    async def _end(self) -> None:
        self._timer.cancel()
        if self._ending is not None:
            self._ending.cancel()
        if self._actor is not None:
            sockets = self._endpoint.sockets
            sockets[self._actor.id] -= 1
            if not sockets[self._actor.id]:
                del sockets[self._actor.id]
        stopped = [self._stop(operation) for operation in list(self._running)]
        await ended(*filter(None, stopped), *self._telling)


def _object(message: Mapping[str, Any]) -> Mapping[str, Any]:
    payload = message.get("payload")
    if not isinstance(payload, dict | None):
        raise Closing(BAD_MESSAGE, "The payload must be an object.")
    return payload or {}


def _id(message: Mapping[str, Any]) -> str:
    operation = message.get("id")
    if not isinstance(operation, str) or not 1 <= len(operation) <= LONGEST_ID:
        raise Closing(BAD_MESSAGE, f"The id must be a text of 1 to {LONGEST_ID} characters.")
    return operation
