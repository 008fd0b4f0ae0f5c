"""The one list of origins that browsers may call from, over HTTP and over WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

ANY = "*"  # development only: settings refuse it elsewhere
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Apollo-Require-Preflight",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "OMS-Lock-Token",
    "OMS-Min-Revision",
    "Traceparent",
    "X-OMS-Preflight",
    "X-Request-Id",
)
RESPONSE_HEADERS = ("ETag", "OMS-Revision", "Retry-After", "X-Request-Id")
PREFLIGHT_SECONDS = 600


class Origins:
    """Says which origins may call."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._listed = frozenset(origin.lower().rstrip("/") for origin in listed)

    def allow(self, origin: str) -> bool:
        """Whether pages of this origin may call from elsewhere."""
        return ANY in self._listed or origin.lower() in self._listed

    def allow_handshake(self, origin: str | None, host: str | None) -> bool:
        """Whether a WebSocket may open: browsers send their origin and check nothing, other clients send none."""
        if origin is None or self.allow(origin):
            return True
        parts = urlsplit(origin)
        return parts.scheme in {"http", "https"} and host is not None and parts.netloc.lower() == host.lower()

    def cors(self, app: ASGIApp) -> ASGIApp:
        """Answer preflights and mark answers; credentials are never allowed, since bearer tokens need none."""
        return CORSMiddleware(
            app,
            allow_origins=sorted(self._listed),
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            expose_headers=RESPONSE_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        )
