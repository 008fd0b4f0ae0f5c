"""Whether plans that were made at earlier revisions are still true, now that nobody else can write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.persistence.tables import LAST
from app.persistence.totals import Totals, at_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from app.domain.definition import NameKey
    from app.domain.entity import Change
    from app.domain.plan import Plan
    from app.persistence.database import Transaction

MANY = 1_000  # rids that are looked for by name; where plans looked at more, everything that moved is read
_SINCE = f"""
    SELECT clock_timestamp() AS at, (SELECT epoch FROM installation) AS epoch,
        (SELECT totals FROM revision WHERE ontology = $1 AND revision = $6) AS totals, moved.*
    FROM (VALUES (1)) AS once LEFT JOIN LATERAL (
        SELECT c.rid, c.revision, NULL AS namespace, NULL AS name FROM change AS c
        WHERE c.ontology = $1 AND c.revision > $2 AND ($3::text[] IS NULL OR c.rid = ANY ($3))
        UNION ALL
        SELECT r.target, r.revision_from, NULL, NULL FROM change AS c JOIN entity_reference AS r ON r.source = c.rid
        WHERE c.ontology = $1 AND c.revision > $2 AND r.revision_from > $2 AND ($3::text[] IS NULL OR r.target = ANY ($3))
        UNION ALL
        SELECT n.rid, n.revision_from, n.namespace, n.name FROM unnest($4::text[], $5::text[]) AS wanted (namespace, name)
        JOIN entity_name AS n ON n.ontology = $1 AND n.namespace = wanted.namespace AND n.name = wanted.name AND n.revision_to = {LAST}
    ) AS moved ON true
"""


@dataclass
class Since:
    """What has moved after a revision, and who bears the names that the plans want."""

    at: datetime  # the time of the database
    epoch: int
    moved: dict[str, int]  # the newest revision in which a rid was changed, or newly referred to
    bearers: dict[NameKey, str]
    totals: Totals  # of the head

    def holds(self, plan: Plan, revision: int) -> bool:
        """Whether nothing that the plan of this revision looked at has moved, and no name that it wants was taken."""
        if any(newest > revision and rid in plan.read for rid, newest in self.moved.items()):
            return False
        if not self.bearers:
            return True
        leaving = {change.rid for change in plan.changes}
        return all(self.bearers.get(key, "") in leaving for key in wanted(plan) if key in self.bearers)

    def add(self, changes: Iterable[Change], revision: int) -> None:
        """A revision that is about to be written before others."""
        for change in changes:
            self.moved[change.rid] = revision
            if change.after is not None:
                self.moved.update(dict.fromkeys(change.after.targets, revision))
                self.bearers.update((name.key, change.rid) for name in change.after.names)


def wanted(plan: Plan) -> set[NameKey]:
    """The names that the plan's entities will bear."""
    return {name.key for change in plan.changes if change.after is not None for name in change.after.definition.names()}


async def since(work: Transaction, ontology: str, head: int, plans: Sequence[tuple[Plan, int]]) -> Since:
    """What moved between the revisions of the plans and the head; one statement, and nothing to look at where nobody wrote."""
    oldest = min(revision for _, revision in plans)
    late = [plan for plan, _ in plans] if oldest < head else []
    read = {rid for plan in late for rid in plan.read}
    names = list({key for plan in late for key in wanted(plan)})
    rows = await work.fetch(
        _SINCE, ontology, oldest, list(read) if len(read) < MANY else None, [name[0] for name in names], [name[1] for name in names], head
    )
    kept = await at_head(work, ontology, head, rows[0]["totals"])
    found = Since(rows[0]["at"], rows[0]["epoch"], {}, {}, kept)
    for row in rows:
        if row["name"] is not None:
            found.bearers[row["namespace"], row["name"]] = row["rid"]
        elif row["rid"] is not None:
            found.moved[row["rid"]] = max(row["revision"], found.moved.get(row["rid"], 0))
    return found
