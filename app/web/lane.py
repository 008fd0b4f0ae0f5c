"""A way past the layers that have little to do for a request: those for browsers, for bodies, and routing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.web.headers import headers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.routing import Route
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.web.security_headers import Policy

VARY = (b"vary", b"Origin")  # as the layer of origins says it to who sends none


class Lane:
    """Hands what names no origin to the route of exactly its path; everything else goes the long way.

    Only for routes without parameters that bound their bodies and answer their errors themselves. What the layers would add is added here.
    """

    def __init__(self, app: ASGIApp, routes: Mapping[str, Route], policy: Policy) -> None:
        self._app = app
        self._routes = routes
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None or "origin" in headers_of(scope):
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = message["headers"]
                message["headers"] = [*sent, VARY, *self._policy.beside(message["status"], sent)]
            await send(message)

        scope["route"] = route
        await route.app(scope, receive, marked)
