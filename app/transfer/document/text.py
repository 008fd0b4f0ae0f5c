"""The document as bytes: one YAML and one JSON for each document, whatever library reads them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from app.transfer.document.form import FORMAT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from app.domain.kind import Kind
    from app.transfer.document.writing import Writing

# A plain scalar that every YAML, old or new, reads as this text: it begins with a letter and holds neither `:` nor `#`.
_PLAIN = re.compile(r"[^\W\d_](?:[\w .,/()'&+-]*[\w.,/()'&+-])?")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"})
# What YAML counts as a line break or as unprintable, beside what JSON escapes anyway.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_BLOCK = re.compile(r"[^\s\x00-\x1f](?:[^\n]*[^\s])?(?:\n(?:|[^\n]*[^\s]))*\n?")
_NO_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]|\\n\t|\\n\\n\\Z")
_STEP = "  "


def yaml_of(writing: Writing, kinds: Collection[Kind] = ()) -> Iterator[str]:
    """Canonical YAML in pieces of one entry each; of some kinds only, where they are named."""
    yield f"format: {FORMAT}\n"
    for name, entries in writing.sections(kinds):
        yield f"{name}:\n"
        for key, entry in entries:
            yield "".join(_pair(key, entry, _STEP))


def yaml_entry(section: str, name: str, entry: dict[str, Any]) -> Iterator[str]:
    """A document of one entry."""
    yield f"format: {FORMAT}\n{section}:\n"
    yield from _pair(name, entry, _STEP)


def json_of(writing: Writing) -> Iterator[str]:
    """Canonical JSON in pieces of one entry each, indented by two."""
    yield f'{{\n  "format": {json.dumps(FORMAT)}'
    for name, entries in writing.sections():
        yield f",\n  {json.dumps(name)}: {{"
        for place, (key, entry) in enumerate(entries):
            said = json.dumps(entry, ensure_ascii=False, indent=2, allow_nan=False).replace("\n", "\n    ")
            yield f"{',' if place else ''}\n    {json.dumps(key, ensure_ascii=False)}: {said}"
        yield "\n  }"
    yield "\n}\n"


def _pair(key: str, value: Any, indent: str) -> Iterator[str]:
    said = f"{indent}{_scalar(key)}:"
    if isinstance(value, dict) and value:
        yield f"{said}\n"
        for name, each in value.items():
            yield from _pair(name, each, indent + _STEP)
    elif isinstance(value, list) and value:
        yield f"{said}\n"
        for item in value:
            yield from _item(item, indent + _STEP)
    else:
        yield f"{said} {_value(value, indent + _STEP)}\n"


def _item(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        lines = "".join(line for name, each in value.items() for line in _pair(name, each, indent + _STEP))
    elif isinstance(value, list) and value:
        lines = "".join(line for each in value for line in _item(each, indent + _STEP))
    else:
        yield f"{indent}- {_value(value, indent + _STEP)}\n"
        return
    yield f"{indent}- {lines[len(indent) + len(_STEP) :]}"


def _value(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _literal(value, indent) if "\n" in value and _fits_block(value) else _scalar(value)
    return json.dumps(value, allow_nan=False)  # numbers, truth, null, and the empty list and map


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(text, ensure_ascii=False))


def _fits_block(text: str) -> bool:
    return _NO_BLOCK.search(text) is None and _BLOCK.fullmatch(text) is not None


def _literal(text: str, indent: str) -> str:
    """A block of lines as they are, so that a change of one line is a change of one line."""
    kept = "|" if text.endswith("\n") else "|-"
    lines = text.removesuffix("\n").split("\n")
    return f"{kept}\n" + "\n".join(f"{indent}{line}" if line else "" for line in lines)
