"""The graph in PostgreSQL: references are its links, as of any revision. Serves where no graph database does, and the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.definition import Edge, Status
from app.domain.graph import Busy, Direction, EdgeCount, Link, Node, Statistics
from app.domain.kind import Kind
from app.persistence.reads.statement import Statement, entities, live

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from asyncpg import Record

    from app.persistence.database import Snapshot
    from app.persistence.reads.selection import At

_LINK = "r.source, r.target, r.edge, r.path"
_SORTED = 'source COLLATE "C", target COLLATE "C", edge COLLATE "C", path COLLATE "C"'
_NODE = "e.kind, e.api_name, e.rid, e.display_name, e.status"
_ENDS = {Direction.OUT: ("source",), Direction.IN: ("target",), Direction.BOTH: ("source", "target")}


class PostgresGraph:
    """One ontology at one revision, in the snapshot of an operation. A GraphState."""

    def __init__(self, snapshot: Snapshot, at: At) -> None:
        self._snapshot = snapshot
        self._at = at

    async def around(self, rids: Collection[str], direction: Direction, edges: Collection[Edge], most: int) -> list[Link]:
        """The references by which these nodes refer or are referred to."""
        statement = Statement(list(rids), _values(edges), most, self._at.ontology)
        alive = live("r", self._at, statement)
        found = " UNION ".join(
            f"SELECT {_LINK} FROM entity_reference r WHERE r.{end} = ANY ($1::text[]) AND r.edge = ANY ($2::text[])"
            f" AND r.ontology = $4 AND {alive}"
            for end in _ENDS[direction]
        )
        return _links(await self._snapshot.fetch(f"SELECT * FROM ({found}) AS found ORDER BY {_SORTED} LIMIT $3", *statement.arguments))

    async def between(self, rids: Collection[str], edges: Collection[Edge], most: int) -> list[Link]:
        """The references with both ends among these nodes."""
        statement = Statement(list(rids), _values(edges), most)
        rows = await self._snapshot.fetch(
            f"SELECT {_LINK} FROM entity_reference r WHERE r.source = ANY ($1::text[]) AND r.target = ANY ($1::text[])"
            f" AND r.edge = ANY ($2::text[]) AND {live('r', self._at, statement)} ORDER BY {_SORTED} LIMIT $3",
            *statement.arguments,
        )
        return _links(rows)

    async def nodes(self, rids: Collection[str]) -> dict[str, Node]:
        """The nodes with these rids."""
        statement = Statement(list(rids), self._at.ontology)
        table, alive = entities("e", self._at, statement)
        rows = await self._snapshot.fetch(
            f"SELECT {_NODE} FROM {table} WHERE e.rid = ANY ($1::text[]) AND e.ontology = $2 AND {alive}", *statement.arguments
        )
        return {node.rid: node for node in map(_node, rows)}

    async def links(self, edges: Collection[Edge]) -> list[Link]:
        """Every reference of these sorts."""
        statement = Statement(self._at.ontology, _values(edges))
        there = live("r", self._at, statement)
        rows = await self._snapshot.fetch(
            f"SELECT {_LINK} FROM entity_reference r WHERE r.ontology = $1 AND r.edge = ANY ($2::text[]) AND {there}",
            *statement.arguments,
        )
        return _links(rows)

    async def statistics(self, busiest: int) -> Statistics:
        """Its size, and what most refers to."""
        statement = Statement(self._at.ontology)
        table, alive = entities("e", self._at, statement)
        nodes = await self._snapshot.fetchval(f"SELECT count(*) FROM {table} WHERE e.ontology = $1 AND {alive}", *statement.arguments)
        statement = Statement(self._at.ontology)
        there = live("r", self._at, statement)
        counted = await self._snapshot.fetch(
            f"SELECT r.edge, count(*) FROM entity_reference r WHERE r.ontology = $1 AND {there} GROUP BY r.edge", *statement.arguments
        )
        statement = Statement(self._at.ontology, busiest, Edge.OWNER.value)
        table, alive = entities("e", self._at, statement)
        there = live("r", self._at, statement)
        rows = await self._snapshot.fetch(
            f"SELECT {_NODE}, b.count FROM (SELECT r.target, count(*) FROM entity_reference r"
            f" WHERE r.ontology = $1 AND r.edge <> $3 AND {there} GROUP BY r.target"
            f' ORDER BY count(*) DESC, r.target COLLATE "C" LIMIT $2) AS b'
            f' JOIN {table} ON e.rid = b.target AND {alive} ORDER BY b.count DESC, b.target COLLATE "C"',
            *statement.arguments,
        )
        by_edge = sorted((EdgeCount(Edge(row["edge"]), row["count"]) for row in counted), key=lambda each: each.edge.value)
        busy = tuple(Busy(_node(row), row["count"]) for row in rows)
        return Statistics(nodes, sum(each.count for each in by_edge), tuple(by_edge), busy)


def _values(edges: Iterable[Edge]) -> list[str]:
    return sorted(edge.value for edge in edges)


def _links(rows: Iterable[Record]) -> list[Link]:
    return [Link(row["source"], row["target"], Edge(row["edge"]), row["path"]) for row in rows]


def _node(row: Record) -> Node:
    return Node(Kind(row["kind"]), row["api_name"], row["rid"], row["display_name"], Status(row["status"]))
