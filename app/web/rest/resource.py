"""A path of the REST face: authenticates, reads strictly, answers with real status codes and JSON only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from app.domain.actor import Role
from app.domain.errors import ErrorCode, OmsError, QueryTimeout, RequestError, Unauthenticated, Unavailable
from app.observability.tracing import carried
from app.services.imports import forget, spool
from app.web.authentication import challenge
from app.web.headers import headers_of
from app.web.limits import ClientGone, read_body, to_disk
from app.web.outlet import known_outlet, outlet_of
from app.web.rest.call import Call, Reply, query_of
from app.web.rest.locks import HEADER, lock_tokens
from app.web.rest.shapes import plain, problem_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.types import Receive, Scope, Send

    from app.limits import Limits
    from app.web.authentication import Authentication

Handler = Callable[[Call], Awaitable[Reply]]
Decode = Callable[[bytes, "Limits"], Any]
Report = Callable[[BaseException, Mapping[str, str]], None]

OFF_LOOP = 256 * 1024  # bytes of a body that is decoded in a thread
CHUNK = 256 * 1024  # characters of a text that is streamed
MASKED = "Something went wrong on our side."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """What every resource needs of the world: who asks, how much is read, how JSON is read, whom to tell of faults."""

    authenticate: Authentication
    limits: Limits
    decode: Decode
    report: Report


class Resource:
    """An ASGI application for one path; the handlers by their methods, `bulk` lets editors send the larger bodies."""

    def __init__(
        self,
        door: Door,
        route: str,
        handlers: Mapping[str, Handler],
        *,
        bulk: bool = False,
        files: bool = False,
        seconds: float | None = None,
        streams: bool = False,
    ) -> None:
        self._door = door
        self._route = route
        self._bulk = bulk
        self._files = files
        self._streams = streams  # answers are of the type that the query asks for, whatever Accept says
        self._seconds = seconds or door.limits.execution_seconds
        self._handlers = {name.upper(): handler for name, handler in handlers.items()}
        if "GET" in self._handlers:
            self._handlers["HEAD"] = self._handlers["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = headers_of(scope)
        request_id = scope.get("state", {}).get("request_id") or uuid4().hex
        try:
            reply = await self._answer(scope, receive, headers, request_id)
        except ClientGone:
            return
        except OmsError as expected:
            reply = refusal(expected, request_id, headers.get("authorization"))
        except Exception as error:  # the HTTP edge: a fault is told without a trace of it
            log.exception("A request failed", extra={"request_id": request_id})
            self._door.report(error, {"request_id": request_id, "path": self._route})
            body = {"code": ErrorCode.INTERNAL_SERVER_ERROR, "message": MASKED, "requestId": request_id}
            reply = Reply(body, HTTPStatus.INTERNAL_SERVER_ERROR)
        try:
            await self._sent(scope, send, reply, request_id)
        finally:
            if reply.over is not None:
                reply.over()

    async def _sent(self, scope: Scope, send: Send, reply: Reply, request_id: str) -> None:
        silent = scope["method"] == "HEAD"
        await _send(send, reply, request_id if "request_id" not in scope.get("state", {}) else None, silent=silent)
        if reply.pieces is not None and not silent and not await _streamed(scope, send, reply.pieces, self._door.limits.export_seconds):
            log.warning("A file was not taken in time, and its connection cut", extra={"request_id": request_id})

    async def _answer(self, scope: Scope, receive: Receive, headers: Mapping[str, str], request_id: str) -> Reply:
        handler = self._handlers.get(scope["method"])
        if handler is None:
            raise _MethodNotAllowed(", ".join(sorted(self._handlers)))
        if not self._streams and not _acceptable(headers.get("accept")):
            raise RequestError(ErrorCode.NOT_ACCEPTABLE, HTTPStatus.NOT_ACCEPTABLE, "Answers are application/json.")
        actor = await self._door.authenticate(
            headers.get("authorization"), request_id=request_id, traceparent=carried(headers.get("traceparent"))
        )
        actor = replace(actor, lock_tokens=lock_tokens(headers.get(HEADER)))
        call = Call(actor, f"{scope['method']} {self._route}", scope.get("path_params", {}), query_of(scope["query_string"]), headers)
        limits = self._door.limits
        if self._files:
            return await self._with_file(handler, call, scope, receive)
        body = await read_body(scope, receive, limits.bulk_body_bytes if self._bulk and actor.may(Role.EDITOR) else limits.body_bytes)
        if body:
            _check_media(headers)
            decode = self._door.decode
            call.body = await asyncio.to_thread(decode, body, limits) if len(body) > OFF_LOOP else decode(body, limits)
        return await self._handled(handler, call)

    async def _with_file(self, handler: Handler, call: Call, scope: Scope, receive: Receive) -> Reply:
        """The body goes to a file as it arrives; nobody who may not write is let that far."""
        call.actor.require(Role.EDITOR)
        call.file = spool()
        try:
            with call.file.open("wb") as file:
                call.body = await to_disk(scope, receive, self._door.limits.import_body_bytes, file)
            return await self._handled(handler, call)
        finally:
            if call.file is not None:
                forget(call.file)

    async def _handled(self, handler: Handler, call: Call) -> Reply:
        try:
            async with asyncio.timeout(self._seconds) as limit:
                return await handler(call)
        except TimeoutError:
            if limit.expired():
                raise QueryTimeout(self._seconds) from None
            raise


class _MethodNotAllowed(RequestError):
    """The path knows other methods; `allow` lists them for the header of that name."""

    def __init__(self, allow: str) -> None:
        super().__init__(ErrorCode.METHOD_NOT_ALLOWED, HTTPStatus.METHOD_NOT_ALLOWED, f"This path takes {allow}.")
        self.allow = allow


def refusal(error: OmsError, request_id: str, authorization: str | None = None) -> Reply:
    """The answer that an error is: its status, and all that it knows."""
    body = {**problem_json(error), "code": plain(error.code), "message": error.message, "requestId": request_id}
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers = challenge(authorization)
    elif isinstance(error, _MethodNotAllowed):
        headers = {"allow": error.allow}
    elif isinstance(error, (Unavailable, QueryTimeout)):
        headers = {"retry-after": str(getattr(error, "retry_after", 1))}
    return Reply(body, HTTPStatus(error.status), headers)


def _check_media(headers: Mapping[str, str]) -> None:
    sent, _, parameters = headers.get("content-type", "").lower().partition(";")
    charset = parameters.strip().replace('"', "").removeprefix("charset=")
    encoding = headers.get("content-encoding", "identity").lower()
    if sent.strip() != "application/json" or charset not in {"", "utf-8", "utf8"} or encoding != "identity":
        refused = "The body must be application/json in UTF-8, without compression."
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, refused)


def _acceptable(accept: str | None) -> bool:
    if accept is None or not accept.strip():
        return True
    wanted = {part.partition(";")[0].strip().lower() for part in accept.split(",") if "q=0" not in part.replace(" ", "").split(";")[1:]}
    return not wanted.isdisjoint({"*/*", "application/*", "application/json"})


async def _send(send: Send, reply: Reply, request_id: str | None, *, silent: bool) -> None:
    body = b"" if reply.body is None else orjson.dumps(reply.body)
    headers = {"cache-control": "no-store", "vary": "Accept, Authorization", **reply.headers}
    if reply.status is not HTTPStatus.NO_CONTENT:
        headers |= {"content-type": "application/json; charset=utf-8", "content-length": str(len(body))}
    if request_id is not None:  # else the middleware that made it sends it
        headers["x-request-id"] = request_id
    if reply.pieces is not None:
        del headers["content-length"]
        headers["content-type"] = f"{reply.media}; charset=utf-8"
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status.value, "headers": raw})
    if reply.pieces is None or silent:
        await send({"type": "http.response.body", "body": b"" if silent else body})


async def _streamed(scope: Scope, send: Send, pieces: Iterable[str], seconds: float) -> bool:
    """Send a file piece by piece; False where the client has not taken all of it in time.

    Its connection is then cut before the chunk that ends a body, so that nobody takes a part for the whole.
    """
    chunks, outlet = _chunks(pieces), known_outlet(scope)
    try:
        async with asyncio.timeout(seconds):
            while chunk := await asyncio.to_thread(next, chunks, b""):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if outlet is not None and not outlet.open:
                    return True  # nobody reads it any more
            await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        outlet_of(scope).cut()
        await asyncio.sleep(0)  # in which the server notices
        return False
    return True


def _chunks(pieces: Iterable[str]) -> Iterator[bytes]:
    """The text in parts that are worth a turn of the event loop."""
    waiting: list[str] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= CHUNK:
            yield "".join(waiting).encode()
            waiting, length = [], 0
    if waiting:
        yield "".join(waiting).encode()
