"""Every request has an id, a log line and metrics, and an answer even where the code is wrong."""

import json

import pytest
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.domain.errors import NotFound, Unavailable
from app.observability.logging import request_id
from app.web.health import health_routes
from app.web.request import Requests


class Site:
    """An application with one page, and what was reported of it."""

    def __init__(self, endpoint):
        self.reported = []
        self.app = Starlette(
            routes=[Route("/things/{name}", endpoint)],
            middleware=[Middleware(Requests, report=lambda fault, facts: self.reported.append((fault, facts)))],
        )

    async def get(self, path="/things/a", **headers):
        return await get(self.app, path, **headers)


async def get(app, path, **headers):
    sent = []
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": raw, "http_version": "1.1"}

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    return start["status"], dict(start["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


async def page(request):
    return PlainTextResponse(f"{request.state.request_id} {request_id.get()}")


async def test_a_request_gets_an_id_of_its_own():
    site = Site(page)
    _, first, body = await site.get()
    _, second, _ = await site.get()
    assert body == first[b"x-request-id"] + b" " + first[b"x-request-id"]
    assert first[b"x-request-id"] != second[b"x-request-id"]


async def test_a_proper_id_of_the_caller_is_kept():
    _, headers, _ = await Site(page).get(x_request_id="from.the-proxy_1")
    assert headers[b"x-request-id"] == b"from.the-proxy_1"


@pytest.mark.parametrize("hostile", ["", "a b", "a\r\nset-cookie: x", "x" * 101, "\xe9", '"}'])
async def test_any_other_id_is_replaced(hostile):
    _, headers, _ = await Site(page).get(x_request_id=hostile)
    assert len(headers[b"x-request-id"]) == 32


async def test_the_id_does_not_outlive_its_request():
    await Site(page).get()
    assert request_id.get() is None


async def test_a_fault_is_answered_without_a_trace_of_it_and_reported():
    async def wrong(request):
        raise ZeroDivisionError("secret of /srv/oms")

    site = Site(wrong)
    status, headers, body = await site.get()
    assert status == 500
    assert json.loads(body) == {
        "errors": [
            {
                "message": "Something went wrong on our side.",
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": headers[b"x-request-id"].decode()},
            }
        ]
    }
    [(fault, facts)] = site.reported
    assert isinstance(fault, ZeroDivisionError)
    assert facts == {"request_id": headers[b"x-request-id"].decode(), "path": "/things/a"}


async def test_an_expected_error_has_its_own_status_and_is_not_reported():
    async def missing(request):
        raise NotFound("object type", "Nope")

    site = Site(missing)
    status, _, body = await site.get()
    assert status == 404
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert site.reported == []


async def test_a_fault_within_an_answer_cuts_it_off():
    async def begun(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    reported = []
    with pytest.raises(ZeroDivisionError):
        await get(Requests(begun, report=lambda fault, facts: reported.append(fault)), "/")
    assert len(reported) == 1


async def test_metrics_are_labelled_by_route_and_never_by_path():
    site = Site(page)
    await site.get("/things/one")
    await site.get("/things/two")
    await site.get("/nowhere/at/all")
    labels = {"method": "GET", "route": "/things/{name}", "status": "200"}
    assert REGISTRY.get_sample_value("http_requests_total", labels) >= 2
    assert REGISTRY.get_sample_value("http_requests_total", {"method": "GET", "route": "none", "status": "404"}) >= 1
    assert REGISTRY.get_sample_value("http_request_duration_seconds_count", {"method": "GET", "route": "/things/{name}"}) >= 2
    assert REGISTRY.get_sample_value("http_requests_total", labels | {"route": "/things/one"}) is None


async def failing():
    return False


async def passing():
    return True


async def unavailable():
    raise Unavailable("The database does not answer.")


@pytest.mark.parametrize(("check", "status"), [(passing, 200), (failing, 503), (unavailable, 503)])
async def test_a_process_is_ready_when_its_checks_pass_and_alive_anyway(check, status):
    app = Starlette(routes=health_routes({"database": check}))
    ready, _, body = await get(app, "/readyz")
    assert ready == status
    assert json.loads(body)["checks"] == {"database": "ok" if status == 200 else "failed"}
    alive, _, _ = await get(app, "/healthz")
    assert alive == 200


async def test_prometheus_reads_the_three_families():
    status, headers, body = await get(Starlette(routes=health_routes({})), "/metrics")
    assert status == 200
    assert headers[b"content-type"].startswith(b"text/plain")
    for family in (b"http_requests_total", b"http_request_duration_seconds", b"db_query_duration_seconds"):
        assert b"# TYPE " + family in body
