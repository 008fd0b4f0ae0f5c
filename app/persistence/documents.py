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
    from collections.abc import Mapping, Sequence

    from app.domain.search import Tie
    from app.persistence.neighbourhood import Reader

_TIES = {(tie.kind.value, tie.edge.value, tie.outward): tie for tie in MADE_OF}
_INWARD, _OUTWARD = ([f"{tie.kind.value} {tie.edge.value}" for tie in MADE_OF if tie.outward is way] for way in (False, True))

_TOUCHED = f"""
    WITH changed AS (SELECT DISTINCT rid FROM change WHERE ontology = $1 AND revision > $2 AND revision <= $3)
    SELECT rid FROM changed
    UNION SELECT r.target FROM changed c JOIN entity_reference r ON r.source = c.rid AND r.revision_to > $2
        AND r.edge = ANY ('{{{",".join(sorted({tie.edge.value for tie in MADE_OF if not tie.outward}))}}}')
    UNION SELECT r.source FROM changed c JOIN entity_reference r ON r.target = c.rid AND r.revision_to > $2
        AND r.edge = ANY ('{{{",".join(sorted({tie.edge.value for tie in MADE_OF if tie.outward}))}}}')
"""  # fmt: skip
_AROUND = f"""
    SELECT e.rid, e.kind AS own_kind, r.edge, false AS outward, n.kind, n.definition, n.deleted,
        CASE WHEN r.revision_to < {LAST} THEN r.revision_to ELSE greatest(n.revision, r.revision_from) END AS revision,
        r.revision_to = {LAST} AS there
    FROM entity e JOIN entity_reference r ON r.target = e.rid JOIN entity n ON n.rid = r.source
    WHERE e.rid = ANY ($1::text[]) AND e.kind || ' ' || r.edge = ANY ($2::text[])
    UNION ALL
    SELECT e.rid, e.kind, r.edge, true, n.kind, n.definition, n.deleted, n.revision, true
    FROM entity e JOIN entity_reference r ON r.source = e.rid AND r.revision_to = {LAST} JOIN entity n ON n.rid = r.target
    WHERE e.rid = ANY ($1::text[]) AND e.kind || ' ' || r.edge = ANY ($3::text[])
"""


async def touched(reader: Reader, ontology: str, after: int, upto: int) -> list[str]:
    """The entities whose documents the revisions after one, up to another, may have changed; deleted ones too."""
    return sorted(row["rid"] for row in await reader.fetch(_TOUCHED, ontology, after, upto))


async def documents(reader: Reader, epoch: int, rids: Sequence[str]) -> list[Document]:
    """The documents of these entities as they are now, tombstones of those that are deleted; two statements."""
    rows = await reader.fetch(f"SELECT {ENTITY_COLUMNS} FROM entity WHERE rid = ANY ($1::text[])", list(rids))
    around = await reader.fetch(_AROUND, list(rids), _INWARD, _OUTWARD)
    return await off_loop(lambda: _made(epoch, rows, around), len(rows) + len(around))


def _made(epoch: int, rows: Sequence[Mapping[str, Any]], neighbours: Sequence[Mapping[str, Any]]) -> list[Document]:
    around: dict[str, Around] = defaultdict(Around)
    newest: dict[str, int] = {row["rid"]: row["revision"] for row in rows}
    for row in neighbours:
        rid = row["rid"]  # a reference that has ended counts until then
        newest[rid] = max(newest[rid], row["revision"])
        if row["there"] and not row["deleted"]:
            _add(around[rid], _TIES[row["own_kind"], row["edge"], row["outward"]], row["kind"], row["definition"])
    made = []
    for row in rows:
        entity = entity_of(row)
        made.append(Document(entity.rid, version(epoch, newest[entity.rid]), None if entity.deleted else body(entity, around[entity.rid])))
    return made


def _add(around: Around, tie: Tie, kind: str, fields: dict[str, Any]) -> None:
    around.names.setdefault(tie.worth, []).extend(names_of(definition_of(kind, fields)))
    if tie.kind is Kind.OBJECT_TYPE and tie.edge is Edge.OWNER:
        around.property_types.add(fields["type"]["base"])
