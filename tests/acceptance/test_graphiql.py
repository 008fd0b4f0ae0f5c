"""The pages in a real browser, cut off from every other host: what people see, and that nothing is refused or fetched elsewhere."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import strawberry
import uvicorn
from browser import new_page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.types import Info

from app.web.examples import Example
from app.web.pages import Pages, graphiql_page, page_routes

TOKENS = {"Viewer": "viewer.token", "Editor": "editor.token", "Ontology Admin": "admin.token"}
EXAMPLES = (
    Example("first", "Read", "Who", "Who the token is.", "# Who\nquery Who { me }\n", ""),
    Example("greet", "Read", "Greet", "With variables.", "query Greet($name: String!) { hello(name: $name) }\n", '{"name": "Ada"}\n'),
    Example("live", "Live", "Count", "A subscription.", "subscription Count { count(upto: 3) }\n", ""),
)
SHOTS = os.environ.get("OMS_SCREENSHOTS")  # a directory, for people who want to look
RESPONSE = "(globalThis.__MONACO?.editor.getModels().find((model) => model.uri.path.includes('response'))?.getValue() ?? '')"
QUERY = "globalThis.__MONACO?.editor.getModels().find((model) => model.uri.path.includes('operation'))?.getValue()"
RUN = ".graphiql-execute-button"


def authorization(info: Info) -> str:
    request = info.context.get("request")
    if isinstance(request, Request):
        return request.headers.get("authorization", "nobody")
    return info.context["connection_params"].get("authorization", "nobody")


@strawberry.type
class Query:
    @strawberry.field
    def me(self, info: Info) -> str:
        return authorization(info)

    @strawberry.field
    def hello(self, name: str) -> str:
        return f"Hello {name}!"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info, upto: int) -> AsyncIterator[str]:
        for number in range(1, upto + 1):
            yield f"{number} for {authorization(info)}"
            await asyncio.sleep(0.05)


ME = {"type": "object", "properties": {"authorization": {"type": "string", "example": "whoever"}}}
ANSWER = {"description": "The header.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Me"}}}}
OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "Ontology Metadata Service", "version": "1"},
    "paths": {"/api/me": {"get": {"operationId": "me", "summary": "Who the token is", "responses": {"200": ANSWER}}}},
    "components": {"schemas": {"Me": ME}},
}


def choosing(role: str) -> str:
    """What a person does with the role picker, as an expression."""
    return f"(() => {{ const e = document.querySelector('#role'); e.value = '{role}'; e.dispatchEvent(new Event('change')); }})()"


def application():
    api = GraphQL(strawberry.Schema(Query, subscription=Subscription), graphql_ide=None, subscription_protocols=["graphql-transport-ws"])
    pages = Pages(tokens=lambda: TOKENS, examples=EXAMPLES)
    page = graphiql_page(pages)

    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(OPENAPI)

    async def me(request: Request) -> JSONResponse:
        return JSONResponse({"authorization": request.headers.get("authorization", "nobody")})

    others = Starlette(routes=[Route("/openapi.json", openapi), Route("/api/me", me), *page_routes(pages)])

    async def app(scope, receive, send):
        if scope["path"] != "/graphql":
            await others(scope, receive, send)
        elif scope["type"] == "http" and "text/html" in Request(scope).headers.get("accept", ""):
            await page(scope, receive, send)
        else:
            await api(scope, receive, send)

    return app


@asynccontextmanager
async def serving(app):
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def opened():
    async with serving(application()) as origin, new_page() as page:
        page.origin = origin
        yield page


async def shot(page, name: str) -> None:
    if SHOTS:
        (Path(SHOTS) / f"{name}.png").write_bytes(await page.screenshot())


def assert_at_home(page) -> None:
    assert page.complaints == []
    here = urlsplit(page.origin).netloc
    assert [url for url in page.requests if urlsplit(url).scheme != "data" and urlsplit(url).netloc != here] == []
    assert page.requests


async def test_the_page_renders_runs_a_query_and_stays_at_home(opened):
    await opened.open(f"{opened.origin}/graphql")
    assert await opened.until(f"document.querySelector('{RUN}') && {QUERY}") == EXAMPLES[0].query

    await opened.click(RUN)

    assert await opened.until(f"{RESPONSE}.includes('Bearer') && JSON.parse({RESPONSE}).data.me") == "Bearer editor.token"
    await opened.until("document.querySelectorAll('.view-line .mtk1, .view-line [class*=mtk]').length > 4")
    await shot(opened, "graphiql")
    assert_at_home(opened)


async def test_an_example_opens_in_a_tab_with_its_variables(opened):
    await opened.open(f"{opened.origin}/graphql")

    await opened.click("[data-example=greet]")
    await opened.until(f"{QUERY} === {EXAMPLES[1].query!r}")
    await opened.click(RUN)

    assert await opened.until(f"{RESPONSE}.includes('data') && JSON.parse({RESPONSE}).data.hello") == "Hello Ada!"
    await shot(opened, "example")
    await opened.click("[data-example=greet]")
    assert await opened.evaluate("document.querySelectorAll('.graphiql-tab').length") == 2
    assert_at_home(opened)


async def test_a_subscription_runs_as_the_chosen_role(opened):
    await opened.open(f"{opened.origin}/graphql")
    await opened.until("document.querySelector('#role') !== null")
    await opened.evaluate(choosing("Ontology Admin"))

    await opened.click("[data-example=live]")
    await opened.click(RUN)

    await opened.until(f"{RESPONSE}.includes('3 for Bearer admin.token')")
    await shot(opened, "subscription")
    assert any(url.startswith("ws://") for url in opened.requests)
    assert_at_home(opened)


async def test_a_pasted_token_is_sent_and_kept_for_this_tab_only(opened):
    await opened.open(f"{opened.origin}/graphql")
    await opened.until("document.querySelector('#role') !== null")
    await opened.evaluate(choosing("own"))
    await opened.click("#token")
    await opened.write("Bearer pasted.token")
    await opened.evaluate("document.querySelector('#token').blur()")

    await opened.click(RUN)

    assert await opened.until(f"{RESPONSE}.includes('data') && JSON.parse({RESPONSE}).data.me") == "Bearer pasted.token"
    assert await opened.evaluate("Object.values(sessionStorage).includes('pasted.token')")
    assert not await opened.evaluate("JSON.stringify({...localStorage}).includes('pasted.token') || document.cookie.length > 0")
    assert_at_home(opened)


async def test_the_page_knows_the_schema_and_formats_and_completes(opened):
    await opened.open(f"{opened.origin}/graphql")
    await opened.until(f"document.querySelector('{RUN}') && {QUERY}")

    await opened.click(".graphiql-query-editor .view-lines")
    await opened.write("query Who{me}")
    await opened.click("[aria-label^=Prettify]")
    await opened.until(f"{QUERY} === 'query Who {{\\n  me\\n}}\\n'")
    await opened.click("[aria-label='Show Documentation Explorer']")

    await opened.until("document.querySelector('.graphiql-doc-explorer')?.innerText.includes('Query')")
    await shot(opened, "documentation")
    assert_at_home(opened)


async def test_swagger_ui_reads_the_document_and_calls_as_the_chosen_role(opened):
    await opened.open(f"{opened.origin}/docs")

    await opened.click(".opblock-summary-control")
    await opened.until("document.querySelector('.responses-wrapper')?.innerText.includes('whoever')")
    await opened.click(".execute")

    await opened.until("document.querySelector('.responses-table.live-responses-table')?.innerText.includes('Bearer editor.token')")
    await shot(opened, "docs")
    assert_at_home(opened)
