"""An export as one answer: whole texts, bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.errors import BadInput
from app.transfer.document.writing import Writing
from app.transfer.outputs import Output, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.entity import Entity
    from app.transfer.receipt import Receipt

ENTITIES = 10_000  # in one answer; more are streamed
CHARACTERS = 8 * 1024 * 1024  # of one text


@dataclass(frozen=True)
class Answered:
    """The file, its sidecar where it needs one, and what it does not say."""

    content: str
    sidecar: str | None
    receipt: Receipt


def refuse_beyond(entities: int) -> None:
    """Refuse an ontology that is too large for one answer, before it is read."""
    if entities > ENTITIES:
        raise BadInput(f"The ontology holds {entities:,} entities, more than the {ENTITIES:,} of one answer: GET /api/export streams it.")


def answered(entities: Iterable[Entity], output: Output, ontology: str) -> Answered:
    """The texts; BadInput where one of them is too long for an answer."""
    made = written(Writing(entities), output, ontology)
    pieces, length = [], 0
    for piece in made.pieces:
        pieces.append(piece)
        length += len(piece)
        if max(length, len(made.sidecar or "")) > CHARACTERS:
            raise BadInput(f"The export has more than the {CHARACTERS:,} characters of one answer: GET /api/export streams it.")
    return Answered("".join(pieces), made.sidecar, made.receipt)
