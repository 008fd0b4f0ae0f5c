"""The pages that people see: GraphiQL at /graphql, Swagger UI at /docs, both from our own files only."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.web.assets import Assets
from app.web.examples import Example, read_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "worker-src": "'self'",
    "connect-src": "'self'",  # ws: and wss: of the same host and port included
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
# Monaco writes its theme into <style> elements and its lines with style attributes; still nothing inline is executed.
STYLED = {**DIRECTIVES, "style-src": "'self' 'unsafe-inline'"}
HEADERS = {
    "Cache-Control": "no-store",  # the page may hold tokens
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Ontology Metadata Service</title>
<link rel="icon" type="image/svg+xml" href="/static/{favicon}">
<link rel="stylesheet" href="/static/{style}">
<script type="application/json" id="config">{config}</script>
<script type="module" src="/static/{script}"></script>
</head>
<body>
<header id="bar"></header>
<main id="page"><noscript>This page needs JavaScript.</noscript></main>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages are made of; `tokens` gives a token for each role, in development, and is None everywhere else.

    It may ask another server, and is called in a thread.
    """

    tokens: Callable[[], Mapping[str, str]] | None = None
    endpoint: str = "/graphql"
    openapi: str = "/openapi.json"
    assets: Assets = field(default_factory=Assets)
    examples: tuple[Example, ...] = field(default_factory=read_examples)


def graphiql_page(pages: Pages) -> ASGIApp:
    """The page for a browser that opens /graphql; who decides that it is one is the transport."""
    told = {"endpoint": pages.endpoint, "examples": [asdict(example) for example in pages.examples]}

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        answer = await _page(pages, "graphiql", "GraphQL", STYLED, told, Request(scope))
        await answer(scope, receive, send)

    return page


def page_routes(pages: Pages) -> list[Route]:
    """Everything but /graphql itself, which the page shares with the API."""

    async def root(_: Request) -> Response:
        return RedirectResponse(pages.endpoint, headers={"Cache-Control": "no-store"})

    async def docs(request: Request) -> Response:
        return await _page(pages, "docs", "REST", DIRECTIVES, {"openapi": pages.openapi}, request)

    async def static(request: Request) -> Response:
        return pages.assets.respond(request, request.path_params["name"])

    async def favicon(request: Request) -> Response:
        return pages.assets.respond(request, pages.assets.manifest["favicon"])

    return [Route("/", root), Route("/docs", docs), Route("/static/{name}", static), Route("/favicon.ico", favicon)]


async def _page(pages: Pages, name: str, title: str, policy: Mapping[str, str], told: Mapping[str, Any], request: Request) -> Response:
    files = {**pages.assets.manifest["pages"][name], "favicon": pages.assets.manifest["favicon"]}
    tokens = await asyncio.to_thread(pages.tokens) if pages.tokens is not None and _is_asked_by_address(request) else {}
    body = PAGE.format(title=title, config=_data({**told, "tokens": dict(tokens)}), **files)
    directives = "; ".join(f"{directive} {sources}" for directive, sources in policy.items())
    return HTMLResponse(body, headers={**HEADERS, "Content-Security-Policy": directives})


def _is_asked_by_address(request: Request) -> bool:
    """Whether the page was asked for by address: a foreign name that resolves to us is how another site would read the tokens."""
    host = request.url.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _data(value: Mapping[str, Any]) -> str:
    """JSON that cannot end the element which holds it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
