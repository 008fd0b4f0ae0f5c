"""What browsers are told: who may call, and what they must not do with an answer."""

from __future__ import annotations

import httpx2
import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from app.web.origins import Origins
from app.web.security_headers import Policy, SecurityHeaders, page_policy

EDITOR = "https://editor.example"


async def answered(app: ASGIApp, method: str = "GET", **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://oms") as client:
        return await client.request(method, "/", headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_every_answer_is_marked() -> None:
    response = await answered(SecurityHeaders(PlainTextResponse("x"), Policy()))

    assert response.headers["content-security-policy"] == "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in response.headers


async def test_what_a_client_has_keeps_what_it_was_marked_with() -> None:
    response = await answered(SecurityHeaders(Response(status_code=304, headers={"etag": "1"}), Policy(https_only=True)))

    assert (response.status_code, dict(response.headers)) == (304, {"etag": "1"})


async def test_a_page_keeps_its_own_policy() -> None:
    policy = page_policy(workers=True)
    response = await answered(SecurityHeaders(PlainTextResponse("x", headers={"Content-Security-Policy": policy}), Policy(https_only=True)))

    assert response.headers.get_list("content-security-policy") == [policy]
    assert response.headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize("policy", [page_policy(), page_policy(inline_styles=True, workers=True)])
def test_no_policy_lets_a_script_stand_in_a_page_or_come_from_elsewhere(policy: str) -> None:
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == rules["frame-ancestors"] == "'none'"
    assert "*" not in policy
    assert "http" not in policy


async def test_a_listed_origin_may_call_and_another_may_not() -> None:
    app = Origins([EDITOR]).cors(PlainTextResponse("x"))
    asks = {"access_control_request_method": "POST", "access_control_request_headers": "authorization, content-type, oms-min-revision"}

    welcome = await answered(app, "OPTIONS", origin=EDITOR, **asks)
    assert (welcome.status_code, welcome.headers["access-control-allow-origin"]) == (200, EDITOR)
    assert "access-control-allow-credentials" not in welcome.headers
    assert (await answered(app, origin=EDITOR)).headers["access-control-allow-origin"] == EDITOR
    for origin in ("https://evil.example", "null", EDITOR + ".evil.example", "http://editor.example"):
        stranger = await answered(app, "OPTIONS", origin=origin, **asks)
        assert stranger.status_code == 400
        assert "access-control-allow-origin" not in stranger.headers
        assert "access-control-allow-origin" not in (await answered(app, origin=origin)).headers


@pytest.mark.parametrize(
    ("listed", "origin", "host", "allowed"),
    [
        ([EDITOR], EDITOR, "api.example", True),
        ([EDITOR], "HTTPS://EDITOR.example", "api.example", True),
        ([EDITOR], "https://evil.example", "api.example", False),
        ([EDITOR], "null", "api.example", False),
        ([EDITOR], "", "api.example", False),
        ([], "http://127.0.0.1:4000", "127.0.0.1:4000", True),
        ([], "http://127.0.0.1:4001", "127.0.0.1:4000", False),
        ([], "file://api.example", "api.example", False),
        ([], "http://api.example", None, False),
        ([], None, "api.example", True),
        (["*"], "https://anybody.example", "api.example", True),
    ],
)
def test_a_socket_opens_for_the_same_origins_for_our_own_and_for_no_browser(
    listed: list[str], origin: str | None, host: str | None, allowed: bool
) -> None:
    assert Origins(listed).allow_handshake(origin, host) is allowed


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_listed_origin_may_use_every_method_that_is_served(method: str) -> None:
    app = Origins([EDITOR]).cors(PlainTextResponse("x"))
    asked = await answered(app, "OPTIONS", origin=EDITOR, access_control_request_method=method)
    assert asked.status_code == 200, asked.text
