"""Texts and names: what characters they may hold, and how they are compared."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator

PASCAL = re.compile(r"[A-Z][a-zA-Z0-9]{0,99}", re.ASCII)
CAMEL = re.compile(r"[a-z][a-zA-Z0-9]{0,99}", re.ASCII)
KEBAB = re.compile(r"(?=.{1,100}\Z)[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
RESERVED = frozenset({"ontology", "object", "property", "link", "relation", "rid", "primarykey", "typeid", "ontologyobject"})

DISPLAY_NAME = 200  # characters
DESCRIPTION = 10_000  # characters

# Other than newline and tab: controls, bidirectional overrides and isolates, and lone surrogates.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def nfc(text: str) -> str:
    """The text in Unicode's composed form, so that equal texts are equal bytes."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


Text = Annotated[str, AfterValidator(nfc)]


def refused_character(text: str) -> str | None:
    """The first character that no text may hold, as `U+202E`."""
    found = _REFUSED.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def reserved(name: str) -> bool:
    """Whether the name is kept for the language itself, whatever its case."""
    return name.lower() in RESERVED or name.startswith("__")
