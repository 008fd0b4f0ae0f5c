"""What `oms plan`, `oms apply` and `oms diff` compare: a file, a folder of files, or an ontology as of a revision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.commands.exporting import sidecar_of
from app.commands.terminal import Refused
from app.domain.errors import BadInput
from app.transfer.document.folder import joined
from app.transfer.files import ENDINGS, Form, form_of, read
from app.transfer.owl.reading import Said
from app.transfer.rdf.mapping import Mapped

_DOCUMENTS = frozenset(ending for ending, form in ENDINGS.items() if form in {Form.YAML, Form.JSON})


def document(path: Path) -> dict[str, Any]:
    """What a file says, or all YAML and JSON files of a folder together."""
    if not path.is_dir():
        return _document(path)
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in _DOCUMENTS and each.is_file() and not _hidden(each, path))
    if not files:
        raise Refused(f"{path} holds no YAML or JSON file.")
    return joined((str(each.relative_to(path)), _document(each)) for each in files)


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _document(path: Path) -> dict[str, Any]:
    content = _content(path)
    form = form_of(path.suffix, content)
    if form is None:
        raise Refused(f"{path} is none of the files that are read: {', '.join(ENDINGS)}.")
    beside = sidecar_of(path)
    try:
        said = read(content, form, sidecar=_content(beside) if form.syntax is not None and beside.is_file() else None)
    except BadInput as refused:
        raise Refused(f"{path}: {refused.message}") from refused
    if isinstance(said, Mapped):
        raise Refused(f"{path} is RDF that `oms export` did not write: `oms import` reads it.")
    if isinstance(said, Said):
        if not said.whole:
            raise Refused(f"{path} needs {beside.name} beside it, which says the rest of the ontology.")
        return said.document
    return said


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as refused:
        raise Refused(f"{path} cannot be read: {refused.strerror}.") from refused
