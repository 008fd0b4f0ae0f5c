"""How many rows there are below many parents: as the merges keep it where a list is all of a kind, else counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.persistence.reads.pages import counted
from app.persistence.reads.selection import COUNTED, EVERYTHING
from app.persistence.totals import kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.persistence.database import Snapshot
    from app.persistence.reads.pages import Source
    from app.persistence.reads.selection import At, Selection


class Total(NamedTuple):
    """How many rows, and whether there are more: who counts stops at COUNTED."""

    rows: int
    more: bool = False


NONE = Total(0)


async def totals(snapshot: Snapshot, source: Source, at: At | None, parents: Sequence[str], selection: Selection) -> dict[str, Total]:
    """By parent; the whole of a kind, as of any revision, is one row of the log and exact."""
    if source.counter is not None and at is not None and selection.where == EVERYTHING:
        known = await kept(snapshot, at.ontology, at.revision)
        if known is not None:
            return {at.ontology: Total(known.get(source.counter.value, 0))}
    found = await counted(snapshot, source, at, parents, selection)
    return {parent: Total(min(rows, COUNTED), rows > COUNTED) for parent, rows in found.items()}
