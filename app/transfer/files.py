"""A file to what it says, whichever form it has."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.transfer.document.json_parsing import json_data
from app.transfer.document.parsing import yaml_data
from app.transfer.owl.reading import Said, is_ours, said
from app.transfer.rdf.mapping import Mapped, mapped
from app.transfer.rdf.reading import graph_of
from app.transfer.rdf.syntax import Syntax
from app.transfer.text import text_of, without_half_characters

if TYPE_CHECKING:
    from collections.abc import Sequence


class Form(StrEnum):
    """What a file is written in."""

    TURTLE = "turtle"
    N_TRIPLES = "n-triples"
    RDF_XML = "rdf-xml"
    JSON_LD = "json-ld"
    TRIG = "trig"
    N_QUADS = "n-quads"
    YAML = "yaml"
    JSON = "json"

    @property
    def syntax(self) -> Syntax | None:
        """The form of RDF that it is, None for a document."""
        return None if self in {Form.YAML, Form.JSON} else Syntax(self.value)


ENDINGS = {
    ".ttl": Form.TURTLE, ".turtle": Form.TURTLE, ".nt": Form.N_TRIPLES, ".rdf": Form.RDF_XML, ".xml": Form.RDF_XML, ".owl": Form.RDF_XML,
    ".rdfs": Form.RDF_XML, ".jsonld": Form.JSON_LD, ".trig": Form.TRIG, ".nq": Form.N_QUADS,
    ".yaml": Form.YAML, ".yml": Form.YAML, ".json": Form.JSON,
}  # fmt: skip
_VAGUE = frozenset({".owl", ".rdf", ".rdfs"})  # endings under which Turtle is found as well
_XML = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<[\0]?[?!A-Za-z]", re.DOTALL)
_HEAD = 1_000  # bytes that are looked at


def form_of(ending: str, content: bytes) -> Form | None:
    """The form of a file by its ending, and by how it begins where an ending stands for several."""
    form = ENDINGS.get(ending.lower())
    if ending.lower() in _VAGUE and not _is_xml(content[:_HEAD]):
        return Form.TURTLE
    return form


def _is_xml(head: bytes) -> bool:
    # `<https://…>` begins a statement of Turtle, `<rdf:RDF` an element.
    return _XML.match(head) is not None and not re.match(rb"\A\s*<[A-Za-z][A-Za-z0-9+.-]*:[^<\s]*>", head)


def read(content: bytes, form: Form, *, languages: Sequence[str] = ("en",), sidecar: bytes | None = None) -> Mapped | Said | dict[str, Any]:
    """RDF as operations with a receipt, RDF that we wrote as the data of a document with a receipt, YAML and JSON as such data.

    `sidecar` is what an export wrote beside the file. BadInput says what is wrong, and where.
    """
    if form.syntax is not None:
        statements = graph_of(content, form.syntax)
        if is_ours(statements):
            return said(statements, None if sidecar is None else _map(yaml_data(text_of(sidecar))))
        return mapped(statements, languages=languages)
    text = text_of(content)
    return _map(json_data(without_half_characters(text, pairs=True)) if form is Form.JSON else yaml_data(text))


def _map(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
