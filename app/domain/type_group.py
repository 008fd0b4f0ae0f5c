"""Type group: a label with a colour for object types."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.domain.closure import Closure
from app.domain.definition import Definition
from app.domain.kind import Kind
from app.domain.rules import Violation, state
from app.domain.text import KEBAB

COLOUR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)

COLOURED = state("colour.form", "A colour is written #RRGGBB.")


def colour_violations(colour: str | None, path: str) -> Iterator[Violation]:
    """What is wrong with an optional colour."""
    if colour is not None and not COLOUR.fullmatch(colour):
        yield COLOURED.broken(path, value=colour[:40])


class TypeGroupDefinition(Definition):
    """Groups object types for people; it restricts nothing."""

    kind = Kind.TYPE_GROUP
    api_name_pattern = KEBAB
    api_name_form = "a kebab-case name of up to 100 characters"
    small = True

    colour: str | None = None

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        yield from colour_violations(self.colour, "colour")
