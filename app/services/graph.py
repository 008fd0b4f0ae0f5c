"""Questions about the graph: walks along references, over whatever holds the graph at the revision that is read.

A walk takes one look at the store a step, whatever is near, and stops at MOST_NODES: hubs are no danger.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from app.domain.definition import Edge
from app.domain.errors import BadInput, NotFound
from app.domain.graph import (
    BREAKING,
    CONTAINED,
    DEEPEST,
    MOST_LINKS,
    MOST_NODES,
    MOST_PATHS,
    Affected,
    Direction,
    Found,
    Link,
    Neighbourhood,
    Node,
    Path,
    cycles,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from app.domain.graph import Statistics
    from app.domain.kind import Kind
    from app.ports.graph_store import GraphState

ALL = frozenset(Edge)
BUSIEST = 20
_Steps = dict[str, dict[str, Link]]  # node → neighbour → the first reference between them


async def neighbourhood(
    state: GraphState, rid: str, *, depth: int, direction: Direction, kinds: Collection[Kind] | None, edges: Collection[Edge] | None,
    limit: int,
) -> Neighbourhood:  # fmt: skip
    """What is at most so many steps away, by way of nodes of these kinds; NOT_FOUND without a node to begin at."""
    _bounded("depth", depth, DEEPEST)
    _bounded("limit", limit, MOST_NODES)
    along = ALL if edges is None else edges
    found = {rid: Found(0, await _start(state, rid))}
    frontier, truncated = [rid], False
    for step in range(1, depth + 1):
        links = await state.around(frontier, direction, along, MOST_LINKS + 1)
        truncated |= len(links) > MOST_LINKS
        ends = {end for link in links for end in (link.source, link.target)} - set(found)
        nodes = sorted(_of_kinds(await state.nodes(ends), kinds), key=lambda node: node.place) if ends else []
        truncated |= len(found) + len(nodes) > limit
        nodes = nodes[: limit - len(found)]
        found |= {node.rid: Found(step, node) for node in nodes}
        frontier = [node.rid for node in nodes]
        if not frontier:
            break
    links = await state.between(list(found), along, MOST_LINKS + 1)
    return Neighbourhood(tuple(found.values()), tuple(links[:MOST_LINKS]), truncated or len(links) > MOST_LINKS)


async def shortest_paths(
    state: GraphState, source: str, target: str, *, longest: int, direction: Direction, kinds: Collection[Kind] | None,
    edges: Collection[Edge] | None,
) -> list[Path]:  # fmt: skip
    """The shortest ways from one node to another, at most MOST_PATHS of them, sorted by the rids on the way."""
    _bounded("longest", longest, DEEPEST)
    along = ALL if edges is None else edges
    ends = {rid: await _start(state, rid) for rid in (source, target)}
    if source == target:
        return [Path((ends[source],), ())]
    distance, nodes, steps = {source: 0}, dict(ends), _Steps()
    frontier = [source]
    for step in range(1, longest + 1):
        onward = _neighbours(await state.around(frontier, direction, along, MOST_LINKS), frontier, direction)
        fresh = {far for fars in onward.values() for far in fars} - set(distance)
        there = await state.nodes(fresh) if fresh else {}
        nodes |= {node.rid: node for node in _of_kinds(there, kinds) if node.rid not in ends}
        reached = {rid for rid in fresh if rid in nodes}
        distance |= dict.fromkeys(reached, step)
        for near, fars in onward.items():
            steps[near] = {far: link for far, link in fars.items() if distance.get(far) == step}
        if target in distance:
            return [_path(way, nodes, steps) for way in _ways(source, target, steps, distance)]
        frontier = sorted(reached)[:MOST_NODES]
        if not frontier:
            break
    return []


async def impact(state: GraphState, rid: str, *, depth: int, limit: int) -> tuple[list[Affected], bool]:
    """What depends on a node, directly or by way of others, nearest first, each with one reason; and whether there is more."""
    _bounded("depth", depth, DEEPEST)
    _bounded("limit", limit, MOST_NODES)
    await _start(state, rid)
    breaks, found = {rid: True}, list[Affected]()
    frontier, truncated = [rid], False
    for step in range(1, depth + 1):
        links = await state.around(frontier, Direction.IN, ALL, MOST_LINKS + 1)
        truncated |= len(links) > MOST_LINKS
        first = _first_reasons((link for link in links if link.source not in breaks), breaks)
        nodes = await state.nodes(list(first)) if first else {}
        made = [Affected(node, step, first[node.rid], _breaks(first[node.rid], breaks)) for node in nodes.values()]
        made.sort(key=lambda each: each.node.place)
        truncated |= len(found) + len(made) > limit
        made = made[: limit - len(found)]
        found += made
        breaks |= {each.node.rid: each.breaks for each in made}
        frontier = [each.node.rid for each in made]
        if not frontier:
            break
    return found, truncated


async def cyclic(state: GraphState, *, edges: Collection[Edge] | None, limit: int) -> list[list[Node]]:
    """The sets of nodes that refer to one another in a circle, the largest first; what belongs together is none unless it is asked for."""
    _bounded("limit", limit, MOST_NODES)
    groups = cycles(await state.links(ALL - CONTAINED if edges is None else edges))[:limit]
    nodes = await state.nodes([rid for group in groups for rid in group]) if groups else {}
    return [sorted((nodes[rid] for rid in group if rid in nodes), key=lambda node: node.place) for group in groups]


async def statistics(state: GraphState) -> Statistics:
    """The size of the graph, and what is referred to most."""
    return await state.statistics(BUSIEST)


async def _start(state: GraphState, rid: str) -> Node:
    node = (await state.nodes([rid])).get(rid)
    if node is None:
        raise NotFound("entity", rid[:200])
    return node


def _bounded(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise BadInput(f"{name} is from 1 to {most}, not {value}.", path=name)


def _of_kinds(nodes: Mapping[str, Node], kinds: Collection[Kind] | None) -> list[Node]:
    return [node for node in nodes.values() if kinds is None or node.kind in kinds]


def _neighbours(links: Iterable[Link], frontier: Iterable[str], direction: Direction) -> _Steps:
    near, steps = set(frontier), defaultdict[str, dict[str, Link]](dict)
    for link in links:
        if direction is not Direction.IN and link.source in near:
            steps[link.source].setdefault(link.target, link)
        if direction is not Direction.OUT and link.target in near:
            steps[link.target].setdefault(link.source, link)
    return steps


def _first_reasons(links: Iterable[Link], breaks: Mapping[str, bool]) -> dict[str, Link]:
    """For each that refers, the reference that says most: one that breaks it before one that it can do without."""
    chosen: dict[str, Link] = {}
    for link in links:
        standing = chosen.get(link.source)
        if standing is None or (_breaks(link, breaks) and not _breaks(standing, breaks)):
            chosen[link.source] = link
    return chosen


def _breaks(link: Link, breaks: Mapping[str, bool]) -> bool:
    return breaks.get(link.target, False) and link.edge in BREAKING


def _ways(source: str, target: str, steps: _Steps, distance: Mapping[str, int]) -> list[list[str]]:
    """The first MOST_PATHS ways by the order of their rids; nothing is followed that does not lead to the target."""
    leads = {target}
    for near in sorted(steps, key=lambda rid: -distance[rid]):
        if any(far in leads for far in steps[near]):
            leads.add(near)
    found: list[list[str]] = []
    for way in _walked([source], target, steps, leads):
        found.append(way)
        if len(found) == MOST_PATHS:
            break
    return found


def _walked(way: list[str], target: str, steps: _Steps, leads: set[str]) -> Iterator[list[str]]:
    if way[-1] == target:
        yield way
        return
    for far in sorted(steps.get(way[-1], {})):
        if far in leads:
            yield from _walked([*way, far], target, steps, leads)


def _path(way: Sequence[str], nodes: Mapping[str, Node], steps: _Steps) -> Path:
    return Path(tuple(nodes[rid] for rid in way), tuple(steps[near][far] for near, far in pairwise(way)))
