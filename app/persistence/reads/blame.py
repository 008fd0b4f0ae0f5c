"""Which versions changed which fields of an entity, and what is known of the merges that did."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from app.domain.blame import Step, tops
from app.domain.kind import Kind
from app.persistence.reads.history import given_merges
from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import Order
from app.persistence.reads.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from app.persistence.database import Snapshot

Wanted = tuple[str, int, str | None]
"""An entity, up to which version, and one field at the top of its definition, None for all."""


async def steps(snapshot: Snapshot, wanted: Sequence[Wanted]) -> dict[Wanted, dict[str, list[Step]]]:
    """The versions that changed each field, the newest first, since the entity came to be or came back; of plain values the newest alone.

    PostgreSQL compares, so that what did not change never leaves it: one statement, whatever the number of versions.
    """
    rows = await snapshot.fetch(
        """
        WITH wanted AS (SELECT * FROM unnest($1::text[], $2::int[], $3::text[]) AS wanted (rid, upto, top)),
        kept AS (
            SELECT w.top, w.upto, v.rid, v.kind, v.version, v.revision_from AS revision, v.definition
            FROM wanted AS w JOIN entity_version AS v ON v.rid = w.rid AND v.version <= w.upto
            WHERE v.version > coalesce(
                (SELECT max(d.version) FROM entity_version AS d WHERE d.rid = w.rid AND d.version <= w.upto AND d.deleted), 0
            )
        ),
        fields AS (
            SELECT k.rid, k.upto, k.top, k.version, k.revision, f.name, k.definition -> f.name AS value,
                lag(k.definition -> f.name) OVER of_field AS before, row_number() OVER of_field AS place
            FROM kept AS k CROSS JOIN LATERAL jsonb_array_elements_text($4::jsonb -> k.kind) AS f (name)
            WHERE k.top IS NULL OR k.top = f.name
            WINDOW of_field AS (PARTITION BY k.rid, k.upto, k.top, f.name ORDER BY k.version)
        ),
        changed AS (
            SELECT *, row_number() OVER newest AS age, first_value(value) OVER newest AS present
            FROM fields WHERE place = 1 OR value IS DISTINCT FROM before
            WINDOW newest AS (PARTITION BY rid, upto, top, name ORDER BY version DESC)
        )
        SELECT rid, upto, top, name, version, revision, value FROM changed
        WHERE age = 1 OR jsonb_typeof(present) IN ('object', 'array')
        ORDER BY rid, upto, top, name, version DESC
        """,
        [rid for rid, _, _ in wanted],
        [upto for _, upto, _ in wanted],
        [top for _, _, top in wanted],
        {kind.value: list(tops(kind)) for kind in Kind},
    )
    found: dict[Wanted, dict[str, list[Step]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row["rid"], row["upto"], row["top"]][row["name"]].append(Step(row["version"], row["revision"], row["value"]))
    return dict(found)


async def reasons(snapshot: Snapshot, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Record]:
    """What is known of merges by ontology and revision: who, when, the change set with its author and its reviewers."""
    statement = Statement()
    those = given_merges(statement, wanted)
    rows = await snapshot.fetch(
        f"""
        SELECT m.ontology, m.revision, m.change_set, m.actor, m.actor_name, m.at, c.author, c.author_name, c.title, c.description,
            coalesce(
                (SELECT array_agg(DISTINCT e.actor ORDER BY e.actor) FROM change_set_event AS e
                 WHERE e.change_set = m.change_set AND e.type IN ('approved', 'changes_requested')),
                '{{}}'
            ) AS reviewers
        FROM {those}
        JOIN revision AS m ON m.ontology = wanted.ontology AND m.revision = wanted.revision
        JOIN change_set AS c ON c.rid = m.change_set
        """,
        *statement.arguments,
    )
    return {(row["ontology"], row["revision"]): row for row in rows}


def _unlisted(*_: Any) -> tuple[str, str, str]:
    message = "the fields to blame are worked out, not listed by a statement"
    raise NotImplementedError(message)


BLAME = Source("blame", _unlisted, {Order.NAME: (Column("path", "text"),)})
