"""RDF in any of its forms to statements: nothing is fetched, and what cannot be read is said with the place where it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rdflib.exceptions import ParserError
from rdflib.plugins.parsers.notation3 import BadSyntax, RDFSink, SinkParser
from rdflib.plugins.parsers.nquads import NQuadsParser
from rdflib.plugins.parsers.trig import TrigSinkParser
from rdflib.term import BNode

from app.domain.errors import BadInput
from app.domain.gauge import add, begin
from app.transfer.rdf.json_ld import json_ld
from app.transfer.rdf.rdf_xml import rdf_xml
from app.transfer.rdf.statements import Statements
from app.transfer.rdf.syntax import BASE, Syntax
from app.transfer.text import at, text_of, without_half_characters

if TYPE_CHECKING:
    from collections.abc import Callable

_LINE_ENDS = re.compile(r"\r\n|\r|\n")


def graph_of(content: bytes, syntax: Syntax = Syntax.TURTLE) -> Statements:
    """The statements of a file; BadInput says what is wrong with it."""
    statements = Statements()
    if syntax is Syntax.RDF_XML:
        rdf_xml(content, statements)
    else:
        text = without_half_characters(text_of(content), pairs=syntax is Syntax.JSON_LD)
        _READERS[syntax](text, statements)
    if not len(statements):
        raise BadInput("The file holds no statements.")
    return statements


class _Placed(SinkParser):
    """Knows how far it is in the text."""

    reached = 0

    def directiveOrStatement(self, argstr: str, h: int) -> int:  # noqa: N802 - the library's name
        self.reached = h
        return super().directiveOrStatement(argstr, h)


class _Trig(_Placed, TrigSinkParser):
    """Likewise, with graphs that have names."""


def _turtle(text: str, statements: Statements) -> None:
    _notation(_Placed, "Turtle", text, statements)


def _triples(text: str, statements: Statements) -> None:
    _notation(_Placed, "N-Triples", text, statements)


def _trig(text: str, statements: Statements) -> None:
    _notation(_Trig, "TriG", text, statements)


class _Sink(RDFSink):
    """Every graph is one, and a blank node is one of the file."""

    def newGraph(self, _: Any) -> Any:  # noqa: N802 - the library's name
        return self.graph

    def newBlankNode(self, *_: Any, **__: Any) -> BNode:  # noqa: N802 - the library's name
        return BNode()


def _notation(of: type[_Placed], name: str, text: str, statements: Statements) -> None:
    parser = of(_Sink(statements), baseURI=BASE, turtle=True)  # type: ignore[arg-type]  # stands where a graph does
    begin("PARSE", len(text), "characters", lambda: parser.reached)
    try:
        parser.loadBuf(text)
    except BadSyntax as refused:
        place = at(text, refused._i) if refused._i >= 0 else f"Line {refused.lines + 1}"  # noqa: SLF001 - said nowhere else
        raise BadInput(f"{place}: this is not {name}: {_reason(refused)}.") from None
    except RecursionError:
        raise BadInput(f"Line {parser.lines + 1}: the file is nested too deeply to be read.") from None
    except (ParserError, ValueError, LookupError, AssertionError, TypeError, AttributeError):
        # The parser indexes past the end of a truncated file, and refuses IRIs and escapes in its own ways.
        raise BadInput(f"Line {parser.lines + 1}: this is not {name}, or the file ends too early.") from None


def _reason(refused: BadSyntax) -> str:
    # The parser's text quotes the file at length; what it expected stands in brackets at the front.
    said = re.search(r"Bad syntax \((.{1,200}?)\) at \^", str(refused), re.DOTALL)
    return (said.group(1) if said else "the syntax is wrong").strip().rstrip(".").replace("\n", " ")


class _Quads(NQuadsParser):
    def take(self, line: str, statements: Statements) -> None:
        """One line, which is a statement, a comment or empty."""
        self.line = line
        self.sink = statements  # type: ignore[assignment]  # stands where a data set does
        self.parseline()


def _quads(text: str, statements: Statements) -> None:
    parser = _Quads()
    begin("PARSE", len(text), "characters")
    for number, line in enumerate(_LINE_ENDS.split(text), 1):
        try:
            parser.take(line, statements)
        except (ParserError, ValueError, TypeError):
            column = len(line) - len(parser.line or "") + 1
            raise BadInput(f"Line {number}, column {column}: this is not N-Quads.") from None
        add(len(line) + 1)


_READERS: dict[Syntax, Callable[[str, Statements], None]] = {
    Syntax.TURTLE: _turtle,
    Syntax.N_TRIPLES: _triples,  # read as what it is a part of
    Syntax.TRIG: _trig,
    Syntax.N_QUADS: _quads,
    Syntax.JSON_LD: json_ld,
}
