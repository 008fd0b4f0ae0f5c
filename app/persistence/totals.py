"""How many entities of each kind an ontology holds at each revision: kept by the merges, so that a total is one row by its key.

A revision's row says it of all kinds that have any (`{"object_type": 12}`). NULL says that nobody has counted: the revision was
written by a release that keeps no totals; the next merge counts, and reads of that revision count as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.entity import Action
from app.persistence.tables import LAST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.persistence.database import Transaction
    from app.persistence.neighbourhood import Reader

Totals = dict[str, int]
"""By kind; a kind without entities is left out."""

_COUNTED = "SELECT kind, count(*) AS count FROM entity WHERE ontology = $1 AND NOT deleted GROUP BY kind"
_TRUTH = f"""
    WITH moved AS (
        SELECT kind, revision_from AS revision, 1 AS by FROM entity_version WHERE ontology = $1 AND NOT deleted
        UNION ALL
        SELECT kind, revision_to, -1 FROM entity_version WHERE ontology = $1 AND NOT deleted AND revision_to < {LAST}
    ), step AS (
        SELECT kind, revision, sum(by) AS by FROM moved GROUP BY kind, revision
    ), running AS (
        SELECT r.revision, k.kind, sum(coalesce(s.by, 0)) OVER (PARTITION BY k.kind ORDER BY r.revision) AS total
        FROM revision AS r LEFT JOIN (SELECT DISTINCT kind FROM step) AS k ON true
        LEFT JOIN step AS s ON s.kind = k.kind AND s.revision = r.revision
        WHERE r.ontology = $1
    ), counted AS (
        SELECT revision, coalesce(jsonb_object_agg(kind, total) FILTER (WHERE total > 0), '{{}}') AS totals FROM running GROUP BY revision
    )
"""
_DIFFERING = f"""
    {_TRUTH}
    SELECT r.revision, r.totals AS kept, c.totals AS counted FROM revision AS r JOIN counted AS c ON c.revision = r.revision
    WHERE r.ontology = $1 AND r.totals IS DISTINCT FROM c.totals ORDER BY r.revision
"""
_MENDED = f"""
    {_TRUTH}
    UPDATE revision AS r SET totals = c.totals FROM counted AS c
    WHERE r.ontology = $1 AND c.revision = r.revision AND r.totals IS DISTINCT FROM c.totals
"""


def after(before: Mapping[str, int], counts: Mapping[str, Mapping[str, int]]) -> Totals:
    """The totals after a revision, from those before it and how many changes of what it makes."""
    found = dict(before)
    for kind, actions in counts.items():
        found[kind] = found.get(kind, 0) + actions.get(Action.CREATED.value, 0) - actions.get(Action.DELETED.value, 0)
    return {kind: total for kind, total in sorted(found.items()) if total}


async def at_head(work: Reader, ontology: str, revision: int, kept: Totals | None) -> Totals:
    """The totals of the newest revision, for a writer whose turn it is: as its row keeps them, else counted."""
    if kept is not None or revision == 0:
        return kept or {}
    return {row["kind"]: row["count"] for row in await work.fetch(_COUNTED, ontology)}


async def kept(reader: Reader, ontology: str, revision: int) -> Totals | None:
    """The totals as of a revision; None where they have to be counted."""
    if revision == 0:
        return {}
    rows = await reader.fetch("SELECT totals FROM revision WHERE ontology = $1 AND revision = $2", ontology, revision)
    return rows[0]["totals"] if rows else None


@dataclass(frozen=True, slots=True)
class Miscount:
    """A revision whose totals are not what its entities are."""

    revision: int
    kept: Totals | None
    counted: Totals


async def miscounts(reader: Reader, ontology: str) -> list[Miscount]:
    """The revisions of an ontology whose totals are not kept, or not as its versions say; oldest first."""
    return [Miscount(*row) for row in await reader.fetch(_DIFFERING, ontology)]


async def mend(work: Transaction, ontology: str) -> None:
    """Write what the versions say where it is kept otherwise; in the ontology's turn, so that no merge builds upon what is wrong."""
    await work.fetch("SELECT FROM ontology WHERE rid = $1 FOR NO KEY UPDATE", ontology)
    await work.execute(_MENDED, ontology)
