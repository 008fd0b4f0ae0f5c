"""The graph as PostgreSQL says that it must be: what some revisions touched, and what each of it was at one of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from app.domain.definition import Edge, Status
from app.domain.document import version
from app.domain.graph import Link, Node
from app.domain.kind import Kind
from app.ports.graph_store import Vertex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.persistence.neighbourhood import Reader


async def changed(reader: Reader, ontology: str, after: int, upto: int) -> list[str]:
    """The entities that the revisions after one, up to another, changed; deleted ones too."""
    rows = await reader.fetch(
        "SELECT DISTINCT rid FROM change WHERE ontology = $1 AND revision > $2 AND revision <= $3", ontology, after, upto
    )
    return sorted(row["rid"] for row in rows)


async def vertices(reader: Reader, epoch: int, revision: int, rids: Sequence[str]) -> list[Vertex]:
    """These entities as of the revision with what they refer to, tombstones of those that were deleted; two statements."""
    held = "revision_from <= $2 AND $2 < revision_to"
    rows = await reader.fetch(
        "SELECT rid, kind, api_name, display_name, status, revision_from, deleted FROM entity_version"
        f" WHERE rid = ANY ($1::text[]) AND {held}",
        list(rids),
        revision,
    )
    references = await reader.fetch(
        f"SELECT source, target, edge, path FROM entity_reference WHERE source = ANY ($1::text[]) AND {held}", list(rids), revision
    )
    links: dict[str, list[Link]] = defaultdict(list)
    for row in references:
        links[row["source"]].append(Link(row["source"], row["target"], Edge(row["edge"]), row["path"]))
    made = []
    for row in rows:
        rid, gone = row["rid"], row["deleted"]
        node = None if gone else Node(Kind(row["kind"]), row["api_name"], rid, row["display_name"], Status(row["status"]))
        made.append(Vertex(rid, version(epoch, row["revision_from"]), node, () if gone else tuple(sorted(links[rid]))))
    return sorted(made, key=lambda vertex: vertex.rid)
