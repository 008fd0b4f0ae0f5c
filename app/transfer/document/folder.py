"""One document as a folder of them, a file an entity, so that two people who touch two entities touch two files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.domain.errors import BadInput
from app.transfer.document.form import FORMAT, SECTIONS
from app.transfer.document.text import yaml_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.transfer.document.writing import Writing

ENDING = ".yaml"


def directory(section: str) -> str:
    """Where the files of a section stand: `object-types`."""
    return re.sub("[A-Z]", lambda found: f"-{found.group().lower()}", section)


DIRECTORIES = tuple(map(directory, SECTIONS))


def files_of(writing: Writing) -> Iterator[tuple[str, str]]:
    """Each file by its path in the folder; a property stands in the file of its object type."""
    for section, entries in writing.sections():
        for name, entry in entries:
            yield f"{directory(section)}/{name}{ENDING}", "".join(yaml_entry(section, name, entry))


def joined(documents: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The documents of several files as one; BadInput where two say the same entity, or one is no document."""
    made: dict[str, Any] = {"format": FORMAT}
    said: dict[tuple[str, str], str] = {}
    for path, document in documents:
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise BadInput(f"{path} is not an ontology: it does not begin with `format: {FORMAT}`.")
        for section, entries in document.items():
            if section == "format" or entries is None:  # a section without entries, as in a single file
                continue
            if not isinstance(entries, dict):
                raise BadInput(f"{path}: {section} must be a map from names to definitions.")
            for name, entry in entries.items():
                earlier = said.setdefault((section, str(name)), path)
                if earlier != path:
                    raise BadInput(f"{earlier} and {path} both say {section}.{name}.")
                made.setdefault(section, {})[name] = entry
    return made
