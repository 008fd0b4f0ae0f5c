"""Which media types a request brings and wants, as RFC 9110 and the GraphQL-over-HTTP draft have it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
EVENTS = "text/event-stream"
UTF_8 = {"utf-8", "utf8"}
REMEMBERED = 128  # headers: clients hardly differ in what they send


class Accepted(NamedTuple):
    """What an Accept header comes to."""

    media_type: str | None  # to answer in; None where the client takes none of ours
    page: bool  # whether this is a browser that would rather see a page
    events: bool  # whether the client takes Server-Sent Events
    streamed: bool  # and would rather have them than one answer in JSON


@lru_cache(REMEMBERED)
def negotiated(header: str | None) -> Accepted:
    """All that is asked of an Accept header."""
    return Accepted(accepted(header), prefers_page(header), *wants_events(header))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One media range of an Accept header."""

    range: str
    quality: float
    charset: str | None = None

    def matches(self, media_type: str) -> int:
        """How exactly the range names the type: 0 not at all, 3 by name."""
        if self.charset is not None and self.charset not in UTF_8:
            return 0
        if self.range == media_type:
            return 3
        if self.range == media_type.partition("/")[0] + "/*":
            return 2
        return int(self.range == "*/*")


def accepted(header: str | None) -> str | None:
    """The media type to answer in; None where the client takes none of ours. Ours is the newer one where it does not care."""
    if header is None or not header.strip():
        return GRAPHQL
    wanted = _ranges(header)
    best = max((GRAPHQL, JSON), key=lambda media_type: _quality(wanted, media_type))
    return best if _quality(wanted, best) > 0 else None


def wants_events(header: str | None) -> tuple[bool, bool]:
    """Whether the client takes Server-Sent Events, and whether it would rather have them than one answer in JSON."""
    wanted = _ranges(header or "")
    quality = _named_quality(wanted, EVENTS)
    return quality > 0, quality > max(_named_quality(wanted, GRAPHQL), _named_quality(wanted, JSON))


def prefers_page(header: str | None) -> bool:
    """Whether this is a browser that would rather see a page."""
    wanted = _ranges(header or "")
    named = any(each.range == HTML for each in wanted)
    return named and _quality(wanted, HTML) > max(_named_quality(wanted, GRAPHQL), _named_quality(wanted, JSON))


@lru_cache(REMEMBERED)
def is_json(content_type: str | None) -> bool:
    """Whether a body says that it is JSON in UTF-8."""
    media_type, parameters = _media_type(content_type or "")
    return media_type == JSON and parameters.get("charset", "utf-8") in UTF_8


def _ranges(header: str) -> list[Wanted]:
    ranges = []
    for part in header.split(","):
        media_type, parameters = _media_type(part)
        if media_type:
            ranges.append(Wanted(media_type, _weight(parameters.get("q", "1")), parameters.get("charset")))
    return ranges


def _quality(wanted: list[Wanted], media_type: str) -> float:
    """The quality of the range that names the type most exactly."""
    return max(((each.matches(media_type), each.quality) for each in wanted if each.matches(media_type)), default=(0, 0.0))[1]


def _named_quality(wanted: list[Wanted], media_type: str) -> float:
    return max((each.quality for each in wanted if each.range == media_type), default=0.0)


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    media_type, *rest = text.lower().split(";")
    pairs = (parameter.partition("=") for parameter in rest)
    return media_type.strip(), {name.strip(): value.strip().strip('"') for name, _, value in pairs}
