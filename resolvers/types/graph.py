"""The ontology as a graph: walks along references, from the graph database where it is there and far enough, else from PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from app.domain import graph as domain
from app.domain.definition import Edge
from app.domain.definition import Edge as Reference
from app.domain.kind import Kind as Kinds
from app.persistence.reads import entities
from app.persistence.reads.selection import Field, Order, Test
from app.services import graph
from resolvers.enums import Kind, Status
from resolvers.paging import After, Before, Connection, First, Last, List, Paging, connection
from resolvers.scalars import Revision, Rid
from resolvers.types.entity import Entity, entity, one

if TYPE_CHECKING:
    from app.ports.graph_store import GraphState

T = TypeVar("T")

strawberry.enum(domain.Direction, name="GraphDirection", description="Which way a walk follows references.")
for _value in domain.Direction.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by the line above
    _value.description = {
        "OUT": "To what an entity refers to.",
        "IN": "To what refers to an entity.",
        "BOTH": "Either way.",
    }[_value.name]
Direction = domain.Direction


@strawberry.enum(name="GraphServedBy", description="What answered a question about the graph.")
class ServedBy(Enum):
    """Either way the answer is of the revision that it names."""

    POSTGRES = strawberry.enum_value(
        "postgres", description="The database: in the past, and where the graph database is not there or behind."
    )
    NEO4J = strawberry.enum_value("neo4j", description="The graph database.")


_ANY = "Only these; all where nothing is said."
Start = Annotated[strawberry.ID, strawberry.argument(description="The rid of the entity to begin at.")]
End = Annotated[strawberry.ID, strawberry.argument(description="The rid of the entity to end at.")]
Depth = Annotated[int, strawberry.argument(description="How many steps at most, from 1 to 10.")]
Way = Annotated[Direction, strawberry.argument(description="Which way references are followed.")]
OfKinds = Annotated[list[Kind] | None, strawberry.argument(description=f"The kinds of entities that are stepped on. {_ANY}")]
ByEdges = Annotated[list[Reference] | None, strawberry.argument(description=f"The sorts of references that are followed. {_ANY}")]
Limit = Annotated[int, strawberry.argument(description="How many nodes at most, from 1 to 1,000.")]
Groups = Annotated[int, strawberry.argument(description="How many circles at most, from 1 to 1,000.")]
Unused = Annotated[list[Kind], strawberry.argument(description="The kinds that are looked through; none of them, nothing.")]


@strawberry.type(description="An entity in the graph.")
class GraphNode:
    rid: Rid = strawberry.field(description="The entity.")
    kind: Kind = strawberry.field(description="Which kind of entity it is.")
    api_name: str = strawberry.field(description="Its apiName.")
    display_name: str = strawberry.field(description="Its display name.")
    status: Status = strawberry.field(description="Where it is in its life.")
    depth: int | None = strawberry.field(description="How many steps it is away from where the walk began; null where there was no walk.")
    _at: strawberry.Private[Any]

    @strawberry.field(description="The entity with everything in it.")
    async def entity(self, info: strawberry.Info[Any]) -> Entity | None:
        return await one(info, self._at, self.rid)


@strawberry.type(description="A reference from one entity to another.")
class GraphLink:
    source: Rid = strawberry.field(description="Who refers.")
    target: Rid = strawberry.field(description="What it refers to.")
    edge: Reference = strawberry.field(description="In which way.")
    path: str = strawberry.field(description="Where the reference stands in the definition of who refers.")


@strawberry.type(description="What is around an entity.")
class Neighbourhood:
    nodes: list[GraphNode] = strawberry.field(description="What was reached, nearest first and then by kind and name, the start included.")
    links: list[GraphLink] = strawberry.field(description="The references between any two of the nodes, at most 10,000.")
    truncated: bool = strawberry.field(description="Whether there is more than was asked for or than an answer holds.")
    served_by: ServedBy = strawberry.field(description="What answered.")
    revision: Revision = strawberry.field(description="The revision that the answer is of.")


@strawberry.type(description="One shortest way between two entities.")
class GraphPath:
    length: int = strawberry.field(description="How many steps it takes.")
    nodes: list[GraphNode] = strawberry.field(description="The entities on the way, both ends included.")
    links: list[GraphLink] = strawberry.field(description="The first reference of each step, whichever way it points.")


@strawberry.type(description="The shortest ways between two entities.")
class GraphPaths:
    paths: list[GraphPath] = strawberry.field(description="All of one length, at most 20; none where there is no way.")
    served_by: ServedBy = strawberry.field(description="What answered.")
    revision: Revision = strawberry.field(description="The revision that the answer is of.")


@strawberry.type(description="An entity that depends on another, and why.")
class GraphImpact:
    node: GraphNode = strawberry.field(description="The entity that depends.")
    link: GraphLink = strawberry.field(description="The reference by which it depends: on the start, or on what depends on that in turn.")
    reason: str = strawberry.field(description="The last step, as a sentence.")
    breaks: bool = strawberry.field(
        description="Whether it cannot be without the start: its deletion would be refused, or take this along. "
        "Otherwise it is only to be adapted."
    )


@strawberry.type(description="What would break or change with an entity.")
class GraphImpacts:
    affected: list[GraphImpact] = strawberry.field(description="Nearest first, each entity once, with the reason that says most.")
    truncated: bool = strawberry.field(description="Whether there is more than was asked for or than an answer holds.")
    served_by: ServedBy = strawberry.field(description="What answered.")
    revision: Revision = strawberry.field(description="The revision that the answer is of.")


@strawberry.type(description="Entities that refer to one another in a circle.")
class GraphCycle:
    size: int = strawberry.field(description="How many entities are in it.")
    nodes: list[GraphNode] = strawberry.field(description="The first 100 of them, by kind and name.")


@strawberry.type(description="The circles of a graph.")
class GraphCycles:
    cycles: list[GraphCycle] = strawberry.field(description="The largest first.")
    served_by: ServedBy = strawberry.field(description="What answered.")
    revision: Revision = strawberry.field(description="The revision that the answer is of.")


@strawberry.type(description="How many references there are of one sort.")
class EdgeCount:
    edge: Reference = strawberry.field(description="The sort.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="An entity that much refers to.")
class BusyNode:
    node: GraphNode = strawberry.field(description="The entity.")
    count: int = strawberry.field(description="How many references point at it, ownership not counted.")


@strawberry.type(description="How large the graph is.")
class GraphStatistics:
    node_count: int = strawberry.field(description="How many entities there are.")
    link_count: int = strawberry.field(description="How many references there are.")
    edges: list[EdgeCount] = strawberry.field(description="How many of each sort; sorts without any are left out.")
    busiest: list[BusyNode] = strawberry.field(description="The 20 entities that most refers to.")
    served_by: ServedBy = strawberry.field(description="What answered.")
    revision: Revision = strawberry.field(description="The revision that the answer is of.")


@strawberry.type(description="The ontology as a graph of entities and the references between them, as of the revision that is read.")
class Graph:
    _at: strawberry.Private[Any]

    @strawberry.field(description="What is around an entity, up to a number of steps.")
    async def neighbourhood(
        self, info: strawberry.Info[Any], rid: Start, depth: Depth = 1, direction: Way = Direction.BOTH, kinds: OfKinds = None,
        edges: ByEdges = None, limit: Limit = 100,
    ) -> Neighbourhood:  # fmt: skip
        found, served = await self._ask(
            info,
            lambda state: graph.neighbourhood(
                state, rid, depth=depth, direction=direction, kinds=_kinds(kinds), edges=_edges(edges), limit=limit
            ),
        )
        nodes = [self._node(each.node, each.depth) for each in found.nodes]
        return Neighbourhood(
            nodes=nodes, links=_links(found.links), truncated=found.truncated, served_by=served, revision=Revision(self._at.revision)
        )

    @strawberry.field(description="The shortest ways from one entity to another.")
    async def shortest_paths(
        self, info: strawberry.Info[Any], source: Start, target: End, longest: Depth = 6, direction: Way = Direction.BOTH,
        kinds: OfKinds = None, edges: ByEdges = None,
    ) -> GraphPaths:  # fmt: skip
        found, served = await self._ask(
            info,
            lambda state: graph.shortest_paths(
                state, source, target, longest=longest, direction=direction, kinds=_kinds(kinds), edges=_edges(edges)
            ),
        )
        paths = [
            GraphPath(
                length=len(each.links), nodes=[self._node(node, step) for step, node in enumerate(each.nodes)], links=_links(each.links)
            )
            for each in found
        ]
        return GraphPaths(paths=paths, served_by=served, revision=Revision(self._at.revision))

    @strawberry.field(description="Everything that would break or change when an entity changes or goes, with the reason of each step.")
    async def impact(self, info: strawberry.Info[Any], rid: Start, depth: Depth = 10, limit: Limit = 100) -> GraphImpacts:
        (found, truncated), served = await self._ask(info, lambda state: graph.impact(state, rid, depth=depth, limit=limit))
        affected = [
            GraphImpact(node=self._node(each.node, each.depth), link=_link(each.link), reason=each.reason, breaks=each.breaks)
            for each in found
        ]
        return GraphImpacts(affected=affected, truncated=truncated, served_by=served, revision=Revision(self._at.revision))

    @strawberry.field(
        description="Entities that refer to one another in a circle. References within an object type, to its own properties and back, "
        "are left out unless they are asked for."
    )
    async def cycles(self, info: strawberry.Info[Any], edges: ByEdges = None, limit: Groups = 10) -> GraphCycles:
        groups, served = await self._ask(info, lambda state: graph.cyclic(state, edges=_edges(edges), limit=limit))
        made = [GraphCycle(size=len(group), nodes=[self._node(node) for node in group[:SHOWN]]) for group in groups]
        return GraphCycles(cycles=made, served_by=served, revision=Revision(self._at.revision))

    @strawberry.field(
        description="Entities that nothing refers to, by kind and name. That a property belongs to an object type is no use of it, "
        "and neither is to be named as a replacement."
    )
    async def unused(
        self, info: strawberry.Info[Any], kinds: Unused, first: First = None, after: After = None, last: Last = None,
        before: Before = None,
    ) -> Connection[Entity]:  # fmt: skip
        where = Test(Field.KIND, tuple(kind.value for kind in kinds))
        listed = List(entities.UNUSED, self._at.ontology, self._at, Order.NAME, where=where)
        return await connection(info, listed, Paging(first, after, last, before), entity)

    @strawberry.field(description="How large the graph is, and what most refers to.")
    async def statistics(self, info: strawberry.Info[Any]) -> GraphStatistics:
        found, served = await self._ask(info, graph.statistics)
        return GraphStatistics(
            node_count=found.nodes, link_count=found.links,
            edges=[EdgeCount(edge=each.edge, count=each.count) for each in found.by_edge],
            busiest=[BusyNode(node=self._node(each.node), count=each.count) for each in found.busiest],
            served_by=served, revision=Revision(self._at.revision),
        )  # fmt: skip

    def _node(self, node: domain.Node, depth: int | None = None) -> GraphNode:
        return GraphNode(
            rid=Rid(node.rid), kind=node.kind, api_name=node.api_name, display_name=node.display_name, status=node.status, depth=depth,
            _at=self._at,
        )  # fmt: skip

    async def _ask(self, info: strawberry.Info[Any], question: Callable[[GraphState], Awaitable[T]]) -> tuple[T, ServedBy]:
        context = info.context
        answer, by_store = await context.services.graphs.ask(context.snapshot, self._at, question)
        return answer, ServedBy.NEO4J if by_store else ServedBy.POSTGRES


SHOWN = 100  # nodes of a circle


def _kinds(kinds: Sequence[Kinds] | None) -> frozenset[Kinds] | None:
    return None if kinds is None else frozenset(kinds)


def _edges(edges: Sequence[Edge] | None) -> frozenset[Edge] | None:
    return None if edges is None else frozenset(edges)


def _link(link: domain.Link) -> GraphLink:
    return GraphLink(source=Rid(link.source), target=Rid(link.target), edge=link.edge, path=link.path)


def _links(links: Sequence[domain.Link]) -> list[GraphLink]:
    return [_link(link) for link in links]
