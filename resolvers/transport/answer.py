"""What one operation is answered with, and what it is asked with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLError

    from app.domain.actor import Actor, Role

OK = 200
BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The well-formed parameters of one operation."""

    query: str | None
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0  # bytes that it arrived in
    keys: dict[frozenset[Role], tuple[str, bytes]] = field(default_factory=dict, compare=False, repr=False)  # of its answers, by who asks


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a request says beside its operation."""

    request_id: str
    traceparent: str | None = None
    min_revision: str | None = None  # `main=1.42, sample=1.3`, as the header says it
    idempotency_key: str | None = None
    last_event_id: str | None = None  # the cursor of the last event that an event stream brought


class Refused(Exception):
    """The operation is not executed.

    `well_formed` says that the request itself was right and only its document or variables are not: such an answer is
    200 where the client wants `application/json`.
    """

    def __init__(
        self, *errors: GraphQLError, status: int = BAD_REQUEST, well_formed: bool = True, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(*(error.message for error in errors))
        self.errors = errors
        self.status = status
        self.well_formed = well_formed
        self.headers = dict(headers or {})


@dataclass(slots=True)
class Answer:
    """One answer, with what its transport says beside it."""

    request_id: str
    errors: Sequence[Mapping[str, Any]] = ()
    executed: bool = False  # only then has the answer a `data` key
    data: Mapping[str, Any] | None = None
    cost: int | None = None
    status: int = OK
    plain_status: int = OK  # as `application/json`
    http_status: int | None = None  # what a REST face would answer, shown in `extensions`
    revisions: Mapping[str, str] = field(default_factory=dict)
    retry_after: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | memoryview | None = None  # the data as JSON, where it was encoded already
    tag: str | None = None  # what a client may ask again with, of an answer that stays the same at its revisions
    known_to: Actor | None = None  # of one from memory: who asked

    def body(self) -> dict[str, Any]:
        """The answer's shape, as the GraphQL specification has it."""
        body: dict[str, Any] = {"errors": self.errors} if self.errors else {}
        if self.executed:
            body["data"] = self.data
        body["extensions"] = self._extensions()
        return body

    def _extensions(self) -> dict[str, Any]:
        extensions: dict[str, Any] = {"requestId": self.request_id}
        if self.cost is not None:
            extensions["cost"] = self.cost
        if self.http_status is not None:
            extensions["http"] = {"status": self.http_status}
        return extensions

    def encoded(self) -> bytes:
        """The body as JSON; orjson.JSONEncodeError where a resolver returned what JSON cannot hold."""
        if self.raw is not None and not self.errors:
            return b"".join((b'{"data":', self.raw, b',"extensions":', orjson.dumps(self._extensions()), b"}"))
        return orjson.dumps(self.body())
