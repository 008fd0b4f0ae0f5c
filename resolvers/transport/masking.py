"""Errors as the caller may see them: expected ones whole, the others without a trace of what happened."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLError

from app.domain.errors import ErrorCode, OmsError
from resolvers.leftovers import forget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Report = Callable[[BaseException, Mapping[str, str]], None]

MASKED = "Something went wrong on our side."

log = logging.getLogger(__name__)


class Masking:
    """Formats errors; `report` is handed every one that is a fault of ours."""

    def __init__(self, report: Report, limit: int) -> None:
        self._report = report
        self._limit = limit

    def formatted(self, errors: Iterable[GraphQLError], request_id: str) -> list[dict[str, Any]]:
        """At most `limit` errors, each with its code and the request's id; faults beyond the limit are reported too."""
        return [self._formatted(error, request_id) for error in errors][: self._limit]

    def raised(self, error: Exception, request_id: str) -> list[dict[str, Any]]:
        """What was raised outside of any field."""
        return self.formatted([GraphQLError("", original_error=error)], request_id)

    def _formatted(self, error: GraphQLError, request_id: str) -> dict[str, Any]:
        located = error.formatted
        expected = expected_error(error)
        shown: dict[str, Any] = {"message": expected.message if expected else error.message}
        shown |= {key: located[key] for key in ("locations", "path") if key in located}
        if expected is not None:
            shown["extensions"] = {**_plain(expected.data), "code": expected.code, "requestId": request_id}
        elif (code := request_code(error)) is not None:
            shown["extensions"] = {**(error.extensions or {}), "code": code, "requestId": request_id}
        else:
            shown["message"] = MASKED
            shown["extensions"] = {"code": ErrorCode.INTERNAL_SERVER_ERROR, "requestId": request_id}
            self._fault(error, request_id)
        forget(error)
        return shown

    def _fault(self, error: GraphQLError, request_id: str) -> None:
        cause = _innermost(error)
        path = ".".join(str(part) for part in error.path or ())
        log.error("An operation failed at %s", path or "its root", exc_info=cause, extra={"request_id": request_id})
        self._report(cause, {"request_id": request_id, "path": path})


def expected_error(error: GraphQLError) -> OmsError | None:
    """The error of ours that a resolver raised."""
    cause = _innermost(error)
    return cause if isinstance(cause, OmsError) else None


def request_code(error: GraphQLError) -> ErrorCode | None:
    """The code of an error that the request caused; None for a fault.

    Beside what carries a code, this is an argument that a variable left out: the executor finds that only while it
    executes, and points at the argument. What it says of a field, such as null in a place that may not be null, is ours.
    """
    code = (error.extensions or {}).get("code")
    if isinstance(code, ErrorCode):
        return code
    cause = _innermost(error)
    if isinstance(cause, GraphQLError) and cause.nodes and not any(isinstance(node, FieldNode) for node in cause.nodes):
        return ErrorCode.BAD_USER_INPUT
    return None


def _innermost(error: GraphQLError) -> BaseException:
    cause: BaseException = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if isinstance(value, str | int | float | bool | list | dict | None) else str(value) for key, value in data.items()}
