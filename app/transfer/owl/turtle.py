"""Descriptions as Turtle: one fact a line, in one order, so that a changed fact is a changed line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.transfer.owl.terms import PREFIXES, Description, Iri, Tagged, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STEP = "    "
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\r": "\\r"}
# What a text cannot hold as it is, and what some readers take for the end of a line.
_ESCAPED = re.compile('[\\\\"\t\r\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]')


def turtle(descriptions: Iterable[Description], base: str) -> Iterator[str]:
    """The file in pieces of one subject each."""
    names = {"": base, **PREFIXES}
    yield "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in names.items())
    yield "\n"
    short = _Shortened(names)
    for each in descriptions:
        yield "".join(_description(each, short))


class _Shortened:
    """IRIs as the file writes them."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = sorted(names.items(), key=lambda each: -len(each[1]))

    def __call__(self, term: str) -> str:
        if not isinstance(term, Iri):
            return term  # a word with its prefix
        for prefix, namespace in self._names:
            if term.startswith(namespace) and _LOCAL.fullmatch(name := term[len(namespace) :]):
                return f"{prefix}:{name}"
        return f"<{term}>"


def _description(each: Description, short: _Shortened) -> Iterator[str]:
    subject, types = short(each.subject), ", ".join(each.types)
    if not each.facts:
        yield f"{subject} a {types} .\n"
        return
    yield f"\n{subject} a {types} ;\n"
    for predicate, value in each.facts:
        yield f"{_STEP}{short(predicate)} {_value(value, short, _STEP)} ;\n"
    yield f"{_STEP}.\n"


def _value(value: Value, short: _Shortened, indent: str) -> str:
    inner = indent + _STEP
    if isinstance(value, dict):
        lines = "".join(f"{inner}{short(predicate)} {_value(each, short, inner)} ;\n" for predicate, each in value.items())
        return f"[\n{lines}{indent}]" if lines else "[]"
    if isinstance(value, list):
        lines = "".join(f"{inner}{_value(each, short, inner)}\n" for each in value)
        return f"(\n{lines}{indent})" if lines else "()"
    if isinstance(value, Iri):
        return short(value)
    if isinstance(value, Tagged):
        return f"{_text(value.text)}@{value.language}"
    if isinstance(value, int):
        return str(value).lower()
    return f'"{value!r}"^^xsd:double' if isinstance(value, float) else _text(value)


def _text(text: str) -> str:
    escaped = _ESCAPED.sub(lambda found: _ESCAPES.get(found.group(), f"\\u{ord(found.group()):04X}"), text)
    return f'"""{escaped}"""' if "\n" in escaped else f'"{escaped}"'
