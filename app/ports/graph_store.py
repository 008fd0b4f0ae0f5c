"""What answers questions about the graph: one state of it, of one ontology at one revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from app.domain.definition import Edge
    from app.domain.graph import Direction, Link, Node, Statistics


class GraphState(Protocol):
    """The graph at one revision. Whatever answers, the answers are the same, and in the same order."""

    async def around(self, rids: Collection[str], direction: Direction, edges: Collection[Edge], most: int) -> Sequence[Link]:
        """The references by which these nodes refer or are referred to, sorted, at most so many."""

    async def between(self, rids: Collection[str], edges: Collection[Edge], most: int) -> Sequence[Link]:
        """The references with both ends among these nodes, sorted, at most so many."""

    async def nodes(self, rids: Collection[str]) -> Mapping[str, Node]:
        """The nodes with these rids; one that is not there is left out."""

    async def links(self, edges: Collection[Edge]) -> Sequence[Link]:
        """Every reference of these sorts, in any order."""

    async def statistics(self, busiest: int) -> Statistics:
        """Its size, and so many of the nodes that most refers to."""
