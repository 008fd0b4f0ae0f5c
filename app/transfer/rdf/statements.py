"""What a parser says, each statement once; it stands where rdflib's parsers expect a graph."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import rdflib
from rdflib import RDF, XSD, Literal
from rdflib.term import Node, bind

if TYPE_CHECKING:
    from collections.abc import Iterator

Triple = tuple[Node, Node, Node]

# Texts are kept as the file writes them: "01" stays "01". Markup in literals is text to us, and is not parsed.
rdflib.NORMALIZE_LITERALS = False
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
for _markup in (RDF.XMLLiteral, RDF.HTML):
    bind(_markup, str, constructor=str, lexicalizer=str, datatype_specific=True)


class Statements:
    """The statements of a file, whatever graph of it they stand in; equal terms are one object."""

    context_aware = False
    formula_aware = False
    identifier = None  # of the graph that has no name

    def __init__(self) -> None:
        self._held: dict[Triple, None] = {}
        self._terms: dict[tuple[type, str, Any, Any], Node] = {}
        self.tags: dict[str, set[str]] = {}  # each language tag in lower case, with the ways in which it is spelled
        self.store = self
        self.default_context = self

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Triple]:
        return iter(self._held)

    def add(self, triple: Triple) -> Statements:
        """Called by the parsers, once or more for each statement."""
        subject, predicate, thing = triple
        self._held[self._one(subject), self._one(predicate), self._one(thing)] = None
        return self

    def _one(self, term: Node) -> Node:
        if isinstance(term, Literal):
            datatype = None if term.datatype == XSD.string else term.datatype  # RDF 1.1: a plain literal is an xsd:string
            language = self._tag(term.language) if term.language else None
            key: tuple[type, str, Any, Any] = (Literal, str(term), language, datatype)
            known = self._terms.get(key)
            if known is None:
                known = self._terms[key] = Literal(str(term), lang=language, datatype=None if language else datatype)
            return known
        return self._terms.setdefault((type(term), str(term), None, None), term)

    def _tag(self, language: str) -> str:
        """The tag in lower case: case does not tell tags apart (RFC 5646, 2.1.1)."""
        plain = language.lower()
        self.tags.setdefault(plain, set()).add(language)
        return plain

    def bind(self, *_: Any, **__: Any) -> None:
        """Prefixes are nobody's business."""

    def get_context(self, _: Any) -> Statements:
        """Named graphs are read as one."""
        return self
