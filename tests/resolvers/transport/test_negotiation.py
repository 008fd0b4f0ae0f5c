"""Which media type an answer has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.transport.negotiation import GRAPHQL, JSON, accepted, is_json, prefers_page

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("header", "media_type"),
    [
        (None, GRAPHQL),
        ("", GRAPHQL),
        ("*/*", GRAPHQL),
        ("application/*", GRAPHQL),
        (GRAPHQL, GRAPHQL),
        (JSON, JSON),
        ("application/json; charset=utf-8", JSON),
        ("APPLICATION/JSON", JSON),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{GRAPHQL};q=0.5, {JSON}", JSON),
        (f"{JSON};q=0.9, */*;q=0.1", JSON),
        (f"{GRAPHQL};q=0, */*", JSON),
        (f"text/html, {JSON}", JSON),
        ("text/html", None),
        ("text/event-stream", None),
        (f"{JSON};q=0", None),
        (f"{JSON}; charset=utf-16", None),
        ("*/*;q=0", None),
        ("nonsense", None),
        (f"{JSON};q=high", None),
        (f"{JSON};q=2", None),
    ],
)
def test_the_type_that_the_client_prefers_is_answered(header: str | None, media_type: str | None) -> None:
    assert accepted(header) == media_type


@pytest.mark.parametrize(
    ("header", "page"),
    [
        (BROWSER, True),
        ("text/html", True),
        (f"text/html, {JSON}", False),
        (f"text/html;q=0.5, {JSON}", False),
        ("*/*", False),
        (None, False),
    ],
)
def test_a_browser_is_known_by_what_it_prefers(header: str | None, page: bool) -> None:
    assert prefers_page(header) is page


@pytest.mark.parametrize(
    ("header", "json"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ('Application/JSON;charset="UTF-8"', True),
        ("application/json; charset=utf-16", False),
        ("application/json; charset=iso-8859-1", False),
        ("application/graphql", False),
        ("text/plain", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
        ("application/jsonp", False),
        ("text/plain; application/json", False),
        ("", False),
        (None, False),
    ],
)
def test_only_json_in_utf_8_is_a_body(header: str | None, json: bool) -> None:
    assert is_json(header) is json


@given(st.text(alphabet=st.characters(max_codepoint=255)))
def test_any_header_is_understood_or_refused(header: str) -> None:
    assert accepted(header) in {GRAPHQL, JSON, None}
    assert prefers_page(header) in {True, False}
    assert is_json(header) in {True, False}
