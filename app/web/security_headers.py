"""What every answer tells a browser not to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "content-security-policy": NOTHING,
}
NOT_MODIFIED = 304
TRANSPORT = "max-age=31536000; includeSubDomains"


class Policy:
    """The headers; one that a page set for itself stays as it is."""

    def __init__(self, *, https_only: bool = False) -> None:
        """`https_only` binds browsers to HTTPS for a year: for production behind TLS."""
        wanted = HEADERS | ({"strict-transport-security": TRANSPORT} if https_only else {})
        self._wanted = [(name.encode(), value.encode()) for name, value in wanted.items()]
        self._names = frozenset(name for name, _ in self._wanted)

    def beside(self, status: int, sent: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Those that an answer with these headers lacks; a 304 leaves what the client has as it is."""
        if status == NOT_MODIFIED:
            return []
        own = {name.lower() for name, _ in sent}
        return self._wanted if own.isdisjoint(self._names) else [pair for pair in self._wanted if pair[0] not in own]


class SecurityHeaders:
    """Adds them to every answer."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = message.get("headers", ())
                message = {**message, "headers": [*sent, *self._policy.beside(message["status"], sent)]}
            await send(message)

        await self._app(scope, receive, marked)


def page_policy(*, inline_styles: bool = False, workers: bool = False) -> str:
    """The policy of a page of ours: what it loads is ours, no script stands in the page, and nobody frames it."""
    styles = "style-src 'self' 'unsafe-inline'" if inline_styles else "style-src 'self'"
    parts = ["default-src 'none'", "script-src 'self'", styles, "img-src 'self' data:", "font-src 'self' data:", "connect-src 'self'"]
    if workers:
        parts.append("worker-src 'self' blob:")
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
