"""The graph of entities in memory: what every store has to answer like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from app.domain.definition import Edge
from app.domain.entity import Entity
from app.domain.graph import Busy, Direction, EdgeCount, Link, Node, Statistics


class MemoryGraph:
    """A GraphState over a list of entities."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        alive = [entity for entity in entities if not entity.deleted]
        self.all = {
            each.rid: Node(each.kind, each.definition.api_name, each.rid, each.definition.display_name, each.definition.status)
            for each in alive
        }
        self.references = sorted({Link(each.rid, found.target, found.edge, found.path) for each in alive for found in each.references})

    async def around(self, rids: Collection[str], direction: Direction, edges: Collection[Edge], most: int) -> list[Link]:
        found = [
            link
            for link in self.references
            if link.edge in edges
            and ((direction is not Direction.IN and link.source in rids) or (direction is not Direction.OUT and link.target in rids))
        ]
        return found[:most]

    async def between(self, rids: Collection[str], edges: Collection[Edge], most: int) -> list[Link]:
        return [link for link in self.references if link.source in rids and link.target in rids and link.edge in edges][:most]

    async def nodes(self, rids: Collection[str]) -> dict[str, Node]:
        return {rid: self.all[rid] for rid in rids if rid in self.all}

    async def links(self, edges: Collection[Edge]) -> list[Link]:
        return [link for link in self.references if link.edge in edges]

    async def statistics(self, busiest: int) -> Statistics:
        by_edge = Counter(link.edge for link in self.references)
        pointed = Counter(link.target for link in self.references if link.edge is not Edge.OWNER)
        most = sorted(pointed.items(), key=lambda each: (-each[1], each[0]))[:busiest]
        counts = tuple(EdgeCount(edge, count) for edge, count in sorted(by_edge.items()))
        return Statistics(len(self.all), len(self.references), counts, tuple(Busy(self.all[rid], count) for rid, count in most))
