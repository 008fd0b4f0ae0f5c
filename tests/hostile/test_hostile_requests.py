"""Requests that are wrong before any document is looked at: methods, media, bodies, sizes, tokens, origins."""

from __future__ import annotations

import gzip
import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import jwt
import pytest

from app.domain.actor import Role

MODERN = {"accept": "application/graphql-response+json"}
ME = {"query": "{ me { id } }"}
ME_TEXT = json.dumps(ME).encode()


@dataclass(frozen=True)
class Case:
    """One request with the only answer that is right."""

    id: str
    status: int
    code: str | None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    path: str = "/graphql"
    role: str | None = "EDITOR"


def deep(levels: int) -> bytes:
    return b'{"query":"{ me { id } }","variables":{"v":' + b"[" * levels + b"]" * levels + b"}}"


def variables(text: bytes) -> bytes:
    return (
        b'{"query":"query ($v: Int) { ontology(apiName: \\"main\\") { objectTypes(first: $v) { totalCount } } }","variables":' + text + b"}"
    )


METHODS = [
    *[Case(f"{method}-on-graphql", 405, "METHOD_NOT_ALLOWED", ME, MODERN, method) for method in ("PUT", "DELETE", "PATCH", "TRACE")],
    Case("a-method-of-another-protocol", 405, "METHOD_NOT_ALLOWED", None, MODERN, "PROPFIND"),
    Case(
        "get-of-a-mutation",
        405,
        "METHOD_NOT_ALLOWED",
        method="GET",
        headers=MODERN,
        path="/graphql?query=" + quote('mutation { createOntology(input: {apiName: "x", displayName: "X"}) { __typename } }'),
        role="ADMIN",
    ),
    Case(
        "get-of-a-subscription",
        400,
        "BAD_REQUEST",
        method="GET",
        headers=MODERN,
        path="/graphql?query=" + quote("subscription { ontologyChanged { cursor } }"),
    ),
    Case("get-without-preflight", 403, "CSRF_PREFLIGHT_REQUIRED", method="GET", headers=MODERN, path="/graphql?query={me{id}}", role=None),
    Case("get-without-query", 400, "BAD_REQUEST", method="GET", headers=MODERN),
    Case("get-with-the-query-twice", 400, "BAD_REQUEST", method="GET", headers=MODERN, path="/graphql?query={me{id}}&query={me{name}}"),
    Case("get-with-bad-variables", 400, "BAD_REQUEST", method="GET", headers=MODERN, path="/graphql?query={me{id}}&variables={"),
    Case("get-with-variables-as-list", 400, "BAD_REQUEST", method="GET", headers=MODERN, path="/graphql?query={me{id}}&variables=[1]"),
    Case("get-with-bad-percent-encoding", 400, "BAD_REQUEST", method="GET", headers=MODERN, path="/graphql?query=%ff%fe"),
    Case(
        "get-with-many-parameters",
        400,
        "BAD_REQUEST",
        method="GET",
        headers=MODERN,
        path="/graphql?query={me{id}}&" + "&".join(f"a{n}=1" for n in range(50)),
    ),
    Case("an-unknown-path", 404, "NOT_FOUND", method="GET", path="/nothing/here"),
    Case("a-path-that-climbs", 404, "NOT_FOUND", method="GET", path="/static/..%2f..%2fapp%2fmain.py"),
    Case("a-static-file-that-is-not", 404, "NOT_FOUND", method="GET", path="/static/no-such-file.js"),
    Case("health-by-post", 405, "METHOD_NOT_ALLOWED", ME, path="/healthz"),
    Case("docs-by-delete", 405, "METHOD_NOT_ALLOWED", method="DELETE", path="/docs"),
]

MEDIA = [
    *[
        Case(f"content-type-{name}", 415, "UNSUPPORTED_MEDIA_TYPE", ME_TEXT, {**MODERN, "content-type": value})
        for name, value in {
            "form": "application/x-www-form-urlencoded",
            "multipart": "multipart/form-data; boundary=x",
            "plain": "text/plain",
            "graphql": "application/graphql",
            "latin": "application/json; charset=latin-1",
            "utf-16": "application/json; charset=utf-16",
            "empty": "",
            "nonsense": ";;;",
            "near": "application/jsonx",
        }.items()
    ],
    *[
        Case(f"content-encoding-{name}", 415, "UNSUPPORTED_MEDIA_TYPE", gzip.compress(ME_TEXT), {**MODERN, "content-encoding": name})
        for name in ("gzip", "br", "x")
    ],
    *[
        Case(f"accept-{name}", 406, "NOT_ACCEPTABLE", ME, {"accept": value})
        for name, value in {
            "xml": "application/xml",
            "latin": "application/json; charset=latin-1",
            "nothing": "application/json;q=0, */*;q=0",
            "event-stream-but-not-that": "text/event-stream;q=0",
            "bad-quality": "application/json;q=high",
        }.items()
    ],
]

SHAPES = [
    *[
        Case(f"body-{name}", 400, "BAD_REQUEST", text, MODERN)
        for name, text in {
            "empty": b"",
            "blank": b"   ",
            "truncated": ME_TEXT[:-3],
            "no-json": b"query { me }",
            "nan": variables(b'{"v": NaN}'),
            "infinity": variables(b'{"v": -Infinity}'),
            "huge-integer": variables(b'{"v": ' + b"9" * 40 + b"}"),
            "thousands-of-digits": variables(b'{"v": ' + b"9" * 9_000 + b"}"),
            "huge-float": variables(b'{"v": 1e999}'),
            "long-fraction": variables(b'{"v": 0.' + b"1" * 500 + b"}"),
            "same-key-twice": b'{"query":"{ me { id } }","query":"{ me { name } }"}',
            "nested-key-twice": variables(b'{"v": 1, "v": 2}'),
            "33-deep": deep(33),
            "100000-deep": deep(100_000),
            "invalid-utf-8": b'{"query":"\xff\xfe"}',
            "byte-order-mark": b"\xef\xbb\xbf" + ME_TEXT,
            "utf-16": ME_TEXT.decode().encode("utf-16"),
            "half-a-surrogate": variables(b'{"v": "\\ud800"}'),
            "half-a-surrogate-as-key": variables(b'{"\\udc00": 1}'),
            "trailing-text": ME_TEXT + b"x",
            "two-values": ME_TEXT + ME_TEXT,
            "trailing-comma": b'{"query":"{ me { id } }",}',
            "comment": b'{"query":"{ me { id } }" /* hello */}',
            "single-quotes": b"{'query':'{ me { id } }'}",
            "null": b"null",
            "number": b"7",
            "text": b'"{ me { id } }"',
            "without-query": b"{}",
            "query-is-null": b'{"query":null}',
            "query-is-a-number": b'{"query":7}',
            "query-is-a-list": b'{"query":["{ me { id } }"]}',
            "variables-are-a-list": variables(b"[]"),
            "variables-are-a-text": variables(b'"{}"'),
            "operation-name-is-a-number": b'{"query":"{ me { id } }","operationName":1}',
            "extensions-are-a-list": b'{"query":"{ me { id } }","extensions":[]}',
            "leading-plus": variables(b'{"v": +1}'),
            "leading-zero": variables(b'{"v": 01}'),
            "control-character": b'{"query":"\x01"}',
            "persisted-of-another-hash": json.dumps(
                {**ME, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
            ).encode(),
            "persisted-of-version-2": json.dumps({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}}).encode(),
            "persisted-hash-is-no-hash": json.dumps(
                {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "../etc/passwd"}}}
            ).encode(),
            "persisted-is-a-text": json.dumps({"extensions": {"persistedQuery": "x"}}).encode(),
        }.items()
    ],
    Case("batch", 400, "BATCHING_DISABLED", [ME, ME], MODERN),
    Case("empty-batch", 400, "BATCHING_DISABLED", [], MODERN),
    Case(
        "persisted-and-unknown",
        200,
        "PERSISTED_QUERY_NOT_FOUND",
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
        MODERN,
    ),
    Case(
        "persisted-and-unknown-for-old-clients",
        200,
        "PERSISTED_QUERY_NOT_FOUND",
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
        {"accept": "application/json"},
    ),
    Case("old-clients-too-get-400-for-a-wrong-shape", 400, "BAD_REQUEST", [1, 2][0], {"accept": "application/json"}),
]

SIZES = [
    Case("2-mib-of-a-viewer", 413, "PAYLOAD_TOO_LARGE", b" " * 2_097_152, MODERN, role="VIEWER"),
    Case("2-mib-of-a-query", 413, "PAYLOAD_TOO_LARGE", ME_TEXT[:-1] + b" " * 2_097_152 + b"}", MODERN),
    Case("17-mib-of-an-editor", 413, "PAYLOAD_TOO_LARGE", b" " * 17_825_792, MODERN),
    Case("2-mib-on-rest", 413, "PAYLOAD_TOO_LARGE", b" " * 2_097_152, path="/api/object-type"),
    Case("2-mib-of-a-viewer-on-bulk", 413, "PAYLOAD_TOO_LARGE", b" " * 2_097_152, path="/api/bulk", role="VIEWER"),
    Case("17-mib-on-bulk", 413, "PAYLOAD_TOO_LARGE", b" " * 17_825_792, path="/api/bulk"),
    Case("2-mib-on-a-page", 413, "PAYLOAD_TOO_LARGE", b" " * 2_097_152, path="/docs"),
    Case("a-long-address", 414, "URI_TOO_LONG", method="GET", path="/graphql?query=" + "a" * 20_000),
    Case("a-long-header", 431, "HEADERS_TOO_LARGE", ME, {"x-long": "a" * 40_000}),
    Case("many-headers", 431, "HEADERS_TOO_LARGE", ME, {f"x-{n}": "a" for n in range(120)}),
]


@pytest.mark.parametrize("case", [*METHODS, *MEDIA, *SHAPES, *SIZES], ids=lambda case: case.id)
def test_a_bad_request_gets_its_own_answer(service, case):
    answer = service.ask(case.method, case.path, case.body, role=case.role, headers=case.headers)

    assert (answer.status, answer.code) == (case.status, case.code)
    assert answer.headers["x-request-id"]
    if case.status == 405:
        assert answer.headers["allow"]


HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
RAW = {
    "no-http": (b"hello\r\n\r\n", 400),
    "an-invented-method": (b"BREW /graphql HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "nul-in-the-line": (b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a-version-that-is-not": (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
    "two-lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    "a-negative-length": (HEAD + b"Content-Length: -2\r\n\r\n{}", 400),
    "length-and-chunks": (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    "chunks-of-no-size": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
    "a-header-without-a-colon": (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400),
    "tls": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, 400),
}


@pytest.mark.parametrize("name", RAW)
def test_what_is_no_http_is_400(service, name):
    sent, status = RAW[name]

    answer = service.raw(sent)

    assert answer is not None
    assert (answer.status, answer.code) == (status, "BAD_REQUEST")


def test_headers_that_never_end_are_408(service):
    answer = service.raw(b"GET /readyz HTTP/1.1\r\nHost: x\r\n")

    assert (answer.status, answer.code) == (408, "REQUEST_TIMEOUT")


def test_a_body_that_never_ends_is_408(service):
    token = service.tokens["EDITOR"].encode()

    answer = service.raw(HEAD + b"Authorization: Bearer " + token + b"\r\nContent-Length: 100\r\n\r\n{", b'"', b"q", pause=0.2)

    assert (answer.status, answer.code) == (408, "REQUEST_TIMEOUT")


def test_a_body_that_is_cut_off_by_its_client_is_no_fault(service):
    token = service.tokens["EDITOR"].encode()
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(HEAD + b"Authorization: Bearer " + token + b"\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.05)

    assert service.ready()


def forged(service, **claims: Any) -> str:
    """A token that our own key signed, with claims of the forger's."""
    genuine = jwt.decode(service.tokens["EDITOR"], options={"verify_signature": False})
    merged = {key: value for key, value in {**genuine, **claims}.items() if value is not None}
    return jwt.encode(merged, service.issuer._key, algorithm="ES256", headers={"kid": "development"})


TOKENS = {
    "none": lambda service: None,
    "empty": lambda service: "Bearer",
    "another-scheme": lambda service: "Basic dXNlcjpwYXNz",
    "no-jwt": lambda service: "Bearer nonsense",
    "three-dots": lambda service: "Bearer ...",
    "very-long": lambda service: "Bearer " + "a" * 16_000,
    "two-tokens": lambda service: f"Bearer {service.tokens['EDITOR']} {service.tokens['EDITOR']}",
    "two-headers-in-one": lambda service: f"Bearer {service.tokens['EDITOR']}, Bearer {service.tokens['ADMIN']}",
    "another-signature": lambda service: "Bearer " + service.tokens["EDITOR"][:-6] + "AAAAAA",
    "no-algorithm": lambda service: "Bearer " + jwt.encode({"sub": "x"}, None, algorithm="none"),
    "symmetric": lambda service: "Bearer " + jwt.encode({"sub": "x"}, "secret" * 8, algorithm="HS256"),
    "key-in-the-header": lambda service: (
        "Bearer " + jwt.encode({"sub": "x"}, service.issuer._key, algorithm="ES256", headers={"jwk": {"kty": "EC"}})
    ),
    "critical-header": lambda service: (
        "Bearer " + jwt.encode({"sub": "x"}, service.issuer._key, algorithm="ES256", headers={"crit": ["x"], "x": 1})
    ),
    "another-issuer": lambda service: "Bearer " + forged(service, iss="https://evil.example"),
    "another-audience": lambda service: "Bearer " + forged(service, aud="account"),
    "no-subject": lambda service: "Bearer " + forged(service, sub=None),
    "subject-is-a-number": lambda service: "Bearer " + forged(service, sub=7),
    "no-expiry": lambda service: "Bearer " + forged(service, exp=None),
    "expiry-is-a-text": lambda service: "Bearer " + forged(service, exp="tomorrow"),
    "not-before-tomorrow": lambda service: "Bearer " + forged(service, nbf=4_000_000_000),
    "an-id-token": lambda service: "Bearer " + forged(service, typ="ID"),
    "expired": lambda service: "Bearer " + service.issuer.issue(Role.EDITOR, "late", lifetime=-3_600),
}


@pytest.mark.parametrize("path", ["/graphql", "/api/object-type"])
@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_is_not_valid_is_401(service, name, path):
    credentials = TOKENS[name](service)

    answer = service.ask("POST", path, ME, role=None, headers={**({"authorization": credentials} if credentials else {})})

    assert (answer.status, answer.code) == (401, "TOKEN_EXPIRED" if name == "expired" else "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


ROLES = {
    "absent": None, "a-text": {"roles": "EDITOR"}, "a-number": {"roles": 7}, "an-object": {"roles": {"EDITOR": True}}, "lower-case": {"roles": ["editor"]},
    "nested": {"roles": [["EDITOR"]]}, "of-another-claim": {"role": ["EDITOR"]}, "not-an-object": "EDITOR", "empty": {"roles": []},
}  # fmt: skip


@pytest.mark.parametrize("name", ROLES)
def test_roles_of_another_form_allow_nothing(service, name):
    token = forged(service, realm_access=ROLES[name])

    answer = service.ask("POST", "/graphql", {"query": "{ ontology { apiName } }"}, role=None, headers={"authorization": f"Bearer {token}"})

    assert answer.code in {"FORBIDDEN", "UNAUTHENTICATED"}
    assert answer.json.get("data") in (None, {"ontology": None})


@pytest.mark.parametrize("role", ["VIEWER"])
@pytest.mark.parametrize(("method", "path"), [("POST", "/api/object-type"), ("POST", "/api/bulk"), ("POST", "/api/changeset")])
def test_a_viewer_writes_nothing_over_rest(service, method, path, role):
    thing = (
        {"title": "x"}
        if path.endswith("changeset")
        else []
        if path.endswith("bulk")
        else {"apiName": "Thing", "displayName": "Thing", "primaryKey": "id"}
    )

    answer = service.ask(method, path, thing, role=role)

    assert (answer.status, answer.code) == (403, "FORBIDDEN")


def test_a_viewer_writes_nothing_over_graphql(service):
    answer = service.graphql('mutation { openChangeSet(input: {title: "x"}) { __typename } }', role="VIEWER")

    assert (answer.status, answer.code) == (200, "FORBIDDEN")


def test_an_editor_makes_no_ontology(service):
    answer = service.graphql('mutation { createOntology(input: {apiName: "x", displayName: "X"}) { __typename } }')

    assert (answer.status, answer.code) == (200, "FORBIDDEN")


def test_an_origin_that_is_not_allowed_reads_nothing(service):
    answer = service.ask("OPTIONS", "/graphql", headers={"origin": "https://evil.example", "access-control-request-method": "POST"})

    assert "access-control-allow-origin" not in answer.headers
