"""YAML to plain data: no aliases, no tags, no guesses, and every refusal says the line."""

from __future__ import annotations

import math
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)  # fmt: skip

from app.domain.errors import BadInput
from app.domain.gauge import begin

DEEPEST = 64  # levels of maps and lists
_DIGITS = 25
_HIGHEST = 2**63  # what the database's JSON keeps exactly wherever it passes through
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,999})", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]{1,999})?(?:[eE][-+]?[0-9]{1,5})?", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


def finite(text: str) -> float:
    """A number with a point or an exponent; BadInput where it is beyond every bound."""
    value = float(text)
    if not math.isfinite(value):
        raise BadInput(f"{text[:40]} is too large a number.")
    return value


def whole(text: str) -> int:
    """A whole number of 64 bits; BadInput for a larger one."""
    if len(text) > _DIGITS or not -_HIGHEST <= (value := int(text)) < _HIGHEST:
        raise BadInput(f"{text[:40]} is too large a number.")
    return value


def yaml_data(text: str) -> Any:
    """The data of a YAML text. Only quoted texts and `null`, `true`, `false` and numbers are told apart: `no` is a text."""
    building = _Building()
    begin("PARSE", len(text), "characters", lambda: building.reached)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            building.take(event)
    except MarkedYAMLError as refused:
        line = refused.problem_mark.line + 1 if refused.problem_mark else 1
        raise BadInput(f"Line {line}: this is not YAML: {str(refused.problem or 'the syntax is wrong').strip()}.") from None
    except (YAMLError, RecursionError, ValueError) as refused:
        raise BadInput(f"This is not YAML that can be read ({type(refused).__name__}).") from None
    return building.root


class _Building:
    """Puts events together without recursion, so that nothing in the file can use up the stack."""

    def __init__(self) -> None:
        self.root: Any = None
        self.reached = 0  # characters
        self._documents = 0
        self._open: list[tuple[Any, list[str]]] = []  # the map or list, and the key that waits for its value

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        self.reached = event.end_mark.index
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise BadInput(f"Line {line}: anchors and aliases are not allowed.")
        if getattr(event, "tag", None) and getattr(event, "tag", None) != "!":
            raise BadInput(f"Line {line}: tags are not allowed.")
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise BadInput(f"Line {line}: one file holds one document.")
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            made: Any = {} if isinstance(event, MappingStartEvent) else []
            self._place(made, line)
            self._open.append((made, []))
            if len(self._open) > DEEPEST:
                raise BadInput(f"Line {line}: the file is nested more than {DEEPEST} levels deep.")
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._open.pop()
        elif isinstance(event, ScalarEvent):
            self._scalar(event, line)

    def _scalar(self, event: Any, line: int) -> None:
        if _HALF.search(event.value):
            raise BadInput(f"Line {line}: an escape stands for half a character (a lone surrogate).")
        if self._open and isinstance(self._open[-1][0], dict) and not self._open[-1][1]:
            held, waiting = self._open[-1]
            if event.value in held:
                raise BadInput(f"Line {line}: the key {event.value[:100]!r} stands twice in one map.")
            waiting.append(event.value)
        else:
            self._place(_resolved(event.value, line) if event.style is None else event.value, line)

    def _place(self, value: Any, line: int) -> None:
        if not self._open:
            self.root = value
            return
        held, waiting = self._open[-1]
        if isinstance(held, list):
            held.append(value)
        elif waiting:
            held[waiting.pop()] = value
        else:
            raise BadInput(f"Line {line}: a key is a text, not a map or list.")


def _resolved(text: str, line: int) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    try:
        if _INTEGER.fullmatch(text):
            return whole(text)
        return finite(text) if _NUMBER.fullmatch(text) else text
    except BadInput as refused:
        raise BadInput(f"Line {line}: {refused.message}") from None
