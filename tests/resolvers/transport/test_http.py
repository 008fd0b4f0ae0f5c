"""GraphQL over HTTP against a real server: every status of the contract, in both media types."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from starlette.responses import PlainTextResponse

from app.domain.actor import Actor
from app.domain.errors import TokenExpired, Unauthenticated, Unavailable
from app.limits import Limits
from app.web.authentication import Authentication
from resolvers.transport.http import GraphQLEndpoint
from resolvers.transport.negotiation import GRAPHQL, JSON
from tests.resolvers.transport.library import ADMIN, EDITOR, VIEWER, Opened, execution
from tests.web.server import Running, serving

TOKENS = {"editor": EDITOR, "viewer": VIEWER, "admin": ADMIN}
AS_EDITOR = {"authorization": "Bearer editor"}
ME = {"query": "{ me }"}


class Tokens:
    async def verify(self, token: str) -> Actor:
        if token == "down":
            raise Unavailable("Tokens cannot be verified at the moment.", retry_after=9)
        if token == "old":
            raise TokenExpired
        if token not in TOKENS:
            raise Unauthenticated
        return TOKENS[token]


@dataclass
class Api:
    running: Running
    client: httpx2.AsyncClient
    opened: Opened

    async def post(self, body: Any = None, *, content: bytes | None = None, **headers: str) -> httpx2.Response:
        """POST as a good client would, but for what the test changes; an empty header is left out."""
        sent = {"content-type": JSON, "accept": GRAPHQL, **AS_EDITOR} | {name.replace("_", "-"): value for name, value in headers.items()}
        raw = json.dumps(body).encode() if content is None else content
        kept = {name: value for name, value in sent.items() if value}
        return await self.client.post(self.running.url, content=raw, headers=kept)

    async def get(self, parameters: Any, **headers: str) -> httpx2.Response:
        sent = {"accept": GRAPHQL, **AS_EDITOR} | {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in sent.items() if value}
        query = parameters if isinstance(parameters, str) else urlencode(parameters)
        return await self.client.get(f"{self.running.url}/?{query}", headers=kept)


@asynccontextmanager
async def started(opened: Opened | None = None, **limits: Any) -> AsyncIterator[Api]:
    opened, bounds = opened or Opened(), Limits(**limits)
    page = PlainTextResponse("the page", media_type="text/html")
    endpoint = GraphQLEndpoint(execution(opened, **limits), Authentication(Tokens()), bounds, opened.report, page=page)
    async with serving(endpoint, bounds) as running, httpx2.AsyncClient(headers={"accept": ""}, trust_env=False) as client:
        del client.headers["accept"]
        yield Api(running, client, opened)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with started() as running:
        yield running


def code(response: httpx2.Response) -> str:
    [error] = response.json()["errors"]
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    return str(error["extensions"]["code"])


async def test_a_query_is_answered(api: Api) -> None:
    response = await api.post(ME)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert response.headers["oms-revision"] == "main=1.42"
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {"data": {"me": "Ada"}, "extensions": {"requestId": response.headers["x-request-id"], "cost": 0}}


@pytest.mark.parametrize(
    ("accept", "answered"),
    [("", GRAPHQL), ("*/*", GRAPHQL), (GRAPHQL, GRAPHQL), (JSON, JSON), (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL), ("application/*", GRAPHQL)],
)
async def test_the_answer_has_the_type_that_was_asked_for(api: Api, accept: str, answered: str) -> None:
    response = await api.post(ME, accept=accept)

    assert (response.status_code, response.headers["content-type"]) == (200, f"{answered}; charset=utf-8")


PERSISTED = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}


@pytest.mark.parametrize(
    ("body", "expected", "status", "plain"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED", 400, 200),
        ({"query": "{ nowhere }"}, "GRAPHQL_VALIDATION_FAILED", 400, 200),
        ({"query": "query ($n: Int!) { things(first: $n) { nodes { name } } }", "variables": {"n": "x"}}, "BAD_USER_INPUT", 400, 200),
        ({"query": "query A { me } query B { me }"}, "BAD_REQUEST", 400, 200),
        ({"query": "{ me }", "operationName": "X"}, "BAD_REQUEST", 400, 200),
        ({"query": "{" + "a " * 1000 + "}"}, "TOO_MANY_TOKENS", 400, 200),
        ({"query": "{" + "a" * 17_000 + "}"}, "DOCUMENT_TOO_LARGE", 400, 200),
        ({"query": "subscription { count(to: 1) }"}, "BAD_REQUEST", 400, 400),
        ({"extensions": PERSISTED}, "PERSISTED_QUERY_NOT_FOUND", 200, 200),
        ({}, "BAD_REQUEST", 400, 400),
        ({"qeury": "{ me }"}, "BAD_REQUEST", 400, 400),
        ({"query": None}, "BAD_REQUEST", 400, 400),
        ({"query": ["{ me }"]}, "BAD_REQUEST", 400, 400),
        ({"query": "{ me }", "variables": [7]}, "BAD_REQUEST", 400, 400),
        ({"query": "{ me }", "operationName": 7}, "BAD_REQUEST", 400, 400),
        ({"query": "{ me }", "extensions": "x"}, "BAD_REQUEST", 400, 400),
        ([ME], "BATCHING_DISABLED", 400, 400),
        ("{ me }", "BAD_REQUEST", 400, 400),
    ],
)
async def test_a_request_error_has_no_data_and_its_status(api: Api, body: Any, expected: str, status: int, plain: int) -> None:
    newer, older = await api.post(body), await api.post(body, accept=JSON)

    assert (code(newer), newer.status_code) == (expected, status)
    assert (code(older), older.status_code) == (expected, plain)
    assert "data" not in newer.json()
    assert "data" not in older.json()
    assert api.opened.contexts == []


@pytest.mark.parametrize(
    "content", [b"", b"NONSENSE", b'{"query":', b'{"query": "{ me }", "query": "{ broken }"}', b'{"query": "\xff"}', b"[" * 5000]
)
async def test_what_is_no_json_is_refused(api: Api, content: bytes) -> None:
    for accept in (GRAPHQL, JSON):
        response = await api.post(content=content, accept=accept)
        assert (code(response), response.status_code) == ("BAD_REQUEST", 400)


async def test_null_parameters_are_as_good_as_none(api: Api) -> None:
    response = await api.post({"query": "{ me }", "operationName": None, "variables": None, "extensions": None})

    assert response.json()["data"] == {"me": "Ada"}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
    ],
)
async def test_only_json_in_utf_8_is_taken(api: Api, content_type: str) -> None:
    response = await api.post(ME, content_type=content_type)

    assert (code(response), response.status_code) == ("UNSUPPORTED_MEDIA_TYPE", 415)


async def test_a_compressed_body_is_not_taken(api: Api) -> None:
    response = await api.post(ME, content_encoding="gzip")

    assert (code(response), response.status_code) == ("UNSUPPORTED_MEDIA_TYPE", 415)


@pytest.mark.parametrize("accept", ["text/html", "text/event-stream", "image/png", f"{JSON};q=0", f"{JSON}; charset=utf-16"])
async def test_what_cannot_be_answered_is_not_executed(api: Api, accept: str) -> None:
    response = await api.post({"query": 'mutation { rename(name: "x") }'}, accept=accept)

    assert (code(response), response.status_code) == ("NOT_ACCEPTABLE", 406)
    assert api.opened.contexts == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_told_which_ones_there_are(api: Api, method: str) -> None:
    response = await api.client.request(method, api.running.url, headers=AS_EDITOR)

    assert (code(response), response.status_code, response.headers["allow"]) == ("METHOD_NOT_ALLOWED", 405, "GET, POST")


async def test_head_has_no_body(api: Api) -> None:
    response = await api.client.head(api.running.url, headers=AS_EDITOR)

    assert (response.status_code, response.content) == (405, b"")


async def test_a_query_may_come_by_get(api: Api) -> None:
    text = 'query A { me } query Q($n: String = "z") { thing(name: $n) { name } }'
    response = await api.get({"query": text, "operationName": "Q", "variables": '{"n": "y"}', "extensions": ""})

    assert (response.status_code, response.json()["data"]) == (200, {"thing": {"name": "y"}})
    assert (await api.get({"query": "{ me }", "operationName": ""})).json()["data"] == {"me": "Ada"}


async def test_a_persisted_query_may_come_by_get(api: Api) -> None:
    named = {"persistedQuery": {"version": 1, "sha256Hash": sha256(b"{ me }").hexdigest()}}
    await api.post({"query": "{ me }", "extensions": named})

    assert (await api.get({"extensions": json.dumps(named)})).json()["data"] == {"me": "Ada"}


@pytest.mark.parametrize("accept", [GRAPHQL, JSON])
async def test_a_mutation_by_get_is_not_executed(api: Api, accept: str) -> None:
    hidden = 'query Q { me } mutation M { ...m } fragment m on Mutation { rename(name: "x") }'
    response = await api.get({"query": hidden, "operationName": "M"}, accept=accept)

    assert (code(response), response.status_code, response.headers["allow"]) == ("METHOD_NOT_ALLOWED", 405, "POST")
    assert api.opened.contexts == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "variables=%7B%7D",
        "query=%7Bme%7D&query=%7Bme%7D",
        "query=%7Bme%7D&variables=%5B%5D",
        "query=%7Bme%7D&variables=x",
        "query=%7Bme%7D&variables=%22%7B%7D%22",
        "query=%7Bme%7D&extensions=1",
        "query=%FF",
        "&".join(f"a{n}=1" for n in range(30)),
    ],
)
async def test_a_url_of_the_wrong_shape_is_refused(api: Api, query: str) -> None:
    response = await api.get(query)

    assert (code(response), response.status_code) == ("BAD_REQUEST", 400)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
async def test_a_get_that_a_page_elsewhere_could_send_is_refused(api: Api, content_type: str) -> None:
    response = await api.get(ME, authorization="", content_type=content_type)

    assert (code(response), response.status_code) == ("CSRF_PREFLIGHT_REQUIRED", 403)


@pytest.mark.parametrize("header", ["x-oms-preflight", "apollo-require-preflight"])
async def test_a_get_with_a_preflight_header_is_looked_at(api: Api, header: str) -> None:
    response = await api.get(ME, authorization="", **{header: "1"})

    assert (code(response), response.status_code) == ("UNAUTHENTICATED", 401)


@pytest.mark.parametrize(
    ("authorization", "expected", "status", "challenge"),
    [
        ("", "UNAUTHENTICATED", 401, "Bearer"),
        ("Bearer", "UNAUTHENTICATED", 401, 'Bearer error="invalid_token"'),
        ("Basic ZTpl", "UNAUTHENTICATED", 401, 'Bearer error="invalid_token"'),
        ("Bearer stranger", "UNAUTHENTICATED", 401, 'Bearer error="invalid_token"'),
        ("Bearer editor, Bearer admin", "UNAUTHENTICATED", 401, 'Bearer error="invalid_token"'),
        ("Bearer " + "x" * 9000, "UNAUTHENTICATED", 401, 'Bearer error="invalid_token"'),
        ("Bearer old", "TOKEN_EXPIRED", 401, 'Bearer error="invalid_token"'),
        ("Bearer down", "UNAVAILABLE", 503, None),
    ],
)
async def test_without_a_good_token_nothing_is_executed(
    api: Api, authorization: str, expected: str, status: int, challenge: str | None
) -> None:
    for accept in (GRAPHQL, JSON):
        response = await api.post(ME, authorization=authorization, accept=accept)
        assert (code(response), response.status_code, response.headers.get("www-authenticate")) == (expected, status, challenge)
        assert "data" not in response.json()
        assert response.headers.get("retry-after") == ("9" if status == 503 else None)
    assert api.opened.contexts == []


async def test_two_authorization_headers_are_one_too_many(api: Api) -> None:
    headers = [("content-type", JSON), ("authorization", "Bearer viewer"), ("authorization", "Bearer admin")]
    response = await api.client.post(api.running.url, json=ME, headers=headers)

    assert response.status_code == 401


async def test_a_body_is_bounded_before_and_while_it_arrives() -> None:
    async with started(body_bytes=2048, bulk_body_bytes=8192) as api:
        query = {"query": "mutation ($c: [Change!]!) { applyChanges(changes: $c) }", "variables": {"c": [{"name": "x" * 100}] * 30}}
        other = {"query": "query ($n: String) { thing(name: $n) { name } }", "variables": {"n": "x" * 3000}}

        assert (await api.post(query)).json()["data"] == {"applyChanges": 30}
        refused = [await api.post(query, authorization="Bearer viewer"), await api.post(other), await api.post(content=b" " * 9000)]
        chunked = await api.client.post(api.running.url, content=parts(9), headers={"content-type": JSON, **AS_EDITOR})

        assert [(code(each), each.status_code) for each in [*refused, chunked]] == [("PAYLOAD_TOO_LARGE", 413)] * 4
        assert len(api.opened.contexts) == 1


async def parts(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * 1000


async def test_an_announced_size_that_is_too_large_is_refused_without_reading(api: Api) -> None:
    head = f"POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer viewer\r\nContent-Type: {JSON}\r\nContent-Length: 99999999999\r\n\r\n"
    answer = await api.running.send(head.encode())

    assert (answer.status, json.loads(answer.body)["errors"][0]["extensions"]["limit"]) == (413, 1024 * 1024)


async def test_a_client_that_goes_away_while_it_sends_costs_nothing(api: Api) -> None:
    _, writer = await api.running.connect()
    writer.write(
        f"POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer editor\r\nContent-Type: {JSON}\r\nContent-Length: 10\r\n\r\n12".encode()
    )
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    await asyncio.sleep(0.05)

    assert (api.opened.contexts, api.opened.faults) == ([], [])


async def test_the_status_says_that_the_operation_could_not_begin(api: Api) -> None:
    for accept in (GRAPHQL, JSON):
        busy = await api.post({"query": "{ unavailable }"}, accept=accept)
        assert (code(busy), busy.status_code, busy.headers["retry-after"]) == ("UNAVAILABLE", 503, "7")
        assert busy.json()["data"] == {"unavailable": None}
        reused = await api.post({"query": "mutation { again }"}, accept=accept)
        assert (code(reused), reused.status_code) == ("IDEMPOTENCY_KEY_REUSED", 422)
        partly = await api.post({"query": "{ unavailable me }"}, accept=accept)
        assert (code(partly), partly.status_code) == ("UNAVAILABLE", 200)


async def test_a_field_error_leaves_the_status_as_it_is(api: Api) -> None:
    response = await api.post({"query": "{ missing me }"})

    assert (code(response), response.status_code) == ("NOT_FOUND", 200)
    assert response.json()["data"] == {"missing": None, "me": "Ada"}


async def test_a_fault_shows_nothing(api: Api) -> None:
    for query in ("{ broken }", "{ nullWhereNoneMayBe }", "{ unsayable }"):
        response = await api.post({"query": query})
        assert (code(response), response.status_code) == ("INTERNAL_SERVER_ERROR", 200)
        assert "data" in response.json()
        assert "postgres" not in response.text
    assert len(api.opened.faults) == 3


async def test_a_fault_outside_of_the_operation_is_a_500_without_a_trace(api: Api) -> None:
    class Broken:
        async def verify(self, token: str) -> Actor:
            raise RuntimeError("at /srv/oms " + token)

    endpoint = GraphQLEndpoint(execution(), Authentication(Broken()), Limits(), api.opened.report)
    async with serving(endpoint) as running:
        response = await replace(api, running=running).post(ME)

    assert (code(response), response.status_code) == ("INTERNAL_SERVER_ERROR", 500)
    assert "srv" not in response.text
    assert len(api.opened.faults) == 1


async def test_what_takes_too_long_is_answered() -> None:
    async with started(execution_seconds=0.05) as api:
        response = await api.post({"query": "{ slow(seconds: 20) }"})

    assert (code(response), response.status_code) == ("QUERY_TIMEOUT", 200)


async def test_facts_of_the_request_reach_the_context(api: Api) -> None:
    response = await api.post(ME, idempotency_key="k1", oms_min_revision="main=1.3", x_request_id="mine", traceparent="00-1-2-01")

    [context] = api.opened.contexts
    assert (context.facts.idempotency_key, context.facts.min_revision, context.facts.traceparent) == ("k1", "main=1.3", "00-1-2-01")
    assert (context.facts.request_id, context.actor.request_id, response.headers["x-request-id"]) == ("mine", "mine", "mine")


@pytest.mark.parametrize("sent", ["a b", "x" * 200, "é", "<script>"])
async def test_a_request_id_that_is_none_is_replaced(api: Api, sent: str) -> None:
    response = await api.client.post(api.running.url, json=ME, headers={**AS_EDITOR, "x-request-id": sent.encode()})

    assert response.headers["x-request-id"] != sent
    assert response.json()["extensions"]["requestId"] == response.headers["x-request-id"]


async def test_a_browser_is_given_the_page_without_a_token(api: Api) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    response = await api.client.get(f"{api.running.url}/?query=%7Bme%7D", headers={"accept": browser})

    assert (response.status_code, response.text) == (200, "the page")
    assert (await api.post(ME, accept=browser)).json()["data"] == {"me": "Ada"}
