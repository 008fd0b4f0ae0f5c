"""The /graphql endpoint, to the letter of the GraphQL-over-HTTP draft.

POST takes JSON and nothing else, GET takes queries; both want a bearer token. What a browser could be tricked into
sending without asking first (a form, an image) is refused before anything is read.
"""

from __future__ import annotations

import asyncio
import logging
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from uuid import uuid4

from graphql import GraphQLError, OperationType
from orjson import JSONEncodeError

from app.domain.actor import Role
from app.domain.errors import ErrorCode, OmsError, RequestError, Unauthenticated, Unavailable
from app.observability.tracing import carried
from app.web.authentication import challenge
from app.web.headers import headers_of
from app.web.limits import ClientGone, read_body
from app.web.security_headers import NOT_MODIFIED
from resolvers.transport.answer import BAD_REQUEST, Answer, GraphQLRequest, Refused, RequestFacts
from resolvers.transport.json_input import decoded, graphql_request
from resolvers.transport.masking import MASKED
from resolvers.transport.negotiation import JSON, is_json, negotiated
from resolvers.transport.unchanged import Unchanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.domain.actor import Actor
    from app.limits import Limits
    from app.web.authentication import Authentication
    from resolvers.transport.event_streams import EventStreams
    from resolvers.transport.execution import Execution, Found
    from resolvers.transport.masking import Report
    from resolvers.transport.negotiation import Accepted

FORBIDDEN, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE, INTERNAL = 403, 405, 406, 415, 500
PREFLIGHT_HEADERS = ("x-oms-preflight", "apollo-require-preflight")
PARAMETERS = ("query", "documentId", "operationName", "variables", "extensions")
MOST_PARAMETERS = 20
URLS = BODIES = 256  # that are remembered
LONGEST_BODY = 8 * 1024  # bytes of a body that is remembered
OFF_LOOP = 256 * 1024  # bytes of a body that is decoded in a thread
LONGEST_KEY = 255  # characters of the headers that are passed on
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

log = logging.getLogger(__name__)


class GraphQLEndpoint:
    """An ASGI application for one path; `page` serves the browser that opens it."""

    def __init__(
        self, execution: Execution, authenticate: Authentication, limits: Limits, report: Report, *, page: ASGIApp | None = None,
        streams: EventStreams | None = None,
    ) -> None:  # fmt: skip
        self._execution = execution
        self._authenticate = authenticate
        self._limits = limits
        self._report = report
        self._page = page
        self._streams = streams
        # A client that asks again what it has asks by the same URL; only queries may, and nothing changes their variables.
        self._from_url = lru_cache(URLS)(partial(_from_url, limits=limits))
        self._unchanged = Unchanged(execution.stand)
        self._asked: dict[bytes, GraphQLRequest] = {}  # by body, of what was answered from memory: likewise only queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is raised but what ends the process."""
        headers = headers_of(scope)
        if scope["method"] == "GET" and (told := self._unchanged.found(scope["query_string"], headers)) is not None:
            await _send_not_modified(scope, send, told)
            return
        wanted = negotiated(headers.get("accept"))
        if self._page is not None and wanted.page and scope["method"] in {"GET", "HEAD"}:
            await self._page(scope, receive, send)
            return
        facts = _facts(scope, headers)
        try:
            answer = await self._answer(scope, receive, send, headers, facts, wanted)
            if answer is None:
                return  # it was streamed
            if scope["method"] == "GET" and answer.tag is not None and _has(headers.get("if-none-match"), answer.tag):
                said = _said_of(scope, answer)
                if answer.known_to is not None:
                    self._unchanged.note(scope["query_string"], headers, answer.revisions, said, expires_at=answer.known_to.expires_at)
                await _send_not_modified(scope, send, said)
                return
            body = answer.encoded()
        except ClientGone:
            return
        except (OmsError, Refused) as refused:
            answer = self._refusal(refused, headers, facts)
            body = answer.encoded()
        except Exception as error:  # noqa: BLE001 - the HTTP edge: a fault is told without a trace of it
            answer = self._fault(error, facts)
            body = answer.encoded()
        await _send(scope, send, answer, body, wanted.media_type or JSON)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], facts: RequestFacts, wanted: Accepted
    ) -> Answer | None:
        method, streams = scope["method"], self._streams
        taken, preferred = (wanted.events, wanted.streamed) if streams is not None else (False, False)
        if method not in {"GET", "POST"}:
            raise _refused(ErrorCode.METHOD_NOT_ALLOWED, METHOD_NOT_ALLOWED, "Use POST, or GET for a query.", allow="GET, POST")
        if wanted.media_type is None and not taken:
            text = "Answers are application/graphql-response+json or application/json, in UTF-8, or text/event-stream."
            raise RequestError(ErrorCode.NOT_ACCEPTABLE, NOT_ACCEPTABLE, text)
        _check_forgery(method, headers)
        actor = await self._authenticate(headers.get("authorization"), request_id=facts.request_id, traceparent=facts.traceparent)
        body = b"" if method == "GET" else await self._body(scope, receive, actor)
        request = self._from_url(scope["query_string"]) if method == "GET" else self._asked.get(body) or await self._from_body(body)
        if not preferred and (known := await self._execution.known(actor, request, facts)) is not None:
            self._remember(body, request)
            return known
        try:
            found = self._execution.find(actor, request)
        except Refused as refused:
            if streams is None or not preferred:
                raise
            streams.admit(actor)
            await streams.serve(scope, receive, send, actor, facts, refused)
            return None
        subscribes = found.operation.kind is OperationType.SUBSCRIPTION
        if streams is not None and (preferred or (taken and subscribes)):
            _check_kind(method, found, streamed=True)
            streams.admit(actor)
            await streams.serve(scope, receive, send, actor, facts, found)
            return None
        _check_kind(method, found)
        return await self._execution.answer(found, actor, facts)

    async def _body(self, scope: Scope, receive: Receive, actor: Actor) -> bytes:
        limits = self._limits
        return await read_body(scope, receive, limits.bulk_body_bytes if actor.may(Role.EDITOR) else limits.body_bytes)

    def _remember(self, body: bytes, request: GraphQLRequest) -> None:
        if body and body not in self._asked and len(body) <= LONGEST_BODY:
            if len(self._asked) >= BODIES:
                del self._asked[next(iter(self._asked))]
            self._asked[body] = request

    async def _from_body(self, body: bytes) -> GraphQLRequest:
        limits = self._limits
        value = await asyncio.to_thread(decoded, body, limits) if len(body) > OFF_LOOP else decoded(body, limits)
        return graphql_request(value, len(body))

    def _refusal(self, error: OmsError | Refused, headers: Mapping[str, str], facts: RequestFacts) -> Answer:
        if isinstance(error, OmsError):
            sent = challenge(headers.get("authorization")) if isinstance(error, Unauthenticated) else {}
            located = GraphQLError(error.message, original_error=error)
            answer = self._execution.refusal(Refused(located, status=error.status, well_formed=False, headers=sent), facts.request_id)
            if isinstance(error, Unavailable):
                answer.retry_after = error.retry_after
            return answer
        return self._execution.refusal(error, facts.request_id)

    def _fault(self, error: Exception, facts: RequestFacts) -> Answer:
        log.error("A request failed", exc_info=error, extra={"request_id": facts.request_id})
        self._report(error, {"request_id": facts.request_id, "path": ""})
        code = ErrorCode.INTERNAL_SERVER_ERROR
        errors = [{"message": MASKED, "extensions": {"code": code, "requestId": facts.request_id}}]
        unencodable = isinstance(error, JSONEncodeError)  # the operation was executed, but its answer cannot be said
        status = 200 if unencodable else INTERNAL
        return Answer(facts.request_id, errors, executed=unencodable, status=status, plain_status=status)


def _check_forgery(method: str, headers: Mapping[str, str]) -> None:
    json = is_json(headers.get("content-type"))  # a browser asks before it sends this across origins
    if method == "POST" and not json:
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED_MEDIA_TYPE, "The body must be application/json in UTF-8.")
    if method == "POST" and headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED_MEDIA_TYPE, "Bodies are taken without compression.")
    if method == "GET" and not json and "authorization" not in headers and not any(name in headers for name in PREFLIGHT_HEADERS):
        text = f"A GET needs an Authorization header, or one of {', '.join(PREFLIGHT_HEADERS)}."
        raise RequestError(ErrorCode.CSRF_PREFLIGHT_REQUIRED, FORBIDDEN, text)


def _check_kind(method: str, found: Found, *, streamed: bool = False) -> None:
    kind = found.operation.kind
    if kind is OperationType.SUBSCRIPTION and not streamed:
        text = "Subscriptions are served over WebSocket, by graphql-transport-ws, and to who accepts text/event-stream."
        raise RequestError(ErrorCode.BAD_REQUEST, BAD_REQUEST, text)
    if method == "GET" and kind is OperationType.MUTATION:
        raise _refused(ErrorCode.METHOD_NOT_ALLOWED, METHOD_NOT_ALLOWED, "A mutation must be sent by POST.", allow="POST")


def _from_url(query: bytes, limits: Limits) -> GraphQLRequest:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise RequestError(ErrorCode.BAD_REQUEST, BAD_REQUEST, "The URL is not percent-encoded UTF-8.") from None
    except ValueError:
        raise RequestError(ErrorCode.BAD_REQUEST, BAD_REQUEST, f"The URL has more than {MOST_PARAMETERS} parameters.") from None
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name in PARAMETERS and name in given:
            raise RequestError(ErrorCode.BAD_REQUEST, BAD_REQUEST, f"The URL has the parameter {name} twice.")
        given[name] = value
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = decoded(given[name].encode(), limits)
        else:
            given.pop(name, None)
    return graphql_request(given, len(query))


def _facts(scope: Scope, headers: Mapping[str, str]) -> RequestFacts:
    known = scope.get("state", {}).get("request_id")
    sent = headers.get("x-request-id", "")
    return RequestFacts(
        request_id=known or (sent if REQUEST_ID.fullmatch(sent) else uuid4().hex),
        traceparent=carried(headers.get("traceparent")),
        min_revision=headers.get("oms-min-revision", "")[:LONGEST_KEY] or None,
        idempotency_key=headers.get("idempotency-key"),
        last_event_id=headers.get("last-event-id") or None,
    )


async def _send(scope: Scope, send: Send, answer: Answer, body: bytes, media_type: str) -> None:
    headers = [
        (b"content-type", f"{media_type}; charset=utf-8".encode()),
        (b"content-length", b"%d" % len(body)),
        *_said_of(scope, answer),
        *_id_of(scope, answer.request_id),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()),
    ]
    if answer.retry_after is not None:
        headers.append((b"retry-after", b"%d" % answer.retry_after))
    status = answer.plain_status if media_type == JSON else answer.status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _send_not_modified(scope: Scope, send: Send, said: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": [*said, *_id_of(scope)]})
    await send({"type": "http.response.body", "body": b""})


def _said_of(scope: Scope, answer: Answer) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, sent or not modified: for how long it lasts, on what it depends, what it was read from."""
    headers = [(b"vary", b"Accept, Authorization")]
    if answer.tag is not None and scope["method"] == "GET":  # a client may keep it, and asks each time whether it is still the newest
        headers += ((b"cache-control", b"private, no-cache"), (b"etag", answer.tag.encode("latin-1")))
    else:
        headers.append((b"cache-control", b"no-store"))
    if answer.revisions:
        read_from = ", ".join(f"{ontology}={revision}" for ontology, revision in sorted(answer.revisions.items()))
        headers.append((b"oms-revision", read_from.encode("latin-1")))
    return headers


def _id_of(scope: Scope, request_id: str | None = None) -> list[tuple[bytes, bytes]]:
    """The request's id, where no middleware has made it and sends it."""
    return [] if "request_id" in scope.get("state", {}) else [(b"x-request-id", (request_id or uuid4().hex).encode("latin-1"))]


def _has(sent: str | None, tag: str) -> bool:
    """Whether `If-None-Match` names the tag; the comparison is the weak one."""
    if sent is None:
        return False
    return sent.strip() == "*" or any(each.strip().removeprefix("W/") == tag.removeprefix("W/") for each in sent.split(","))


def _refused(code: ErrorCode, status: int, message: str, *, allow: str) -> Refused:
    return Refused(GraphQLError(message, extensions={"code": code}), status=status, well_formed=False, headers={"allow": allow})
