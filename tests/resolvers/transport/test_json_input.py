"""JSON at the door."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ErrorCode, RequestError
from app.limits import Limits
from resolvers.transport.json_input import decoded, graphql_request, holds_nul

LIMITS = Limits()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_what_is_json_is_read_as_it_was_written(value: object) -> None:
    assert decoded(orjson.dumps(value), LIMITS) == value
    assert decoded(json.dumps(value).encode(), LIMITS) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        value = decoded(body, LIMITS)
    except RequestError as refused:
        assert (refused.code, refused.status) == (ErrorCode.BAD_REQUEST, 400)  # noqa: PT017 - either outcome is right
    else:
        assert value == orjson.loads(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not valid"),
        (b"{", "not valid"),
        (b'{"a": 1,}', "not valid"),
        (b"{'a': 1}", "not valid"),
        (b'{"a": 1} x', "not valid"),
        (b'\xef\xbb\xbf{"a": 1}', "not valid"),
        (b'{"a": "\xff"}', "UTF-8"),
        ('{"a": "é"}'.encode("latin-1"), "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b'{"a": "\n"}', "not valid"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "64 bits"),
        (b'{"a": 18446744073709551616}', "64 bits"),
        (b'{"a": 0.' + b"1" * 200 + b"}", "digits"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": {"b": 1, "b": 1}}', "twice"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\uDC00": 1}', "surrogate"),
        (b'[{"a": ["\\udfff"]}]', "surrogate"),
        (b"[" * 33 + b"]" * 33, "nested"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "nested"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
    ],
)
def test_what_is_no_json_of_ours_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(RequestError, match=reason) as refused:
        decoded(body, LIMITS)

    assert (refused.value.code, refused.value.status) == (ErrorCode.BAD_REQUEST, 400)


def test_as_deep_as_it_may_be_is_read() -> None:
    assert decoded(b"[" * 32 + b"]" * 32, LIMITS) is not None
    assert decoded(b'{"a":' * 32 + b"1" + b"}" * 32, LIMITS) is not None
    assert decoded(b'"\\ud83d\\ude00"', LIMITS) == "😀"


def test_a_request_has_its_parameters() -> None:
    request = graphql_request({"query": "{me}", "operationName": "", "variables": None, "extensions": {"x": 1}, "unknown": 1}, 9)

    assert (request.query, request.operation_name, request.variables, request.extensions, request.size) == ("{me}", None, {}, {"x": 1}, 9)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"query": 1}, "query must be a string, not a number."),
        ({"query": {}}, "query must be a string, not an object."),
        ({"query": ["{me}"]}, "query must be a string, not a list."),
        ({"query": True}, "query must be a string, not true or false."),
        ({"query": "{me}", "operationName": 1}, "operationName must be a string, not a number."),
        ({"query": "{me}", "variables": [7]}, "variables must be an object, not a list."),
        ({"query": "{me}", "variables": "{}"}, "variables must be an object, not a string."),
        ({"query": "{me}", "extensions": 1.5}, "extensions must be an object, not a number."),
        ("{me}", "A request must be an object, not a string."),
        (None, "A request must be an object, not null."),
        (7, "A request must be an object, not a number."),
    ],
)
def test_a_parameter_of_the_wrong_shape_is_named(value: object, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        graphql_request(value, 0)

    assert (refused.value.message, refused.value.code) == (message, ErrorCode.BAD_REQUEST)


def test_a_batch_is_refused_as_such() -> None:
    with pytest.raises(RequestError) as refused:
        graphql_request([{"query": "{me}"}], 0)

    assert refused.value.code is ErrorCode.BATCHING_DISABLED


def test_nul_is_found_wherever_it_is() -> None:
    assert holds_nul({"a": [{"b": "x\0"}]})
    assert not holds_nul({"a": [{"b": "x"}, 1, None]})
