"""Executes operations, the same way for every transport: find, check, coerce, execute, mask.

Each operation, and each event of a subscription, gets a context of its own and with it loaders of its own. Extensions
of a Strawberry schema are not run: what they would do is done here, once an operation and not once a field.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, cast

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution import create_source_event_stream
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from app.domain.errors import ErrorCode, IdempotencyInProgress, IdempotencyKeyReused, OmsError, QueryTimeout, Unavailable
from resolvers.context import seen_revisions
from resolvers.leftovers import finish
from resolvers.levels.executor import LevelExecutor
from resolvers.transport.answer import BAD_REQUEST, OK, Answer, Refused, RequestFacts
from resolvers.transport.cost import INTROSPECTION_NESTING, nested_lists
from resolvers.transport.documents import Documents, Operation, PersistedQueries, TrustedDocuments, refusals
from resolvers.transport.json_input import holds_nul
from resolvers.transport.masking import Masking, expected_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    import strawberry
    from graphql.execution import Executor

    from app.domain.actor import Actor, Role
    from app.limits import Limits
    from resolvers.transport.answer import GraphQLRequest
    from resolvers.transport.masking import Report
    from resolvers.transport.responses import Responses

LONG_FIELDS = frozenset({"mergeChangeSet", "applyChanges", "importOntology"})
BULK_FIELDS = frozenset({"applyChanges", "stageOperations", "importOntology"})
PAYLOAD_TOO_LARGE, INTERNAL = 413, 500
OFF_LOOP = 256 * 1024  # bytes of a request whose variables are coerced in a thread, so that the loop is not held up
NUL = re.compile(r"\\u(0000|\{0+\})|\0")
RAISES_STATUS = (Unavailable, IdempotencyInProgress, IdempotencyKeyReused)


class Context(Protocol):
    """What the execution reads of the context that resolvers share."""

    revisions: dict[str, str]
    http_status: int | None
    retry_after: int | None


OpenContext = Callable[["Actor", RequestFacts], AbstractAsyncContextManager[Context]]


@dataclass(frozen=True, slots=True)
class Found:
    """An operation that may be executed, with what it was asked with."""

    operation: Operation
    request: GraphQLRequest
    cost: int
    seconds: float


class Execution:
    """Executes the operations of one schema within the limits."""

    def __init__(
        self, schema: strawberry.Schema, limits: Limits, open_context: OpenContext, report: Report, *,
        introspection: Role | None = None, by_levels: bool = True, responses: Responses | None = None, trusted: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`introspection` is the role that may read the schema; without it everybody who is signed in may.

        Without `by_levels` graphql-core's own executor answers, which is what ours is measured and tested against; without
        `responses` every answer is made anew. `trusted` are the only documents that run, by their SHA-256.
        """
        if schema.extensions:
            message = "the extensions of a schema are not run"
            raise ValueError(message)
        self._schema = schema._schema  # noqa: SLF001 - Strawberry has no public way to its graphql-core schema
        self._executor: type[Executor[Any]] = LevelExecutor if by_levels else StrawberryGraphQLCoreExecutionContext
        self._limits = limits
        self._open_context = open_context
        self._introspection = introspection
        self._documents = Documents(self._schema, limits, suggest=introspection is None)
        self._persisted = PersistedQueries(limits.persisted_queries) if trusted is None else TrustedDocuments(trusted)
        self._masking = Masking(report, limits.errors_returned)
        self._responses = responses

    async def known(self, actor: Actor, request: GraphQLRequest, facts: RequestFacts) -> Answer | None:
        """The answer that was given to the same question, where it is still the newest."""
        if self._responses is None:
            return None
        text = self._persisted.text(request, actor)
        key = self._responses.key(actor, text, request)
        try:
            seen = seen_revisions(facts.min_revision)
        except OmsError:
            return None  # the context says what is wrong with it
        kept = None if key is None else await self._responses.find(key, seen)
        if kept is None:
            return None
        return Answer(
            facts.request_id, executed=True, cost=kept.cost, revisions=kept.revisions, raw=kept.data, tag=kept.tag, known_to=actor
        )

    def stand(self, revisions: Mapping[str, str]) -> bool:
        """Whether these are the newest revisions, and this process knows it."""
        return self._responses is not None and self._responses.stand(revisions)

    def find(self, actor: Actor, request: GraphQLRequest) -> Found:
        """The operation that the request asks for; Refused where it may not be executed."""
        document = self._documents.read(self._persisted.text(request, actor))
        self._persisted.remember(request)
        operation = document.operation(request.operation_name)
        self._check_introspection(actor, operation, request)
        self._check_size(operation, request)
        _check_texts(operation, request)
        limits = self._limits
        seconds = limits.long_execution_seconds if operation.root_fields & LONG_FIELDS else limits.execution_seconds
        return Found(operation, request, self._cost(operation, request), seconds)

    async def answer(self, found: Found, actor: Actor, facts: RequestFacts) -> Answer:
        """Execute a query or mutation; whatever happens is told in the answer."""
        try:
            executor = await self.executor(found)
        except Refused as refused:
            return self.refusal(refused, facts.request_id)
        answer = await self._executed(executor, found, actor, facts)
        if self._responses is not None and found.operation.revision_pure and not answer.errors:
            answer.raw = orjson.dumps(answer.data)
            key = self._responses.key(actor, found.operation.text, found.request)
            if key is not None:
                await self._responses.keep(key, answer)
        return answer

    async def stream(self, found: Found, actor: Actor, facts: RequestFacts) -> AsyncGenerator[Answer, None]:
        """Execute a subscription: an answer an event; Refused where it does not start or breaks off."""
        executor = await self.executor(found)
        try:
            async with self._open_context(actor, facts) as context, aclosing(await self.source(executor, context)) as events:
                async for payload in events:
                    yield await self.event(executor, payload, found, actor, facts)
        except Refused:
            raise
        except Exception as error:
            raise Refused(GraphQLError("", original_error=error), status=INTERNAL) from error

    async def executor(self, found: Found) -> Executor[Any]:
        """The operation with its variables coerced, without a context yet; Refused where they are not of their types."""
        large = found.request.size > OFF_LOOP
        built = await asyncio.to_thread(self._build, found) if large else self._build(found)
        if isinstance(built, list):
            raise refusals(built, ErrorCode.BAD_USER_INPUT)
        return built

    async def source(self, executor: Executor[Any], context: Context) -> AsyncGenerator[Any, None]:
        """The events that a subscription's resolver yields; Refused where the resolver raises before the first."""
        executor.context_value = context
        made = create_source_event_stream(executor)
        stream = await cast("Awaitable[Any]", made) if optimized_is_awaitable(made) else made
        if isinstance(stream, ExecutionResult):
            raise Refused(*stream.errors or ())
        return cast("AsyncGenerator[Any, None]", stream)

    async def event(self, executor: Executor[Any], payload: object, found: Found, actor: Actor, facts: RequestFacts) -> Answer:
        """Execute one event of a subscription, in a context of its own."""
        return await self._executed(executor.build_per_event_executor(payload), found, actor, facts)

    def refusal(self, refused: Refused, request_id: str) -> Answer:
        """The answer that says why an operation was not executed."""
        errors = self._masking.formatted(refused.errors, request_id)
        known = [expected.status for error in refused.errors if (expected := expected_error(error))]
        status = known[0] if known else refused.status
        plain = OK if refused.well_formed else status
        return Answer(request_id, errors, status=status, plain_status=plain, headers=refused.headers)

    def _build(self, found: Found) -> Executor[Any] | list[GraphQLError]:
        operation = found.operation
        own: dict[str, Any] = {"plans": operation.plans} if self._executor is LevelExecutor else {}
        return self._executor.build(
            self._schema,
            operation.document,
            raw_variable_values=dict(found.request.variables),
            operation_name=operation.name,
            max_coercion_errors=self._limits.errors_returned,
            is_awaitable=cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable),
            hide_suggestions=self._introspection is not None,
            operation_extensions=dict(found.request.extensions),
            **own,
        )

    async def _executed(self, executor: Executor[Any], found: Found, actor: Actor, facts: RequestFacts) -> Answer:
        answer = Answer(facts.request_id, executed=True, cost=found.cost)
        try:
            async with asyncio.timeout(found.seconds) as limit, self._open_context(actor, facts) as context:
                executor.context_value = context
                result = executor.execute_operation()
                if optimized_is_awaitable(result):
                    result = await cast("Awaitable[Any]", result)
                self._take(answer, cast("ExecutionResult", result), context)
            finish(executor)
        except TimeoutError as error:
            late = QueryTimeout(found.seconds) if limit.expired() else error
            self._fail(answer, late)
        except Exception as error:  # noqa: BLE001 - the edge: what is raised outside of a field ends here
            self._fail(answer, error)
        return answer

    def _take(self, answer: Answer, result: ExecutionResult, context: Context) -> None:
        answer.data = result.data
        answer.revisions = context.revisions
        answer.http_status = context.http_status
        answer.retry_after = context.retry_after
        if result.errors:
            answer.errors = self._masking.formatted(result.errors, answer.request_id)
            self._take_status(answer, [expected_error(error) for error in result.errors])

    def _fail(self, answer: Answer, error: Exception) -> None:
        answer.data = None
        answer.errors = self._masking.raised(error, answer.request_id)
        self._take_status(answer, [error if isinstance(error, OmsError) else None])

    @staticmethod
    def _take_status(answer: Answer, errors: Sequence[OmsError | None]) -> None:
        """Where an operation could not even begin, its HTTP status says so, and proxies and clients try again."""
        for error in errors:
            if isinstance(error, Unavailable):
                answer.retry_after = max(answer.retry_after or 0, error.retry_after)
        first, *others = errors
        if not isinstance(first, RAISES_STATUS) or any(type(other) is not type(first) for other in others):
            return
        if answer.data is None or all(value is None for value in answer.data.values()):
            answer.status = answer.plain_status = first.status

    def _cost(self, operation: Operation, request: GraphQLRequest) -> int:
        variables: Mapping[str, Any] = {**operation.planned.defaults, **request.variables}
        limits = self._limits
        cost = self._documents.pricing.price(operation.planned.objects, variables)
        if cost > limits.cost:
            message = f"The answer may hold {cost:,} objects; {limits.cost:,} are allowed. Ask for smaller pages or fewer levels."
            raise _refused(ErrorCode.QUERY_TOO_COMPLEX, message, limit=limits.cost, given=cost)
        return cost

    def _check_introspection(self, actor: Actor, operation: Operation, request: GraphQLRequest) -> None:
        if not operation.planned.introspection.always:
            return
        if self._introspection is not None and not actor.may(self._introspection):
            message = f"Reading the schema needs the role {self._introspection.value}."
            raise _refused(ErrorCode.INTROSPECTION_DISABLED, message)
        if (nested := nested_lists(operation.planned.introspection)) > INTROSPECTION_NESTING:
            message = f"An introspection nests at most {INTROSPECTION_NESTING} lists within one another, not {nested}."
            raise _refused(ErrorCode.QUERY_TOO_DEEP, message, limit=INTROSPECTION_NESTING, given=nested)
        allowed = self._documents.pricing.introspection_limit
        cost = self._documents.pricing.price(operation.planned.introspection, request.variables)
        if cost > allowed:
            message = f"The introspection may hold {cost:,} objects; {allowed:,} are allowed."
            raise _refused(ErrorCode.QUERY_TOO_COMPLEX, message, limit=allowed, given=cost)

    def _check_size(self, operation: Operation, request: GraphQLRequest) -> None:
        allowed = self._limits.body_bytes
        if request.size > allowed and not operation.root_fields <= BULK_FIELDS:
            message = f"A request has at most {allowed:,} bytes, not {request.size:,}; only {', '.join(sorted(BULK_FIELDS))} may be larger."
            raise _refused(ErrorCode.PAYLOAD_TOO_LARGE, message, status=PAYLOAD_TOO_LARGE, limit=allowed, given=request.size)


def _check_texts(operation: Operation, request: GraphQLRequest) -> None:
    """Mutations answer for their texts rule by rule; what is read by a text with U+0000 in it cannot exist."""
    if operation.kind is not OperationType.MUTATION and (holds_nul(request.variables) or NUL.search(operation.text)):
        raise _refused(ErrorCode.BAD_USER_INPUT, "No text may hold U+0000.")


def _refused(code: ErrorCode, message: str, *, status: int = BAD_REQUEST, **data: int) -> Refused:
    error = GraphQLError(message, extensions={"code": code, **data})
    return Refused(error, status=status, well_formed=status == BAD_REQUEST)
