"""Search documents as PostgreSQL says that they must be: which ones some revisions touched, and what each is made of now.

What a document is made of is the table MADE_OF; its version is the newest revision that touched any of it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from app.domain.definition import Edge
from app.domain.document import Around, Document, body, names_of, version
from app.domain.kind import Kind
from app.domain.search import MADE_OF
from app.persistence.background import off_loop
from app.persistence.mapping import ENTITY_COLUMNS, definition_of, entity_of
from app.persistence.tables import LAST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.search import Tie
    from app.persistence.neighbourhood import Reader

_TIES = {(tie.kind.value, tie.edge.value, tie.outward): tie for tie in MADE_OF}


def _edges(ties: Iterable[Tie]) -> str:
    return f"""'{{{",".join(sorted({tie.edge.value for tie in ties}))}}}'"""


def _array(ties: Iterable[Tie]) -> str:
    return f"""'{{{",".join(f'"{tie.kind.value} {tie.edge.value}"' for tie in ties)}}}'"""


_INWARD, _OUTWARD, _BEYOND = (
    [tie for tie in MADE_OF if not tie.outward],
    [tie for tie in MADE_OF if tie.outward],
    [tie for tie in MADE_OF if tie.beyond],
)
_ONWARD = f"""'{{{",".join(sorted({tie.beyond.value for tie in MADE_OF if tie.beyond}))}}}'"""

_UNTIL = f"CASE WHEN r.revision_to < {LAST} THEN r.revision_to ELSE greatest(n.revision, r.revision_from) END"
_NOW = f"revision_to = {LAST}"


# Each step is looked up one by one, however many are expected: before its first statistics PostgreSQL tries all with all.
def _outward(source: str) -> str:
    """What the entity refers to now."""
    return f"CROSS JOIN LATERAL (SELECT edge, target FROM entity_reference WHERE source = {source} AND {_NOW} OFFSET 0) AS r"


def _there(end: str) -> str:
    """The entity at the other end."""
    return f"CROSS JOIN LATERAL (SELECT rid, kind, deleted, revision, definition FROM entity WHERE rid = {end} OFFSET 0) AS n"


_NEAR = f"""
    WITH RECURSIVE own (rid, kind) AS MATERIALIZED (SELECT rid, kind FROM entity WHERE rid = ANY ($1::text[])),
    above (rid, own_kind, edge, other) AS (
        SELECT e.rid, e.kind, r.edge, r.target
        FROM own e {_outward("e.rid")}
        WHERE e.kind || ' ' || r.edge = ANY ({_array(_BEYOND)})
        UNION
        SELECT a.rid, a.own_kind, a.edge, r.target
        FROM above a {_outward("a.other")}
        WHERE r.edge = ANY ({_ONWARD})
    )
    SELECT e.rid, e.kind AS own_kind, r.edge, false AS outward, false AS beyond, n.rid AS other, n.kind, n.deleted,
        {_UNTIL} AS revision, r.{_NOW} AS there, n.definition
    FROM own e
    CROSS JOIN LATERAL (SELECT edge, source, revision_from, revision_to FROM entity_reference WHERE target = e.rid OFFSET 0) AS r
    {_there("r.source")}
    WHERE e.kind || ' ' || r.edge = ANY ({_array(_INWARD)})
    UNION ALL
    SELECT e.rid, e.kind, r.edge, true, false, n.rid, n.kind, n.deleted, n.revision, true, n.definition
    FROM own e {_outward("e.rid")}
    {_there("r.target")}
    WHERE e.kind || ' ' || r.edge = ANY ({_array(_OUTWARD)})
    UNION ALL
    SELECT a.rid, a.own_kind, a.edge, true, true, n.rid, n.kind, n.deleted, n.revision, true, n.definition
    FROM above a {_there("a.other")}
"""
"""The neighbours of the entities $1, each with the newest revision that touched it or the reference to it; one that ended counts too."""

NEWEST = f"SELECT rid, max(revision) AS revision FROM ({_NEAR}) AS near GROUP BY rid"
"""Of the entities $1, the newest revision that touched anything beside themselves that their documents are made of."""

TOUCHING = f"""
    below (rid) AS (
        SELECT rid FROM changed
        UNION SELECT r.source FROM below b JOIN entity_reference r ON r.target = b.rid AND r.revision_to > $2 AND r.edge = ANY ({_ONWARD})
    ), touched (rid) AS (
        SELECT rid FROM changed
        UNION SELECT r.target FROM changed c JOIN entity_reference r ON r.source = c.rid AND r.revision_to > $2
            AND r.edge = ANY ({_edges(_INWARD)})
        UNION SELECT r.source FROM changed c JOIN entity_reference r ON r.target = c.rid AND r.revision_to > $2
            AND r.edge = ANY ({_edges(_OUTWARD)})
        UNION SELECT r.source FROM below b JOIN entity_reference r ON r.target = b.rid AND r.revision_to > $2
            AND r.edge = ANY ({_edges(_BEYOND)})
    )
"""
"""From what the revisions after $2 `changed` to all whose documents are made of it."""

_TOUCHED = f"""
    WITH RECURSIVE changed AS (SELECT DISTINCT rid FROM change WHERE ontology = $1 AND revision > $2 AND revision <= $3), {TOUCHING}
    SELECT rid FROM touched
"""


async def touched(reader: Reader, ontology: str, after: int, upto: int) -> list[str]:
    """The entities whose documents the revisions after one, up to another, may have changed; deleted ones too."""
    return sorted(row["rid"] for row in await reader.fetch(_TOUCHED, ontology, after, upto))


async def documents(reader: Reader, epoch: int, rids: Sequence[str]) -> list[Document]:
    """The documents of these entities as they are now, tombstones of those that are deleted; two statements."""
    rows = await reader.fetch(f"SELECT {ENTITY_COLUMNS} FROM entity WHERE rid = ANY ($1::text[])", list(rids))
    around = await reader.fetch(_NEAR, list(rids))
    return await off_loop(lambda: _made(epoch, rows, around), len(rows) + len(around))


def _made(epoch: int, rows: Sequence[Mapping[str, Any]], neighbours: Sequence[Mapping[str, Any]]) -> list[Document]:
    around: dict[str, Around] = defaultdict(Around)
    newest: dict[str, int] = {row["rid"]: row["revision"] for row in rows}
    for row in neighbours:
        rid = row["rid"]  # a reference that has ended counts until then
        newest[rid] = max(newest[rid], row["revision"])
        if row["there"] and not row["deleted"]:
            _add(around[rid], _TIES[row["own_kind"], row["edge"], row["outward"]], row)
    made = []
    for row in rows:
        entity = entity_of(row)
        made.append(Document(entity.rid, version(epoch, newest[entity.rid]), None if entity.deleted else body(entity, around[entity.rid])))
    return made


def _add(around: Around, tie: Tie, row: Mapping[str, Any]) -> None:
    if row["beyond"]:
        around.fulfilled.add(row["other"])
        return
    around.names.setdefault(tie.worth, []).extend(names_of(definition_of(row["kind"], row["definition"])))
    if tie.kind is Kind.OBJECT_TYPE and tie.edge is Edge.OWNER:
        around.property_types.add(row["definition"]["type"]["base"])
