"""What the planner needs of an ontology, in four statements whatever the size: heads, versions, closure, names.

STEPS is the one table that says how far rules look. From each rid in a state, references of the named edges lead to
others in the next state; a state ends where no step leaves it.

    touched   changed by the change set                     judged    its own rules are judged again
    deleted   goes, and its dependents may go with it       facing    a link of something that changed: so are its ends
    above     extends or implements what changed: judged    linked    a link of something judged: judged
    known     looked at by somebody's rules                 sibling   looked at as a property of its owner
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.domain.closure import Closure
from app.domain.definition import Edge, NameKey
from app.domain.plan import wanted_names
from app.domain.text import refused_character
from app.persistence.background import off_loop
from app.persistence.mapping import ENTITY_COLUMNS, VERSION_COLUMNS, entity_of
from app.persistence.tables import LAST

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from asyncpg import Record

    from app.domain.change_set import Operation
    from app.domain.entity import Entity
    from app.domain.planning import Prepared


class Reader(Protocol):
    """A snapshot or a transaction."""

    async def fetch(self, sql: str, *arguments: object) -> list[Record]:
        """All rows."""


IN, OUT = "in", "out"  # from what is referred to, to who refers; and the other way


@dataclass(frozen=True)
class _Step:
    state: str
    way: str
    edges: tuple[Edge, ...]
    next: str


_ALL = tuple(Edge)
_DEPENDENT = (Edge.OWNER, Edge.SIDE, Edge.FOREIGN_KEY, Edge.INTERMEDIARY, Edge.INTERMEDIARY_LINK, Edge.ACTION)
STEPS: tuple[_Step, ...] = (
    _Step("touched", IN, (Edge.OWNER,), "sibling"),
    _Step("touched", IN, (Edge.EXTENDS, Edge.IMPLEMENTS, Edge.DECLARED_BY, Edge.SHARED_PROPERTY), "above"),
    _Step("touched", IN, (Edge.SIDE,), "facing"),
    _Step("touched", IN, (Edge.FOREIGN_KEY, Edge.INTERMEDIARY_LINK), "linked"),
    _Step("touched", IN, (Edge.PRIMARY_KEY, Edge.TITLE, Edge.MAPPED_TO, Edge.VALUE_TYPE, Edge.ACTION), "judged"),
    _Step("touched", OUT, (Edge.OWNER, Edge.SIDE), "judged"),
    _Step("touched", OUT, tuple(edge for edge in _ALL if edge not in {Edge.OWNER, Edge.SIDE}), "known"),
    _Step("deleted", IN, _DEPENDENT, "deleted"),
    _Step("deleted", IN, tuple(edge for edge in _ALL if edge not in _DEPENDENT), "above"),
    _Step("deleted", OUT, _ALL, "judged"),
    _Step("above", IN, (Edge.EXTENDS, Edge.IMPLEMENTS, Edge.DECLARED_BY), "above"),
    _Step("above", IN, (Edge.SIDE,), "facing"),
    _Step("above", IN, (Edge.OWNER,), "sibling"),
    _Step("above", IN, (Edge.ACTION,), "judged"),
    _Step("above", OUT, _ALL, "known"),
    _Step("facing", OUT, (Edge.SIDE,), "judged"),
    _Step("facing", OUT, tuple(edge for edge in _ALL if edge is not Edge.SIDE), "known"),
    _Step("judged", IN, (Edge.OWNER,), "sibling"),
    _Step("judged", IN, (Edge.SIDE,), "linked"),
    _Step("judged", IN, (Edge.ACTION,), "judged"),
    _Step("judged", OUT, _ALL, "known"),
    _Step("linked", OUT, _ALL, "known"),
    _Step("known", OUT, (Edge.EXTENDS, Edge.SHARED_PROPERTY, Edge.PRIMARY_KEY, Edge.IMPLEMENTS), "known"),
)
_UNSETTLED = ("known", "sibling")
_TABLE = ", ".join(f"('{s.state}', {s.way == IN}, '{edge}', '{s.next}')" for s in STEPS for edge in s.edges)


def _closure_sql(*, at_head: bool) -> str:
    current = f"r.revision_to = {LAST}" if at_head else "r.revision_from <= $4 AND $4 < r.revision_to"
    columns = ENTITY_COLUMNS if at_head else VERSION_COLUMNS
    table = "entity" if at_head else "entity_version"
    alive = "NOT e.deleted" if at_head else "NOT e.deleted AND e.revision_from <= $4 AND $4 < e.revision_to"
    listed = ", ".join(f"e.{column.strip()}" for column in columns.split(","))
    return f"""
        WITH RECURSIVE step (state, incoming, edge, next) AS (VALUES {_TABLE}),
        reached (rid, state) AS (
            SELECT * FROM unnest($2::text[], $3::text[])
            UNION
            SELECT found.rid, found.next FROM reached AS c CROSS JOIN LATERAL (
                SELECT r.source AS rid, s.next FROM entity_reference AS r JOIN step AS s ON s.edge = r.edge
                WHERE s.state = c.state AND s.incoming AND r.target = c.rid AND {current}
                UNION ALL
                SELECT r.target, s.next FROM entity_reference AS r JOIN step AS s ON s.edge = r.edge
                WHERE s.state = c.state AND NOT s.incoming AND r.source = c.rid AND {current}
            ) AS found
        ),
        seen AS (
            SELECT rid, bool_or(state <> ALL (ARRAY{list(_UNSETTLED)!r})) AS settled FROM reached GROUP BY rid
        )
        SELECT {listed}, seen.settled
        FROM seen CROSS JOIN LATERAL (SELECT * FROM {table} WHERE rid = seen.rid OFFSET 0) AS e -- one by one, however many are expected
        WHERE e.ontology = $1 AND {alive}
    """


_CLOSURE = _closure_sql(at_head=True)
_CLOSURE_AT = _closure_sql(at_head=False)


async def heads(reader: Reader, ontology: str | None, rids: Iterable[str]) -> dict[str, Entity]:
    """The newest version of each of these entities, deleted ones too; in any ontology where none is named."""
    sql = f"SELECT {ENTITY_COLUMNS} FROM entity WHERE rid = ANY ($2::text[]) AND ($1::text IS NULL OR ontology = $1)"
    rows = await reader.fetch(sql, ontology, list(set(rids)))
    return await off_loop(lambda: {row["rid"]: entity_of(row) for row in rows}, len(rows))


async def heads_at(reader: Reader, ontology: str, rids: Iterable[str], revision: int) -> dict[str, Entity]:
    """The version of each of these entities that was current at a revision, deleted ones too."""
    sql = f"""
        SELECT {VERSION_COLUMNS} FROM entity_version
        WHERE ontology = $1 AND rid = ANY ($2::text[]) AND revision_from <= $3 AND $3 < revision_to
    """
    return {row["rid"]: entity_of(row) for row in await reader.fetch(sql, ontology, list(set(rids)), revision)}


async def versions(reader: Reader, operations: Iterable[Operation], newest: dict[str, Entity]) -> dict[tuple[str, int], Entity]:
    """The older versions that the operations name; no statement where there are none."""
    wanted = {
        (operation.rid, operation.expected_version)
        for operation in operations
        if operation.expected_version is not None
        and operation.rid in newest
        and newest[operation.rid].version != operation.expected_version
    }
    if not wanted:
        return {}
    sql = f"""
        SELECT {VERSION_COLUMNS} FROM entity_version
        JOIN unnest($1::text[], $2::int[]) AS wanted (of_rid, of_version) ON rid = of_rid AND version = of_version
    """
    rows = await reader.fetch(sql, [rid for rid, _ in wanted], [version for _, version in wanted])
    return {(row["rid"], row["version"]): entity_of(row) for row in rows}


def _seeds(prepared: Prepared) -> dict[tuple[str, str], None]:
    seeds: dict[tuple[str, str], None] = {}
    for draft in prepared.drafts.values():
        if draft.dropped:
            continue
        if draft.head is not None and not draft.head.deleted:
            seeds[draft.rid, "touched" if draft.ours is not None else "deleted"] = None
        if draft.ours is not None:
            for reference in draft.ours.references():
                target = prepared.drafts.get(reference.target)
                if target is None or target.head is not None:  # what is created here has no neighbours yet
                    seeds[reference.target, "judged" if reference.edge in {Edge.OWNER, Edge.SIDE} else "known"] = None
    return seeds


async def closure(reader: Reader, ontology: str, prepared: Prepared, at: int | None = None) -> Closure:
    """All that the rules may look at when they judge these drafts; `at` a revision, else at the head.

    What belongs to another ontology does not exist here: nothing refers across.
    """
    seeds = await off_loop(lambda: _seeds(prepared), len(prepared.drafts))
    if not seeds:
        return Closure()
    arguments = (ontology, [rid for rid, _ in seeds], [state for _, state in seeds])
    rows = await (reader.fetch(_CLOSURE, *arguments) if at is None else reader.fetch(_CLOSURE_AT, *arguments, at))
    return await off_loop(
        lambda: Closure((entity_of(row) for row in rows), settled=(row["rid"] for row in rows if row["settled"])), len(rows)
    )


async def names(reader: Reader, ontology: str, prepared: Prepared, at: int | None = None) -> dict[NameKey, str]:
    """Who bears each name that the touched entities would bear."""
    return (await names_and_rids(reader, ontology, prepared, (), at))[0]


async def names_and_rids(
    reader: Reader, ontology: str, prepared: Prepared, rids: Collection[str], at: int | None = None
) -> tuple[dict[NameKey, str], set[str]]:
    """Who bears each name that the touched entities would bear, and which of some rids there are already; in one statement."""
    # A name that PostgreSQL could not hold is nobody's; its form is judged elsewhere.
    wanted = await off_loop(
        lambda: [key for key in wanted_names(prepared) if not any(refused_character(part) for part in key)], len(prepared.drafts)
    )
    if not wanted and not rids:
        return {}, set()
    current = f"n.revision_to = {LAST}" if at is None else f"n.revision_from <= {int(at)} AND {int(at)} < n.revision_to"
    sql = f"""
        SELECT named.* FROM jsonb_array_elements($2::jsonb) AS wanted CROSS JOIN LATERAL (
            SELECT n.namespace, n.name, n.rid FROM entity_name AS n
            WHERE n.ontology = $1 AND n.namespace = wanted ->> 0 AND n.name = wanted ->> 1 AND {current} OFFSET 0
        ) AS named
        UNION ALL SELECT NULL, NULL, rid FROM entity WHERE rid = ANY ($3::text[])
    """
    # As JSON, of which the driver makes one text; of an array each takes it a microsecond. By OFFSET each name is found by the index,
    # however few names PostgreSQL believes there are to be.
    rows = await reader.fetch(sql, ontology, wanted, list(rids))
    return (
        {(row["namespace"], row["name"]): row["rid"] for row in rows if row["name"] is not None},
        {row["rid"] for row in rows if row["name"] is None},
    )
