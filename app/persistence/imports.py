"""The operations of the imports of an ontology that were merged and not undone: what its files said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.domain.change_set import Origin
from app.persistence.mapping import operation_of

if TYPE_CHECKING:
    from app.domain.change_set import Operation
    from app.persistence.neighbourhood import Reader

LABEL = "rdf"  # of the change sets of imports whose words a newer file of the same ontology is compared with
PAGE = 2_000  # operations read at once


async def operations(reader: Reader, ontology: str) -> list[tuple[str, Operation]]:
    """Each with its change set, in the order in which they were merged."""
    found: list[tuple[str, Operation]] = []
    revision, position = 0, 0
    while True:
        rows = await reader.fetch(
            """
            SELECT o.*, c.merged_revision FROM operation AS o JOIN change_set AS c ON c.rid = o.change_set
            WHERE c.ontology = $1 AND c.origin = $2 AND $3 = ANY (c.labels) AND c.merged_revision IS NOT NULL
                AND c.rolled_back_by IS NULL AND (c.merged_revision, o.position) > ($4, $5)
            ORDER BY c.merged_revision, o.position LIMIT $6
            """,
            ontology, Origin.IMPORT.value, LABEL, revision, position, PAGE,
        )  # fmt: skip
        found += [(row["change_set"], operation_of(row)) for row in rows]
        if len(rows) < PAGE:
            return found
        revision, position = rows[-1]["merged_revision"], rows[-1]["position"]
        await asyncio.sleep(0)
