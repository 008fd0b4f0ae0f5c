"""How much of a request is read: bodies are bounded while they arrive, not after."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, BinaryIO

import orjson

from app.domain.errors import ErrorCode, OmsError, RequestError
from app.web.headers import headers_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAYLOAD_TOO_LARGE = 413


class ClientGone(Exception):
    """The client closed the connection before its request was complete: nobody waits for an answer."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body; PAYLOAD_TOO_LARGE as soon as it is known to be larger than `limit` bytes."""
    _check_announced(scope, limit)
    parts: list[bytes] = []
    size, more = 0, True
    while more:  # once, for most
        part, more = _part(await receive(), size, limit)
        size += len(part)
        parts.append(part)
    return b"".join(parts)


async def to_disk(scope: Scope, receive: Receive, limit: int, file: BinaryIO) -> str:
    """The whole body into a file, of which memory never holds more than what arrives at once; answers with its SHA-256."""
    _check_announced(scope, limit)
    digest = hashlib.sha256()
    size, more = 0, True
    while more:
        part, more = _part(await receive(), size, limit)
        size += len(part)
        digest.update(part)
        await asyncio.to_thread(file.write, part)
    return digest.hexdigest()


def _check_announced(scope: Scope, limit: int) -> None:
    if announced(scope) > limit:
        raise too_large(limit)


def _part(message: Message, before: int, limit: int) -> tuple[bytes, bool]:
    """What came of a body, of which so many bytes came before, and whether there is more."""
    if message["type"] == "http.disconnect":
        raise ClientGone
    part: bytes = message.get("body", b"")
    if before + len(part) > limit:
        raise too_large(limit)
    return part, message.get("more_body", False)


class BodyLimit:
    """Refuses bodies above `limit` bytes on every path but those that read with a limit of their own."""

    def __init__(self, app: ASGIApp, limit: int, own: Collection[str] = ()) -> None:
        self._app = app
        self._limit = limit
        self._own = frozenset(own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what arrives; an answer that has begun is broken off, since nothing else can be said in it."""
        if scope["type"] != "http" or scope["path"] in self._own:
            await self._app(scope, receive, send)
            return
        size, begun, refused = 0, False, False

        async def counted() -> Message:
            nonlocal size, refused
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit:
                if not begun:  # answered here, since frameworks make a 500 of what is raised through them
                    refused = True
                    await self._refuse(scope, send)
                raise too_large(self._limit)
            return message

        async def unless_refused(message: Message) -> None:
            nonlocal begun
            if not refused:
                begun = True
                await send(message)

        if announced(scope) > self._limit:
            await self._refuse(scope, send)
            return
        try:
            await self._app(scope, counted, unless_refused)
        except RequestError:
            if not refused:
                raise

    async def _refuse(self, scope: Scope, send: Send) -> None:
        await send_error(send, too_large(self._limit), scope.get("state", {}).get("request_id", ""))


async def send_error(send: Send, error: OmsError, request_id: str, headers: Mapping[str, str] | None = None) -> None:
    """Answer with one error, in the shape that every refusal of ours has."""
    body = error_body(error, request_id)
    sent = {"content-type": "application/json; charset=utf-8", "content-length": str(len(body)), **(headers or {})}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def error_body(error: OmsError, request_id: str) -> bytes:
    """One error as JSON, as GraphQL's answers have it."""
    extensions = {**error.data, "code": error.code, "requestId": request_id}
    return orjson.dumps({"errors": [{"message": error.message, "extensions": extensions}]})


def too_large(limit: int) -> RequestError:
    """The refusal of a body above `limit` bytes."""
    message = f"The body of this request has at most {limit:,} bytes."
    return RequestError(ErrorCode.PAYLOAD_TOO_LARGE, PAYLOAD_TOO_LARGE, message, limit=limit)


def announced(scope: Scope) -> int:
    """The size that the request gives its body; 0 where it does not say."""
    sent = headers_of(scope).get("content-length", "")
    return int(sent[:20]) if sent.isascii() and sent.isdigit() else 0
