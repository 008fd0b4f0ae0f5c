"""One REST request as its handler sees it, and what it answers."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from app.domain.errors import BadInput, ErrorCode, ListTooLong, RequestError
from app.domain.moment import moment
from app.domain.rid import well_formed
from app.persistence.idempotency import Idempotency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from app.domain.actor import Actor

MOST_PARAMETERS = 50
LONGEST_KEY = 255  # characters of an idempotency key
LARGEST_VERSION = 2**31 - 1
_ENTITY_TAG = re.compile(r'"?([0-9]{1,10})"?', re.ASCII)
_WORDS = {"true": True, "1": True, "": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request is answered with; `body` None is an answer without one, `pieces` are a text that is streamed as `media`."""

    body: Any = None
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Iterable[str] | None = None
    media: str = "application/json"
    over: Callable[[], None] | None = None  # called when the answer was sent, or could not be


@dataclass(slots=True)
class Call:
    """A request by a known actor; `body` is the JSON that came with it, None without one."""

    actor: Actor
    route: str
    parameters: Mapping[str, str]  # of the path
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any = None
    file: Path | None = None  # what came, where the path takes files (`body` is its digest); whoever takes it sets None

    @property
    def ontology(self) -> str:
        """The apiName or rid of the ontology that the query names."""
        return self.query.get("ontology") or "main"

    def words(self) -> dict[str, Any]:
        """The body as an object."""
        if not isinstance(self.body, dict):
            raise RequestError(ErrorCode.BAD_REQUEST, HTTPStatus.BAD_REQUEST, "The body must be a JSON object.")
        return self.body

    def flag(self, name: str) -> bool:
        """A yes or no of the query, no where it is absent."""
        given = self.query.get(name)
        if given is None:
            return False
        try:
            return _WORDS[given.lower()]
        except KeyError:
            raise BadInput(f"{name} is true or false.", path=name) from None

    def choice(self, name: str, allowed: Iterable[str]) -> str | None:
        """One of some words of the query, None where it is absent; what is none of them is named."""
        given = self.query.get(name)
        if not given:
            return None
        known = tuple(allowed)
        if given not in known:
            raise BadInput(f"{name} is one of {', '.join(known)}, not {given[:100]!r}.", path=name)
        return given

    def rid(self, name: str) -> str | None:
        """A rid of the query, None where it is absent."""
        given = self.query.get(name)
        if not given:
            return None
        if not well_formed(given):
            raise BadInput(f"{name} is a rid, such as ri.ontology.main.object-type.42, not {given[:100]!r}.", path=name)
        return given

    def number(self, name: str, default: int | None = None, *, least: int = 1, most: int = LARGEST_VERSION) -> int | None:
        """A whole number of the query."""
        given = self.query.get(name)
        if given is None:
            return default
        if not given.isascii() or not given.isdecimal() or len(given) > len(str(most)) or not least <= int(given) <= most:
            raise BadInput(f"{name} is a whole number from {least:,} to {most:,}.", path=name)
        return int(given)

    def point(self, name: str) -> int | datetime | None:
        """A revision, or a moment with its offset."""
        given = self.query.get(name, "")
        if "-" not in given:
            return self.number(name, least=0, most=2**62)
        found = moment(given)
        if found is not None:
            return found
        raise BadInput(f"{name} is a revision such as 12, or a moment with its offset such as 2026-11-24T08:30:00Z.", path=name)

    def expected_version(self, words: dict[str, Any]) -> int | None:
        """The version that the author looked at: from the body (taken out of it), the query or If-Match, which must agree."""
        named = (self.version(words.pop("expectedVersion", None), "expectedVersion"), self.number("expectedVersion"), self._matched())
        found = {version for version in named if version is not None}
        if len(found) > 1:
            raise BadInput("expectedVersion and If-Match name different versions.", path="expectedVersion")
        return next(iter(found), None)

    @staticmethod
    def version(given: Any, path: str) -> int | None:
        """A version that the body names."""
        if given is None:
            return None
        if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= LARGEST_VERSION:
            raise BadInput(f"{path} is a whole number of 1 or more.", path=path)
        return given

    def idempotency(self) -> Idempotency | None:
        """The key of the request, with a digest of all that it asks for."""
        key = self.headers.get("idempotency-key")
        if key is None:
            return None
        if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
            raise BadInput(f"An idempotency key has 1 to {LONGEST_KEY} printable characters.", path="Idempotency-Key")
        asked = [dict(self.parameters), self.query, self.headers.get("if-match"), self.body]
        return Idempotency(key, self.route, hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest())

    def _matched(self) -> int | None:
        given = self.headers.get("if-match")
        if given is None:
            return None
        tag = _ENTITY_TAG.fullmatch(given.strip())
        if tag is None or not 1 <= int(tag[1]) <= LARGEST_VERSION:
            raise BadInput('If-Match holds the version that the author looked at, such as "3".', path="If-Match")
        return int(tag[1])


def query_of(raw: bytes) -> dict[str, str]:
    """The parameters of a URL, each at most once, in UTF-8 and without U+0000."""
    message = "The URL's parameters are percent-encoded UTF-8, each at most once."
    refused = RequestError(ErrorCode.BAD_REQUEST, HTTPStatus.BAD_REQUEST, message)
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise refused from None
    found = dict(pairs)
    if len(found) < len(pairs) or any("\0" in text for pair in pairs for text in pair):
        raise refused
    return found


def only(given: Mapping[str, Any], *known: str, where: str) -> None:
    """Refuse names that mean nothing here: a misspelt one would be overlooked otherwise."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadInput(f"{where} has no {unknown[0][:100]!r}; it may have {', '.join(known)}.", path=unknown[0][:100])


def text(words: Mapping[str, Any], name: str, default: str = "") -> str:
    """A text of the body."""
    given = words.get(name)
    if given is None:
        return default
    if not isinstance(given, str):
        raise BadInput(f"{name} is a text.", path=name)
    return given


def truth(words: Mapping[str, Any], name: str) -> bool:
    """A yes or no of the body, no where it is absent."""
    given = words.get(name)
    if given is None:
        return False
    if not isinstance(given, bool):
        raise BadInput(f"{name} is true or false.", path=name)
    return given


def texts(words: Mapping[str, Any], name: str, *, most: int) -> tuple[str, ...]:
    """A list of texts of the body."""
    given = words.get(name) or []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise BadInput(f"{name} is a list of texts.", path=name)
    if len(given) > most:
        raise ListTooLong(f"{name} holds at most {most:,}, not {len(given):,}.", path=name, limit=most)
    return tuple(given)
