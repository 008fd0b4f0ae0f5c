"""The ontology as a graph: entities are its nodes, each reference from one to another is a link."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from app.domain.definition import Edge, Status
from app.domain.deletion import DEPENDENT, KEPT, OWNED
from app.domain.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

DEEPEST = 10  # steps that a walk takes at most
MOST_NODES = 1_000  # of one answer
MOST_LINKS = 10_000  # of one answer, and of one step of a walk
MOST_PATHS = 20
# What belongs to one another refers to one another: an object type to its key, the key to its object type.
CONTAINED = frozenset({Edge.OWNER, Edge.PRIMARY_KEY, Edge.TITLE, Edge.MAPPED_TO})
# References by which nobody uses what is referred to.
IDLE = frozenset({Edge.OWNER, Edge.REPLACED_BY})


class Direction(Enum):
    """Which way a walk follows references."""

    OUT = "OUT"
    IN = "IN"
    BOTH = "BOTH"


class Link(NamedTuple):
    """One reference: who refers, to what, in which way, and where in its definition."""

    source: str
    target: str
    edge: Edge
    path: str

    def far(self, near: str) -> str:
        """The other end."""
        return self.target if self.source == near else self.source


class Node(NamedTuple):
    """An entity, as a picture of the graph shows it."""

    kind: Kind
    api_name: str
    rid: str
    display_name: str
    status: Status

    @property
    def name_key(self) -> str:
        """Its name as names are compared."""
        return self.api_name.lower()

    @property
    def place(self) -> tuple[str, str, str]:
        """By what answers sort nodes."""
        return (self.kind.value, self.name_key, self.rid)


class Found(NamedTuple):
    """A node with its distance from where a walk began."""

    depth: int
    node: Node


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What a walk reached, nearest first, and every reference between any two of it; `truncated` where there is more."""

    nodes: tuple[Found, ...]
    links: tuple[Link, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Path:
    """A shortest way: its nodes, and the first reference of each step."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """A dependent, the reference by which it depends, and whether it would break rather than be adapted."""

    node: Node
    depth: int
    link: Link
    breaks: bool

    @property
    def reason(self) -> str:
        """The step as a sentence."""
        return REASONS[self.link.edge]


@dataclass(frozen=True, slots=True)
class EdgeCount:
    """How many references there are of one sort."""

    edge: Edge
    count: int


@dataclass(frozen=True, slots=True)
class Busy:
    """A node with how many references point at it."""

    node: Node
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """The size of a graph, and what is referred to most."""

    nodes: int
    links: int
    by_edge: tuple[EdgeCount, ...]
    busiest: tuple[Busy, ...]


BREAKING = OWNED | DEPENDENT | KEPT
REASONS: Mapping[Edge, str] = {
    Edge.OWNER: "It is a property of it.",
    Edge.PRIMARY_KEY: "Its primary key is this property.",
    Edge.TITLE: "Its title is this property.",
    Edge.IMPLEMENTS: "It implements this interface.",
    Edge.MAPPED_TO: "It implements a property of an interface by this one.",
    Edge.DECLARED_BY: "It maps a property that this interface declares.",
    Edge.GROUP: "It is in this group.",
    Edge.SHARED_PROPERTY: "It follows this shared property.",
    Edge.VALUE_TYPE: "Its values are of this value type.",
    Edge.EXTENDS: "It extends this interface.",
    Edge.LINK_TARGET: "A link constraint of it ends here.",
    Edge.SIDE: "It links this object type.",
    Edge.FOREIGN_KEY: "It is backed by this property.",
    Edge.INTERMEDIARY: "It goes through this object type.",
    Edge.INTERMEDIARY_LINK: "It goes through this link type.",
    Edge.ACTION: "It works on this.",
    Edge.REPLACED_BY: "It names this as its replacement.",
}


def cycles(links: Iterable[Link]) -> list[tuple[str, ...]]:
    """The sets of nodes that reach one another, each sorted, the largest first; a node alone where it refers to itself.

    Strongly connected components after Tarjan (1972), without recursion.
    """
    out: dict[str, list[str]] = defaultdict(list)
    loops = set()
    for link in links:
        out[link.source].append(link.target)
        if link.source == link.target:
            loops.add(link.source)
    found = [group for group in _components(out) if len(group) > 1 or group[0] in loops]
    return sorted((tuple(sorted(group)) for group in found), key=lambda group: (-len(group), group))


def _components(out: Mapping[str, Collection[str]]) -> list[list[str]]:
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    standing: set[str] = set()
    groups: list[list[str]] = []
    for root in list(out):
        if root in index:
            continue
        waiting = [(root, iter(out.get(root, ())))]
        index[root] = lowest[root] = len(index)
        stack.append(root)
        standing.add(root)
        while waiting:
            node, targets = waiting[-1]
            following = next(targets, None)
            if following is None:
                waiting.pop()
                if waiting:
                    lowest[waiting[-1][0]] = min(lowest[waiting[-1][0]], lowest[node])
                if lowest[node] == index[node]:
                    groups.append(_popped(stack, standing, node))
            elif following not in index:
                index[following] = lowest[following] = len(index)
                stack.append(following)
                standing.add(following)
                waiting.append((following, iter(out.get(following, ()))))
            elif following in standing:
                lowest[node] = min(lowest[node], index[following])
    return groups


def _popped(stack: list[str], standing: set[str], node: str) -> list[str]:
    group = []
    while True:
        member = stack.pop()
        standing.discard(member)
        group.append(member)
        if member == node:
            return group
