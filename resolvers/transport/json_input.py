"""JSON at the door: strict where the standard is vague, so that what is accepted means one thing.

UTF-8 without byte order mark, no NaN or infinity, no key twice, no half surrogate, bounded nesting, digits and range.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from app.domain.errors import ErrorCode, RequestError
from resolvers.transport.answer import BAD_REQUEST, GraphQLRequest

if TYPE_CHECKING:
    from app.limits import Limits

_T = TypeVar("_T")
DOCUMENT_ID = re.compile("(?:sha256:)?([0-9a-f]{64})")
SMALLEST, LARGEST = -(2**63), 2**64 - 1  # what our own answers can hold


def decoded(body: bytes, limits: Limits) -> Any:
    """The value of a JSON text; BAD_REQUEST with the reason where it is not one of ours."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        _refuse("The JSON is not valid UTF-8.")
    strict = json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=lambda digits: _integer(digits, limits.json_digits),
        parse_float=lambda digits: _float(digits, limits.json_digits),
        parse_constant=lambda name: _refuse(f"{name} is not JSON."),
    )
    try:
        value = strict.decode(text)
    except json.JSONDecodeError as error:
        _refuse(f"The JSON is not valid: {error.msg} at line {error.lineno}, column {error.colno}.")
    except RecursionError:
        _refuse(f"The JSON is nested more than {limits.json_depth} deep.")
    _check_depth(value, limits.json_depth)
    if "\\ud" in text or "\\uD" in text:
        _check_surrogates(value)
    return value


def graphql_request(value: Any, size: int) -> GraphQLRequest:
    """The parameters of a request; BAD_REQUEST names the one of the wrong shape."""
    if isinstance(value, list):
        raise RequestError(ErrorCode.BATCHING_DISABLED, BAD_REQUEST, "A request holds one operation; batches are not accepted.")
    if not isinstance(value, Mapping):
        _refuse(f"A request must be an object, not {_named(value)}.")
    return GraphQLRequest(
        query=_optional(value, "query", str),
        operation_name=_optional(value, "operationName", str) or None,
        variables=_optional(value, "variables", dict) or {},
        extensions=_extensions(value),
        size=size,
    )


def _extensions(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a request says beside its operation; `documentId` names the document as `persistedQuery` does."""
    given, named = _optional(value, "extensions", dict) or {}, _optional(value, "documentId", str)
    if named is None:
        return given
    if not (found := DOCUMENT_ID.fullmatch(named)):
        _refuse(
            'documentId must be the SHA-256 of the document: 64 hexadecimal digits in lower case, with or without "sha256:" before them.'
        )
    if "persistedQuery" in given:
        _refuse("A document is named by documentId or by extensions.persistedQuery, not by both.")
    return {**given, "persistedQuery": {"version": 1, "sha256Hash": found[1]}}


def holds_nul(value: Any) -> bool:
    """Whether a text anywhere in the value holds U+0000, which PostgreSQL cannot compare with."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str) and "\0" in each:
            return True
        pending.extend(_within(each))
    return False


def _optional(value: Mapping[str, Any], name: str, kind: type[_T]) -> _T | None:
    given = value.get(name)
    if given is not None and not isinstance(given, kind):
        _refuse(f"{name} must be {_NAMES[kind]}, not {_named(given)}.")
    return given


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        again = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add returns None
        _refuse(f"The JSON has the key {again[:100]!r} twice in one object.")
    return value


def _integer(digits: str, most: int) -> int:
    if len(digits) > most or not SMALLEST <= (number := int(digits)) <= LARGEST:
        _refuse("The JSON holds a whole number of more than 64 bits.")
    return number


def _float(digits: str, most: int) -> float:
    if len(digits) > most or not isfinite(number := float(digits)):
        _refuse(f"The JSON holds a number that is too large or has more than {most} digits.")
    return number


def _check_depth(value: Any, most: int) -> None:
    level = [value]
    for _ in range(most):
        level = [each for outer in level for each in _within(outer) if isinstance(each, dict | list)]
        if not level:
            return
    _refuse(f"The JSON is nested more than {most} deep.")


def _check_surrogates(value: Any) -> None:
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            try:
                each.encode()
            except UnicodeEncodeError:
                _refuse("The JSON holds half of a surrogate pair.")
        elif isinstance(each, dict):
            pending.extend(each)
        pending.extend(_within(each))


def _within(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


_NAMES = {str: "a string", dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}


def _named(value: object) -> str:
    return "null" if value is None else _NAMES.get(type(value), "something else")


def _refuse(message: str) -> NoReturn:
    raise RequestError(ErrorCode.BAD_REQUEST, BAD_REQUEST, message)
