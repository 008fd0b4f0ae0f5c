"""The words of an exported file: prefixes, our vocabulary, and what a statement may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from app.domain.kind import Kind
from app.transfer.document.form import called

FORMAT = "oms-rdf/1"
VOCABULARY = "urn:oms:vocabulary#"
PREFIXES = {
    "geo": "http://www.opengis.net/ont/geosparql#",
    "oms": VOCABULARY,
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

# Kinds that a file of statements holds. What people may do to objects is not a statement about them: action types are in the sidecar.
CLASSES: dict[Kind, str] = {
    Kind.OBJECT_TYPE: "oms:ObjectType",
    Kind.PROPERTY: "oms:Property",
    Kind.SHARED_PROPERTY: "oms:SharedProperty",
    Kind.LINK_TYPE: "oms:LinkType",
    Kind.INTERFACE: "oms:Interface",
    Kind.VALUE_TYPE: "oms:ValueType",
    Kind.TYPE_GROUP: "oms:TypeGroup",
}
_PLACES = {Kind.SHARED_PROPERTY: "shared", Kind.LINK_TYPE: "link", Kind.VALUE_TYPE: "value", Kind.TYPE_GROUP: "group"}
INVERSE = ".inverse"  # what the other side of a link type is called

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f<>\"{}|^`\\]+")
_DOTS = re.compile(r"/\.{1,2}(/|$|\?|#)")  # readers may resolve them


class Iri(str):
    """A reference, told apart from a text that reads the same."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text in a language."""

    text: str
    language: str


Value = Any
"""An Iri, a text, a Tagged one, a number, a truth, a list of values, or a map from predicates to values."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a file says about one subject: what it is, and its facts in the order of their lines."""

    subject: Iri
    types: tuple[str, ...]
    facts: tuple[tuple[str, Value], ...]


def base_of(ontology: str) -> str:
    """The namespace of what has no IRI of its own."""
    return f"{header_of(ontology)}#"


def header_of(ontology: str) -> Iri:
    """The ontology itself."""
    return Iri(f"urn:oms:ontology:{ontology}")


def local(kind: Kind, name: str) -> str:
    """The name of an entity in the file's own namespace; no two have the same, since each namespace of names has its own form."""
    return called(name, _PLACES[kind]) if kind in _PLACES else name


def usable(iri: str) -> bool:
    """Whether every reader takes the IRI for itself, and it is not a word of RDF, OWL or ours."""
    if not _ABSOLUTE.fullmatch(iri) or _DOTS.search(iri) or "%" in iri:
        return False
    prefix = iri.partition(":")[0]
    return prefix not in PREFIXES and prefix != "_" and not iri.startswith((*PREFIXES.values(), "urn:oms:"))


def expanded(term: str) -> str:
    """The IRI that a word such as `oms:type` stands for."""
    if isinstance(term, Iri):
        return str(term)
    prefix, _, name = term.partition(":")
    return PREFIXES[prefix] + name


def word(term: str) -> Iri:
    """The IRI of a word, where it is what a statement is about or says."""
    return Iri(expanded(term))
