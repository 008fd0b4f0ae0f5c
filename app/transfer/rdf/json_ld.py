"""JSON-LD whose contexts are in the file; a context that is somewhere else is named, and not fetched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rdflib.exceptions import Error
from rdflib.plugins.parsers.jsonld import Parser
from rdflib.plugins.shared.jsonld.context import Context

from app.domain.errors import BadInput
from app.domain.gauge import add, begin
from app.transfer.document.json_parsing import json_data
from app.transfer.rdf.syntax import BASE
from app.transfer.text import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.transfer.rdf.statements import Statements


def json_ld(text: str, statements: Statements) -> None:
    """Read the document; BadInput says what is wrong, and where as far as JSON lets it be known."""
    data = json_data(text, tell=False)
    for name in _elsewhere(data):
        written = json.dumps(name, ensure_ascii=False)
        offset = max(0, text.find(written))
        raise BadInput(f"{at(text, offset)}: the context {name[:200]} is not in the file, and nothing is fetched: write it into the file.")
    if not isinstance(data, (dict, list)):
        raise BadInput("Line 1, column 1: JSON-LD is a map or a list.")
    begin("PARSE", sum(1 for _ in _nodes(data)), "nodes")  # the JSON itself is read in a moment
    try:
        _Reading().parse(data, Context(base=BASE), statements)  # type: ignore[arg-type]  # stands where a graph does
    except RecursionError:
        raise BadInput("Line 1: a context of the file refers to itself.") from None
    except (Error, ValueError, LookupError, TypeError, AttributeError, AssertionError) as refused:
        said = str(refused).partition("\n")[0][:200]
        raise BadInput(f"Line 1: this is JSON, and not JSON-LD{f' ({said})' if said else ''}.") from None


class _Reading(Parser):
    """The library's reading of JSON-LD, which tells each node."""

    def _add_to_graph(self, *arguments: Any, **named: Any) -> Any:
        node = super()._add_to_graph(*arguments, **named)
        add(1)
        return node


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    """The maps of the document that stand for nodes, as far as that is known without their contexts."""
    waiting = [data]
    for value in waiting:
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict) and "@value" not in value:
            waiting.extend(each for key, each in value.items() if key != "@context")
            yield value


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
