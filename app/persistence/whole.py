"""All entities of an ontology, read in pages on one snapshot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.persistence.background import off_loop
from app.persistence.mapping import ENTITY_COLUMNS, VERSION_COLUMNS, entity_of

if TYPE_CHECKING:
    from app.domain.entity import Entity
    from app.persistence.neighbourhood import Reader

PAGE = 2_000  # entities: what is decoded between two turns of the event loop


_HEADS = f"SELECT {ENTITY_COLUMNS} FROM entity WHERE ontology = $1 AND NOT deleted AND rid > $2 ORDER BY rid LIMIT {PAGE}"
_PAST = f"""
    SELECT {VERSION_COLUMNS} FROM entity_version
    WHERE ontology = $1 AND NOT deleted AND rid > $2 AND revision_from <= $3 AND $3 < revision_to ORDER BY rid LIMIT {PAGE}
"""


async def entities(reader: Reader, ontology: str, revision: int | None = None) -> list[Entity]:
    """What the ontology with this rid holds at the snapshot's revision, or held at an earlier one."""
    found: list[Entity] = []
    last = ""
    while True:
        rows = await (reader.fetch(_HEADS, ontology, last) if revision is None else reader.fetch(_PAST, ontology, last, revision))
        found += await off_loop(lambda rows=rows: [entity_of(row) for row in rows], len(rows))  # type: ignore[misc]  # mypy cannot see a default's type
        if len(rows) < PAGE:
            return found
        last = rows[-1]["rid"]
        await asyncio.sleep(0)


async def count(reader: Reader, ontology: str, revision: int | None = None) -> int:
    """How many entities that would be."""
    if revision is None:
        rows = await reader.fetch("SELECT count(*) FROM entity WHERE ontology = $1 AND NOT deleted", ontology)
    else:
        rows = await reader.fetch(
            "SELECT count(*) FROM entity_version WHERE ontology = $1 AND NOT deleted AND revision_from <= $2 AND $2 < revision_to",
            ontology,
            revision,
        )
    return int(rows[0]["count"])
