"""Turtle to a graph: nothing is fetched, and what cannot be read is said with the line where it stands."""

from __future__ import annotations

import codecs
import re

from rdflib import Graph
from rdflib.plugins.parsers.notation3 import BadSyntax, RDFSink, SinkParser

from app.domain.errors import BadInput

LARGEST = 256 * 1024 * 1024  # bytes
BASE = "urn:oms:file:"  # of relative IRIs; a file's place on a disk is nobody's business


def text_of(content: bytes) -> str:
    """The file as text; UTF-8 is the only encoding of Turtle, YAML and JSON here."""
    if len(content) > LARGEST:
        raise BadInput(f"The file has {len(content):,} bytes, more than the {LARGEST:,} that are read.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadInput("The file is encoded in UTF-16, not in UTF-8.")
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as refused:
        line = content.count(b"\n", 0, refused.start) + 1
        raise BadInput(
            f"Line {line}: the file is not encoded in UTF-8 (byte {refused.start + 1} is 0x{content[refused.start]:02X})."
        ) from None


def graph_of(content: bytes) -> Graph:
    """The statements of a Turtle file."""
    text = text_of(content)
    if "\0" in text:
        raise BadInput(f"Line {text.count(chr(10), 0, text.index(chr(0))) + 1}: the file holds a NUL character, so it is not Turtle.")
    graph = Graph(bind_namespaces="none")
    parser = SinkParser(RDFSink(graph), baseURI=BASE, turtle=True)
    try:
        parser.loadBuf(text)
    except BadSyntax as refused:
        raise BadInput(f"Line {refused.lines + 1}: this is not Turtle: {_reason(refused)}.") from None
    except RecursionError:
        raise BadInput(f"Line {parser.lines + 1}: the file is nested too deeply to be read.") from None
    except (ValueError, LookupError, AssertionError, TypeError, AttributeError):
        # The parser indexes past the end of a truncated file, and refuses IRIs and escapes in its own ways.
        raise BadInput(f"Line {parser.lines + 1}: this is not Turtle, or the file ends too early.") from None
    if not len(graph):
        raise BadInput("The file holds no statements.")
    return graph


def _reason(refused: BadSyntax) -> str:
    # The parser's text quotes the file at length; what it expected stands in brackets at the front.
    said = re.search(r"Bad syntax \((.{1,200}?)\) at \^", str(refused), re.DOTALL)
    return (said.group(1) if said else "the syntax is wrong").strip().rstrip(".").replace("\n", " ")
