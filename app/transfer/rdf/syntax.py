"""The forms in which RDF is written."""

from __future__ import annotations

from enum import StrEnum

BASE = "file:///"  # of relative IRIs; a file's place on a disk is nobody's business


class Syntax(StrEnum):
    """A form of RDF that is read."""

    TURTLE = "turtle"
    N_TRIPLES = "n-triples"
    RDF_XML = "rdf-xml"
    JSON_LD = "json-ld"
    TRIG = "trig"
    N_QUADS = "n-quads"
