"""What any graph store has to answer: the same as the graph in memory, to the same questions, in the same order."""

from __future__ import annotations

from typing import Any

from app.domain.definition import Edge
from app.domain.graph import Direction
from app.domain.kind import Kind
from app.ports.graph_store import GraphState
from app.services import graph

SOME_EDGES = frozenset({Edge.SIDE, Edge.OWNER, Edge.IMPLEMENTS, Edge.VALUE_TYPE})
SOME_KINDS = frozenset({Kind.OBJECT_TYPE, Kind.LINK_TYPE, Kind.INTERFACE})


async def answers(state: GraphState, rids: list[str]) -> dict[str, Any]:
    """Every question about these entities, with the answer."""
    found: dict[str, Any] = {"statistics": await graph.statistics(state), "cycles": await graph.cyclic(state, edges=None, limit=100)}
    found["all cycles"] = await graph.cyclic(state, edges=frozenset(Edge), limit=100)
    for rid in rids:
        found[f"impact {rid}"] = await graph.impact(state, rid, depth=10, limit=1_000)
        found[f"impact of few {rid}"] = await graph.impact(state, rid, depth=3, limit=3)
        for direction in Direction:
            for depth, kinds, edges, limit in ((1, None, None, 1_000), (3, SOME_KINDS, None, 1_000), (3, None, SOME_EDGES, 5)):
                found[f"around {rid} {direction} {depth} {limit}"] = await graph.neighbourhood(
                    state, rid, depth=depth, direction=direction, kinds=kinds, edges=edges, limit=limit
                )
    for one, other in zip(rids, rids[1:] + rids[:1], strict=True):
        for direction in Direction:
            found[f"paths {one} {other} {direction}"] = await graph.shortest_paths(
                state, one, other, longest=8, direction=direction, kinds=None, edges=None
            )
    return found
