"""The short way answers as the long one does, and is only taken where there is no difference."""

from __future__ import annotations

import httpx2
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.web.lane import Lane
from app.web.origins import Origins
from app.web.security_headers import Policy, SecurityHeaders

EDITOR = "https://editor.example"


async def where(request: Request) -> Response:
    """Which layers the request came through, by what they left in it."""
    return PlainTextResponse("long" if "router" in request.scope else "short", headers={"vary": "Accept"})


async def asked(path: str, method: str = "GET", **headers: str) -> httpx2.Response:
    served = Route("/one", where, methods=["GET", "POST"])
    policy = Policy(https_only=True)
    layers = [
        Middleware(Lane, routes={"/one": served}, policy=policy),
        Middleware(SecurityHeaders, policy=policy),
        Middleware(Origins([EDITOR]).cors),
    ]
    app = Starlette(routes=[served, Route("/two", where)], middleware=layers)
    app.router.redirect_slashes = False
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://oms") as client:
        return await client.request(method, path, headers=headers)


async def test_what_names_no_origin_goes_straight_to_its_route_and_is_told_the_same() -> None:
    straight, other = await asked("/one"), await asked("/two")

    assert (straight.text, other.text) == ("short", "long")
    assert straight.headers.get_list("vary", split_commas=True) == other.headers.get_list("vary", split_commas=True) == ["Accept", "Origin"]
    del straight.headers["content-length"], other.headers["content-length"]
    assert dict(straight.headers) == dict(other.headers)
    assert (straight.headers["x-frame-options"], straight.headers["strict-transport-security"][:7]) == ("DENY", "max-age")


async def test_a_browser_of_another_origin_goes_the_long_way() -> None:
    welcome, stranger = await asked("/one", Origin=EDITOR), await asked("/one", Origin="https://evil.example")
    preflight = await asked("/one", "OPTIONS", **{"Origin": EDITOR, "Access-Control-Request-Method": "POST"})

    assert (welcome.text, welcome.headers["access-control-allow-origin"]) == ("long", EDITOR)
    assert (stranger.text, "access-control-allow-origin" in stranger.headers) == ("long", False)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, EDITOR)


async def test_only_the_very_path_is_served_straight() -> None:
    assert [(await asked(path)).status_code for path in ("/one/", "/ONE", "//one", "/")] == [404, 404, 404, 404]
