"""Descriptions as JSON-LD: the statements of the Turtle file, with the context inside, so that nothing need be fetched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.transfer.owl.terms import PREFIXES, Description, Iri, Tagged, Value, expanded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def json_ld(descriptions: Iterable[Description], base: str) -> Iterator[str]:
    """The file in pieces of one subject each."""
    context = {"this": base, **PREFIXES}
    yield f'{{\n  "@context": {_indented(context, "  ")},\n  "@graph": ['
    for place, each in enumerate(descriptions):
        yield f"{',' if place else ''}\n    {_indented(_node(each, base), '    ')}"
    yield "\n  ]\n}\n"


def _indented(value: Any, indent: str) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False).replace("\n", f"\n{indent}")


def _node(each: Description, base: str) -> dict[str, Any]:
    made: dict[str, Any] = {"@id": _short(each.subject, base), "@type": list(each.types)}
    grouped: dict[str, list[Any]] = {}
    for predicate, value in each.facts:
        grouped.setdefault(_predicate(predicate), []).append(_value(value, base))
    return made | {predicate: values[0] if len(values) == 1 else values for predicate, values in grouped.items()}


def _predicate(predicate: str) -> str:
    return str(predicate)  # a word with its prefix, or a whole IRI


def _short(iri: str, base: str) -> str:
    return f"this:{iri[len(base) :]}" if iri.startswith(base) else iri


def _value(value: Value, base: str) -> Any:
    if isinstance(value, dict):
        types = value.get("rdf:type")
        made = {"@type": _short(types, base)} if isinstance(types, Iri) else {}
        return made | {_predicate(predicate): _value(each, base) for predicate, each in value.items() if predicate != "rdf:type"}
    if isinstance(value, list):
        return {"@list": [_value(each, base) for each in value]}
    if isinstance(value, Iri):
        return {"@id": _short(value, base)}
    if isinstance(value, Tagged):
        return {"@value": value.text, "@language": value.language}
    if isinstance(value, float):
        return {"@value": repr(value), "@type": expanded("xsd:double")}  # 1.0 as a number would be read as a whole one
    return value
