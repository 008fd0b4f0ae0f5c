"""A file to what it says, whichever of the three forms it has."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.transfer.document.parsing import json_data, yaml_data
from app.transfer.document.text import json_of, yaml_of
from app.transfer.rdf.mapping import Mapped, mapped
from app.transfer.rdf.reading import graph_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.transfer.document.writing import Writing


class Form(StrEnum):
    """What a file is written in."""

    TURTLE = "turtle"
    YAML = "yaml"
    JSON = "json"


ENDINGS = {".ttl": Form.TURTLE, ".turtle": Form.TURTLE, ".nt": Form.TURTLE, ".yaml": Form.YAML, ".yml": Form.YAML, ".json": Form.JSON}


def read(content: bytes, form: Form, *, languages: Sequence[str] = ("en",)) -> Mapped | dict[str, Any]:
    """Turtle as operations with a receipt, YAML and JSON as the data of a document. BadInput says what is wrong, and where."""
    if form is Form.TURTLE:
        return mapped(graph_of(content), languages=languages)
    text = text_of(content)
    data = json_data(text) if form is Form.JSON else yaml_data(text)
    return data if isinstance(data, dict) else {}


def written(writing: Writing, form: Form) -> Iterator[str]:
    """The document in pieces."""
    return json_of(writing) if form is Form.JSON else yaml_of(writing)
