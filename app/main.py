"""The ASGI application: its routes stand on what the lifespan opens."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from app.bootstrap import opened
from app.domain.actor import Role
from app.domain.errors import ErrorCode, OmsError, RequestError, Unavailable
from app.observability import faults
from app.observability.tracing import traced, tracing
from app.persistence.migrate import newest
from app.persistence.schema_version import applied
from app.settings import RELEASE
from app.web.health import health_routes
from app.web.lane import Lane
from app.web.limits import BodyLimit, error_body
from app.web.openapi import openapi_route
from app.web.origins import Origins
from app.web.pages import Pages, graphiql_page, page_routes
from app.web.request import Requests
from app.web.rest.face import BULK_PATHS, rest_routes
from app.web.rest.resource import Door
from app.web.security_headers import Policy, SecurityHeaders
from resolvers.transport.http import GraphQLEndpoint
from resolvers.transport.json_input import decoded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from app.bootstrap import World
    from app.settings import Settings

GRAPHQL = "/graphql"
CODES = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.METHOD_NOT_ALLOWED, 406: ErrorCode.NOT_ACCEPTABLE, 415: ErrorCode.UNSUPPORTED_MEDIA_TYPE}


def create_app(settings: Settings, *, tokens: Callable[[], Mapping[str, str]] | None = None) -> Starlette:
    """An application that opens its world when it starts and closes it when it ends.

    `tokens` gives the pages a token for each role; only a development that has another issuer than our own says whence.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(tracing(settings.otel_exporter_otlp_endpoint, settings.oms_env, RELEASE))
            stack.enter_context(faults.reporting(settings.sentry_dsn, settings.oms_env, RELEASE, expected=(OmsError,)))
            world = await stack.enter_async_context(opened(settings))
            app.router.routes[:] = made = routes(world, tokens)
            straight.update((each.path, each) for each in made if isinstance(each, Route) and each.path == GRAPHQL)
            yield

    straight: dict[str, Route] = {}
    limits, origins, policy = settings.limits, Origins(settings.cors_origins), Policy(https_only=not settings.development)
    middleware = [
        *([Middleware(traced)] if settings.otel_exporter_otlp_endpoint else []),
        Middleware(Requests, report=faults.report),
        Middleware(Lane, routes=straight, policy=policy),
        Middleware(SecurityHeaders, policy=policy),
        Middleware(origins.cors),
        Middleware(BodyLimit, limit=limits.body_bytes, own={GRAPHQL, *BULK_PATHS}),
    ]
    application = Starlette(lifespan=lifespan, middleware=middleware, exception_handlers={HTTPException: _unserved, OmsError: _refused})
    application.router.redirect_slashes = False  # it would send the client to whatever host its request named
    return application


def routes(world: World, tokens: Callable[[], Mapping[str, str]] | None = None) -> list[BaseRoute]:
    """Every path that is served."""

    async def answers() -> bool:
        return await applied(world.database) == newest()

    pages = Pages(tokens=tokens or _tokens(world))
    door = Door(world.authentication, world.settings.limits, decoded, faults.report)
    services = world.services
    rest = rest_routes(
        door, services.editing, services.change_sets, services.locks, world.imports, world.database, world.cursors, services.exports
    )
    graphql = GraphQLEndpoint(
        world.execution, world.authentication, world.settings.limits, faults.report, page=graphiql_page(pages), streams=world.streams
    )
    return [
        Route(GRAPHQL, graphql),
        WebSocketRoute(GRAPHQL, world.sockets),
        *health_routes({"database": answers}),
        *page_routes(pages),
        openapi_route(),
        *rest,
    ]


def _tokens(world: World) -> Callable[[], Mapping[str, str]] | None:
    issuer = world.issuer
    if issuer is None:
        return None
    return lambda: {role.value: issuer.issue(role, f"{role.value} in GraphiQL") for role in Role}


async def _unserved(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    refused = RequestError(CODES.get(error.status_code, ErrorCode.BAD_REQUEST), error.status_code, f"{error.detail}.")
    return _answer(request, refused, error.headers or {})


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, OmsError):
        raise error
    return _answer(request, error, {"retry-after": str(error.retry_after)} if isinstance(error, Unavailable) else {})


def _answer(request: Request, error: OmsError, headers: Mapping[str, str]) -> Response:
    return Response(error_body(error, request.state.request_id), error.status, headers, "application/json")
