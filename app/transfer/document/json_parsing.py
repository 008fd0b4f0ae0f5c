"""JSON to plain data: each key once, numbers of 64 bits, and every refusal says line and column.

The two outer levels, which hold the many entries of a file, are walked here, so that whoever follows sees how far it is; what is below
them is read by the library. That tells no place for what it lets us refuse, so the place is looked for when there is something to refuse.
"""

from __future__ import annotations

import json
import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # the stubs do not know it
from typing import TYPE_CHECKING, Any, NoReturn

from app.domain.errors import BadInput
from app.domain.gauge import begin
from app.transfer.document.parsing import DEEPEST, finite, whole
from app.transfer.text import at

if TYPE_CHECKING:
    from collections.abc import Iterator

_OUTER = 2  # levels
_SPACE = re.compile(r"[ \t\n\r]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.0-9eE]+|[{}\[\]]|[A-Za-z]+', re.DOTALL)
_COLON = re.compile(r"\s*:")
_CONSTANTS = frozenset({"NaN", "Infinity"})


def json_data(text: str, *, tell: bool = True) -> Any:
    """The data of a JSON text; it tells how far it is, unless whoever calls it tells something better."""
    walk = _Walk(text)
    if tell:
        begin("PARSE", len(text), "characters", lambda: walk.reached)
    try:
        data, end = walk.value(walk.space(0), 0)
        if (end := walk.space(end)) != len(text):
            raise JSONDecodeError("Extra data", text, end)  # noqa: TRY301 - as the library does
    except JSONDecodeError as refused:
        said = refused.msg.removesuffix(" starting at")
        raise BadInput(f"Line {refused.lineno}, column {refused.colno}: this is not JSON: {said}.") from None
    except (BadInput, RecursionError, ValueError) as refused:
        raise BadInput(_placed(text, refused)) from None
    if _depth(data) > DEEPEST:
        raise BadInput(_placed(text, RecursionError()))
    return data


class _Walk:
    """As the library reads, and says the same, but step by step."""

    def __init__(self, text: str) -> None:
        self._text = text
        decoder: Any = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=finite, parse_int=whole)
        self._scan = decoder.scan_once
        self.reached = 0

    def space(self, place: int) -> int:
        """Where white space ends."""
        found = _SPACE.match(self._text, place)
        return found.end() if found else place

    def value(self, place: int, level: int) -> tuple[Any, int]:
        """The value that begins here, and where it ends."""
        opening = self._text[place : place + 1]
        if level < _OUTER and opening == "{":
            return self._map(place + 1, level)
        if level < _OUTER and opening == "[":
            return self._list(place + 1, level)
        try:
            value, self.reached = self._scan(self._text, place)
        except StopIteration as nothing:
            raise JSONDecodeError("Expecting value", self._text, nothing.value) from None
        return value, self.reached

    def _map(self, place: int, level: int) -> tuple[dict[str, Any], int]:
        pairs: list[tuple[str, Any]] = []
        place = self.space(place)
        if self._text[place : place + 1] == "}":
            return {}, place + 1
        while True:
            if self._text[place : place + 1] != '"':
                raise JSONDecodeError("Expecting property name enclosed in double quotes", self._text, place)
            key, place = scanstring(self._text, place + 1, True)  # noqa: FBT003 - the library's signature
            place = self.space(place)
            if self._text[place : place + 1] != ":":
                raise JSONDecodeError("Expecting ':' delimiter", self._text, place)
            value, place = self.value(self.space(place + 1), level + 1)
            pairs.append((key, value))
            ended, place = self._next(place, "}")
            if ended:
                return _once(pairs), place

    def _list(self, place: int, level: int) -> tuple[list[Any], int]:
        items: list[Any] = []
        place = self.space(place)
        if self._text[place : place + 1] == "]":
            return items, place + 1
        while True:
            value, place = self.value(place, level + 1)
            items.append(value)
            ended, place = self._next(place, "]")
            if ended:
                return items, place

    def _next(self, place: int, closing: str) -> tuple[bool, int]:
        """Whether the map or list ends here, and where it goes on."""
        place = self.space(place)
        found = self._text[place : place + 1]
        if found not in {",", closing}:
            raise JSONDecodeError("Expecting ',' delimiter", self._text, place)
        return found == closing, place + 1 if found == closing else self.space(place + 1)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadInput("A key stands twice in one map.")
    return made


def _no_constant(name: str) -> NoReturn:
    raise BadInput(f"{name} is not a number.")


def _depth(data: Any) -> int:
    """Levels of maps and lists, counted no further than matters."""
    level, deep = [data], 0
    while deep <= DEEPEST:
        level = [item for each in level if isinstance(each, (dict, list)) for item in (each.values() if isinstance(each, dict) else each)]
        if not level:
            break
        deep += 1
    return deep


def _placed(text: str, refused: Exception) -> str:
    """What is wrong, after the place where it is."""
    for place, sentence in _faults(text):
        return f"{at(text, place)}: {sentence}"
    return refused.message if isinstance(refused, BadInput) else "This is not JSON that can be read."


def _faults(text: str) -> Iterator[tuple[int, str]]:
    """What the library reads and we refuse, in the order of the text."""
    open_: list[set[str]] = []  # the keys of each map, an empty set of a list
    for token in _TOKEN.finditer(text):
        said = token[0]
        if said in {"{", "["}:
            open_.append(set())
            if len(open_) > DEEPEST:
                yield token.start(), f"the file is nested more than {DEEPEST} levels deep."
        elif said in {"}", "]"}:
            del open_[-1:]
        elif said[0] == '"':
            if open_ and _COLON.match(text, token.end()):
                key = json.loads(said, strict=False)
                if key in open_[-1]:
                    yield token.start(), f"the key {key[:100]!r} stands twice in one map."
                open_[-1].add(key)
        elif (sentence := _fault(said.removeprefix("-"))) is not None:
            yield token.start(), sentence


def _fault(said: str) -> str | None:
    if said in _CONSTANTS:
        return f"{said} is not a number."
    if not said[:1].isdigit():
        return None
    try:
        whole(said) if said.isdigit() else finite(said)
    except BadInput as refused:
        return refused.message
    except ValueError:
        return None
    return None
