"""The outermost layer: every request has an id, a log line, metrics, and an answer even where the code is wrong."""

from __future__ import annotations

import re
import time
from functools import cache
from random import getrandbits
from typing import TYPE_CHECKING, ClassVar, Final

import structlog

from app.domain.errors import ErrorCode, OmsError
from app.observability.logging import request_id
from app.observability.metrics import REQUEST_SECONDS, REQUESTS
from app.web.headers import headers_of
from app.web.limits import ClientGone, send_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prometheus_client import Counter, Histogram
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    Report = Callable[[BaseException, Mapping[str, str]], None]

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
CLIENT_GONE: Final = 499  # as nginx counts it; nobody receives it

log = structlog.get_logger("app.request")


class Fault(OmsError):
    """Something that is no fault of the caller; what it was is in the log, under the request's id."""

    code: ClassVar = ErrorCode.INTERNAL_SERVER_ERROR
    status: ClassVar = 500


class Requests:
    """Wraps the whole application; `scope["state"]["request_id"]` holds the id."""

    def __init__(self, app: ASGIApp, report: Report) -> None:
        self._app = app
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        own = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = own
        before = request_id.set(own)
        try:
            if scope["type"] == "http":
                await self._request(scope, receive, send, own)
            else:
                await self._socket(scope, receive, send)
        finally:
            request_id.reset(before)

    async def _request(self, scope: Scope, receive: Receive, send: Send, own: str) -> None:
        began, status = time.perf_counter(), 0

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", own.encode())]
            await send(message)

        try:
            await self._app(scope, receive, marked)
        except ClientGone:
            status = status or CLIENT_GONE
        except OmsError as expected:
            if status:
                raise
            await send_error(marked, expected, own)
        except Exception as fault:
            log.exception("a request failed", method=scope["method"], path=scope["path"])
            self._report(fault, {"request_id": own, "path": scope["path"]})
            if status:
                raise  # the answer has begun: only closing the connection tells the client
            await send_error(marked, Fault("Something went wrong on our side."), own)
        finally:
            _count(scope, status, time.perf_counter() - began)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        try:
            await self._app(scope, receive, send)
        except Exception as fault:
            log.exception("a socket failed", path=scope["path"])
            self._report(fault, {"request_id": scope["state"]["request_id"], "path": scope["path"]})
            raise
        finally:
            log.info("socket", path=scope["path"], seconds=round(time.perf_counter() - began, 3))


def _request_id(scope: Scope) -> str:
    sent = headers_of(scope).get("x-request-id")
    return sent if sent is not None and REQUEST_ID.fullmatch(sent) else f"{getrandbits(128):032x}"  # a name, and no secret


@cache
def _metrics(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """The metrics of one sort of request; there are as many as we have methods, routes and statuses."""
    return REQUESTS.labels(method, route, str(status)), REQUEST_SECONDS.labels(method, route)


def _count(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    route = getattr(scope.get("route"), "path", "none")  # never the path itself: callers would choose our label values
    requests, duration = _metrics(method, route, status)
    requests.inc()
    duration.observe(seconds)
    say = log.debug if scope["path"] in QUIET else log.info
    say("request", method=method, path=scope["path"], status=status, milliseconds=round(seconds * 1_000, 2))
