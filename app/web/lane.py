"""A way past the layers that have nothing to do for a request: those for browsers of other origins, for bodies, and routing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.routing import Route
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARY = (b"vary", b"Origin")  # as the layer of origins says it to who sends none


class Lane:
    """Hands what names no origin to the route of exactly its path; everything else goes the long way.

    Only for routes without parameters that bound their bodies and answer their errors themselves.
    """

    def __init__(self, app: ASGIApp, routes: Mapping[str, Route]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None or any(name == b"origin" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], VARY]
            await send(message)

        scope["route"] = route
        await route.app(scope, receive, marked)
