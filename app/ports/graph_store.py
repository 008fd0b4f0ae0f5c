"""The graph: what answers questions about it at one revision, and the graph database that may be away and may be behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from app.domain.definition import Edge
    from app.domain.graph import Direction, Link, Node, Statistics
    from app.ports.search_index import Refusal


@dataclass(frozen=True, slots=True)
class Vertex:
    """An entity as the graph database keeps it: the node with what it refers to; without a node it is a tombstone."""

    rid: str
    version: int  # of two, the later one has the greater, across restores as well
    node: Node | None = None
    links: tuple[Link, ...] = ()


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


class HeldState(GraphState, Protocol):
    """The state of a graph database, which others may move meanwhile."""

    async def held(self) -> bool:
        """Whether it is still at the revision that was asked for: otherwise what it answered is worth nothing."""


class GraphStore(Protocol):
    """A graph database. SinkDown from any of these where it does not answer; the same may work later."""

    async def prepare(self) -> None:
        """Make its constraints where they are not there."""

    async def begin(self, ontology: str, version: int) -> None:
        """From now on the ontology's graph is between states, until it is finished at this version or a later one."""

    async def put(self, ontology: str, vertices: Sequence[Vertex], *, invented: Mapping[str, int] | None = None) -> list[Refusal]:
        """Write vertices with their references, each unless a newer version of it is there; an equal one is replaced.

        One that bears the version `invented` has for its rid is overwritten: it never was. Answers with those that were refused
        as they are; the others are written.
        """

    async def finish(self, ontology: str, version: int, *, since: int = -1, whole: bool = True) -> None:
        """Everything up to the version is written, but what was refused; where that is anything, nobody is answered from here.

        `since` is the version that was written upon: a graph that has not reached it was emptied meanwhile, and is not finished.
        """

    async def reached(self, ontology: str) -> int:
        """The version that the ontology's graph was last finished at; negative where there is none."""

    async def sweep(self, ontology: str, version: int) -> None:
        """Remove what was written before the version: the database was restored to a time before it."""

    def at(self, ontology: str, version: int) -> AbstractAsyncContextManager[HeldState | None]:
        """The graph of the ontology where it is at this very version, else None."""

    def stored(self, ontology: str, *, rids: Sequence[str] | None = None) -> AsyncIterator[Vertex]:
        """What it holds, tombstones as well, by rid: everything, or what it has of these entities."""

    async def forget(self, before: datetime) -> int:
        """Remove tombstones that were written before; answers with how many."""

    async def answers(self) -> bool:
        """Whether it can be asked now."""

    async def close(self) -> None:
        """Give the connections back."""
