"""What balancers and Prometheus ask; no role is needed and no data is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.domain.errors import OmsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

UNAVAILABLE = 503


def health_routes(checks: Mapping[str, Callable[[], Awaitable[bool]]]) -> list[Route]:
    """The three pages; the process is ready when every check says so."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        found = {name: "ok" if await _passes(check) else "failed" for name, check in checks.items()}
        ready = "failed" not in found.values()
        return JSONResponse({"status": "ok" if ready else "failed", "checks": found}, 200 if ready else UNAVAILABLE)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _passes(check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await check()
    except OmsError:
        return False
