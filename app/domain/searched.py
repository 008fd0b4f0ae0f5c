"""Texts by which people look for an entity, and how much each of them tells."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Prominence(StrEnum):
    """How much a text tells of what it stands in; the value is the weight's letter in a tsvector."""

    NAME = "A"  # its own names
    OTHER_NAME = "B"  # its names in other languages, in the plural, of former times
    PART = "C"  # the names of its parts
    PROSE = "D"  # what is said about it


class Searched(NamedTuple):
    """One text, and where it stands in the definition."""

    prominence: Prominence
    path: str
    text: str


def part(path: str, api_name: str, display_name: str, description: str = "") -> Iterator[Searched]:
    """The texts of a named part of a definition."""
    yield Searched(Prominence.PART, f"{path}.apiName", api_name)
    yield Searched(Prominence.PART, f"{path}.displayName", display_name)
    yield Searched(Prominence.PROSE, f"{path}.description", description)
