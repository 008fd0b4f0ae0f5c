"""JSON-LD whose contexts are in the file; a context that is somewhere else is named, and not fetched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rdflib.exceptions import Error
from rdflib.plugins.parsers.jsonld import to_rdf

from app.domain.errors import BadInput
from app.transfer.document.parsing import json_data
from app.transfer.rdf.syntax import BASE
from app.transfer.text import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.transfer.rdf.statements import Statements


def json_ld(text: str, statements: Statements) -> None:
    """Read the document; BadInput says what is wrong, and where as far as JSON lets it be known."""
    data = json_data(text)
    for name in _elsewhere(data):
        written = json.dumps(name, ensure_ascii=False)
        offset = max(0, text.find(written))
        raise BadInput(f"{at(text, offset)}: the context {name[:200]} is not in the file, and nothing is fetched: write it into the file.")
    if not isinstance(data, (dict, list)):
        raise BadInput("Line 1, column 1: JSON-LD is a map or a list.")
    try:
        to_rdf(data, statements, BASE)  # type: ignore[arg-type]  # stands where a graph does
    except RecursionError:
        raise BadInput("Line 1: a context of the file refers to itself.") from None
    except (Error, ValueError, LookupError, TypeError, AttributeError, AssertionError) as refused:
        said = str(refused).partition("\n")[0][:200]
        raise BadInput(f"Line 1: this is JSON, and not JSON-LD{f' ({said})' if said else ''}.") from None


def _elsewhere(data: Any) -> Iterator[str]:
    """The contexts that the document names and does not hold."""
    waiting = [data]
    for value in waiting:
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
            context = value.get("@context")
            yield from (each for each in (context if isinstance(context, list) else [context]) if isinstance(each, str))
            if isinstance(value.get("@import"), str):
                yield value["@import"]
