"""The graph in Neo4j: a node an entity, a relationship a reference, and a mark an ontology that says which revision it is at.

Labels and relationship types come from our own lists. A node is locked before its version is compared, so of two writers
the later version stays. Neo4j reads what is committed, statement by statement: the mark is what tells a reader that
nothing was committed in between.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from neo4j import READ_ACCESS, AsyncGraphDatabase
from neo4j.exceptions import DriverError, Neo4jError
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from app.domain.definition import Edge, Status
from app.domain.graph import Busy, Direction, EdgeCount, Link, Node, Statistics
from app.domain.kind import Kind
from app.ports.graph_store import Vertex
from app.ports.search_index import Refusal, SinkDown

T = TypeVar("T")
Word = TypeVar("Word", bound=StrEnum)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence

    from neo4j import AsyncSession, AsyncTransaction

    from app.ports.graph_store import HeldState

tracer = trace.get_tracer(__name__)

SECONDS = 10.0  # that one transaction may take
CHUNK = 1_000  # vertices of one transaction
PAGE = 1_000  # vertices read at once
STUB = -1  # the version of what is referred to before it was written
TYPES = {edge: edge.name for edge in Edge}
LABELS = {kind: kind.value.title().replace("_", "") for kind in Kind}

_CONSTRAINTS = (
    "CREATE CONSTRAINT oms_entity_rid IF NOT EXISTS FOR (e:Entity) REQUIRE e.rid IS UNIQUE",
    "CREATE CONSTRAINT oms_mark_ontology IF NOT EXISTS FOR (m:Mark) REQUIRE m.ontology IS UNIQUE",
    "CREATE INDEX oms_entity_ontology IF NOT EXISTS FOR (e:Entity) ON (e.ontology)",
)
_BEGIN = """
    MERGE (m:Mark {ontology: $ontology}) SET m.touched = timestamp()
    SET m.upto = CASE WHEN coalesce(m.upto, -1) < $version THEN $version ELSE m.upto END, m.reached = coalesce(m.reached, -1)
"""
_FINISH = """
    MATCH (m:Mark {ontology: $ontology}) WHERE m.reached >= $since
    SET m.reached = CASE WHEN m.reached < $version THEN $version ELSE m.reached END, m.whole = $whole
"""
_SWEEP = "MATCH (e:Entity {ontology: $ontology}) WHERE 0 <= e.version < $version DETACH DELETE e"
_SWEEP_STUBS = "MATCH (e:Entity {ontology: $ontology}) WHERE e.version < 0 AND NOT (e)--() DELETE e"  # others stand for what was refused
_DEMOTE = "UNWIND $versions AS v MATCH (e:Entity {rid: v[0], ontology: $ontology}) WHERE e.version = v[1] SET e.version = -1"
_REFUSALS = (
    "Neo.ClientError.Statement.",
    "Neo.ClientError.Schema.ConstraintValidationFailed",
)  # of what is written, and not of this moment
_NODES = """
    UNWIND $vertices AS v MERGE (e:Entity {rid: v.rid}) SET e.touched = timestamp()
    WITH e, v WHERE coalesce(toIntegerOrNull(e.version), -1) <= v.version
    SET e.ontology = $ontology, e.version = v.version, e.deleted = v.deleted, e.writtenAt = v.writtenAt, e += v.fields
    WITH e OPTIONAL MATCH (e)-[r]->() DELETE r
"""
_LINKS = """
    UNWIND $links AS l MATCH (s:Entity {rid: l.source}) WHERE s.version = l.version
    MERGE (t:Entity {rid: l.target}) ON CREATE SET t.version = -1, t.deleted = false, t.ontology = $ontology
    MERGE (s)-[r:%s {path: l.path}]->(t) SET r.edge = l.edge
"""
_ALIVE = "{0}.ontology = $ontology AND NOT {0}.deleted AND {0}.version >= 0"
_LINK = "s.rid AS source, t.rid AS target, r.edge AS edge, r.path AS path"


class Neo4jGraph:
    """Speaks to one database; nothing here is the only copy of anything."""

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        """The address may bring a user and a password."""
        parts = urlsplit(url)
        auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._driver = AsyncGraphDatabase.driver(
            urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])), auth=auth,
             connection_acquisition_timeout=seconds, connection_timeout=seconds,
            max_transaction_retry_time=0, notifications_min_severity="OFF", telemetry_disabled=True,
        )  # fmt: skip
        self._seconds = seconds
        self._prepared = False

    async def prepare(self) -> None:
        if self._prepared:
            return
        for constraint in _CONSTRAINTS:
            await self._declared(constraint)
        self._prepared = True

    async def begin(self, ontology: str, version: int) -> None:
        await self._written((_BEGIN, {"ontology": ontology, "version": version}))

    async def put(self, ontology: str, vertices: Sequence[Vertex], *, invented: Mapping[str, int] | None = None) -> list[Refusal]:
        refused: list[Refusal] = []
        with tracer.start_as_current_span("neo4j write", kind=SpanKind.CLIENT, attributes={"oms.vertices": len(vertices)}):
            for begin in range(0, len(vertices), CHUNK):
                refused += await self._put(ontology, vertices[begin : begin + CHUNK], invented or {})
        return refused

    async def finish(self, ontology: str, version: int, *, since: int = -1, whole: bool = True) -> None:
        await self._written((_FINISH, {"ontology": ontology, "version": version, "since": since, "whole": whole}))

    async def reached(self, ontology: str) -> int:
        rows = await self._read("MATCH (m:Mark {ontology: $ontology}) RETURN m.reached AS reached", ontology=ontology)
        return int(rows[0]["reached"]) if rows else STUB

    async def sweep(self, ontology: str, version: int) -> None:
        given = {"ontology": ontology, "version": version}
        await self._written((_SWEEP, given), (_SWEEP_STUBS, given))

    @asynccontextmanager
    async def at(self, ontology: str, version: int) -> AsyncIterator[HeldState | None]:
        async with self._session(default_access_mode=READ_ACCESS) as session:
            work = await self._asked(session.begin_transaction(timeout=self._seconds))
            try:
                state = Neo4jState(self, work, ontology, version)
                yield state if await state.held() else None
            finally:
                await work.close()

    async def stored(self, ontology: str, *, rids: Sequence[str] | None = None) -> AsyncIterator[Vertex]:
        after, among = "", "" if rids is None else " AND e.rid IN $rids"
        while True:
            rows = await self._read(
                f"MATCH (e:Entity) WHERE e.ontology = $ontology AND e.version >= 0 AND e.rid > $after{among}"
                " WITH e ORDER BY e.rid LIMIT $page"
                " OPTIONAL MATCH (e)-[r]->(t:Entity)"
                " RETURN e AS node, collect(CASE WHEN r IS NULL THEN null ELSE [r.edge, t.rid, r.path] END) AS links ORDER BY node.rid",
                ontology=ontology, after=after, page=PAGE, rids=rids,
            )  # fmt: skip
            for row in rows:
                node = row["node"]
                links = tuple(
                    sorted(Link(node["rid"], str(target), _as_it_lies(Edge, edge), str(path)) for edge, target, path in row["links"])
                )
                alive = node.get("deleted") is False  # as those ask who are answered from here
                yield Vertex(node["rid"], node["version"], _lying(node) if alive else None, links)
            if len(rows) < PAGE:
                return
            after = rows[-1]["node"]["rid"]

    async def forget(self, before: datetime) -> int:
        """Tombstones that something still points at are kept: it has not been written yet."""
        rows = await self._read(
            "MATCH (e:Entity) WHERE e.deleted AND e.writtenAt < $before AND NOT (e)--() DELETE e RETURN count(*) AS gone",
            writes=True, before=before.timestamp(),
        )  # fmt: skip
        return int(rows[0]["gone"])

    async def answers(self) -> bool:
        try:
            await self._read("RETURN 1 AS one")
        except SinkDown:
            return False
        return True

    async def close(self) -> None:
        await self._driver.close()

    async def ask(self, work: AsyncTransaction, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a query within a transaction."""

        async def rows() -> list[dict[str, Any]]:
            return [dict(row) async for row in await work.run(query, parameters)]

        return await self._asked(rows())

    async def _put(self, ontology: str, vertices: Sequence[Vertex], invented: Mapping[str, int]) -> list[Refusal]:
        """In one transaction, or by halves where that is refused, down to the vertices that are at fault."""
        demoted = [[each.rid, invented[each.rid]] for each in vertices if each.rid in invented]
        before = [(_DEMOTE, {"ontology": ontology, "versions": demoted})] if demoted else []
        try:
            await self._written(*before, *_statements(ontology, vertices))
        except SinkDown as down:
            if not isinstance(fault := down.__cause__, Neo4jError) or not str(fault.code).startswith(_REFUSALS):
                raise
            if len(vertices) == 1:
                return [Refusal(vertices[0].rid, str(down))]
            half = len(vertices) // 2
            return [*await self._put(ontology, vertices[:half], invented), *await self._put(ontology, vertices[half:], invented)]
        return []

    async def _declared(self, constraint: str, tries: int = 3) -> None:
        """Two workers that start at once meet: the server fails one of them, of a deadlock or since it exists by now."""
        try:
            async with self._session() as session:
                await self._asked(session.run(constraint))
        except SinkDown as down:
            if tries == 1 or not isinstance(down.__cause__, Neo4jError):
                raise
            await self._declared(constraint, tries - 1)

    async def _read(self, query: str, *, writes: bool = False, **parameters: Any) -> list[dict[str, Any]]:
        async def rows() -> list[dict[str, Any]]:
            async with self._session(**({} if writes else {"default_access_mode": READ_ACCESS})) as session:
                return [dict(row) async for row in await session.run(query, parameters)]

        return await self._asked(rows())

    async def _written(self, *statements: tuple[str, dict[str, Any]]) -> None:
        async def write() -> None:
            async with self._session() as session:
                work = await session.begin_transaction(timeout=self._seconds)
                async with work:
                    for query, parameters in statements:
                        await (await work.run(query, parameters)).consume()
                    await work.commit()

        await self._asked(write())

    def _session(self, **options: Any) -> AsyncSession:
        return self._driver.session(**options)

    async def _asked(self, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                return await answer
        except (DriverError, Neo4jError, OSError, TimeoutError) as down:
            raise SinkDown(_why(down)) from down


def _why(down: Exception) -> str:
    """For people, who read it as a reason: the server's own words where it said any, and no address."""
    if isinstance(down, Neo4jError):
        return f"{type(down).__name__}: {down}"[:500]
    return "the graph database does not answer" if isinstance(down, TimeoutError) else "the graph database cannot be reached"


class Neo4jState:
    """One ontology's graph in one transaction. A HeldState."""

    def __init__(self, graph: Neo4jGraph, work: AsyncTransaction, ontology: str, version: int) -> None:
        self._graph = graph
        self._work = work
        self._ontology = ontology
        self._version = version

    async def held(self) -> bool:
        """Whether the mark says that nothing was begun or finished since this version, and that nothing was refused."""
        rows = await self._ask(
            "MATCH (m:Mark {ontology: $ontology}) RETURN m.upto AS upto, m.reached AS reached, coalesce(m.whole, true) AS whole"
        )
        return bool(rows) and rows[0]["upto"] == rows[0]["reached"] == self._version and rows[0]["whole"]

    async def around(self, rids: Collection[str], direction: Direction, edges: Collection[Edge], most: int) -> list[Link]:
        parts = {Direction.OUT: ("s",), Direction.IN: ("t",), Direction.BOTH: ("s", "t")}[direction]
        matched = " UNION ".join(
            f"UNWIND $rids AS rid MATCH ({end}:Entity {{rid: rid}}) MATCH (s)-[r]->(t) WHERE r.edge IN $edges"
            f" AND {_ALIVE.format('s')} RETURN {_LINK}"
            for end in parts
        )
        rows = await self._ask(
            f"CALL () {{ {matched} }} RETURN source, target, edge, path ORDER BY source, target, edge, path LIMIT $most",
            rids=list(rids), edges=_names(edges), most=most,
        )  # fmt: skip
        return _links(rows)

    async def between(self, rids: Collection[str], edges: Collection[Edge], most: int) -> list[Link]:
        rows = await self._ask(
            "UNWIND $rids AS rid MATCH (s:Entity {rid: rid})-[r]->(t:Entity) WHERE t.rid IN $rids AND r.edge IN $edges"
            f" RETURN DISTINCT {_LINK} ORDER BY source, target, edge, path LIMIT $most",
            rids=list(rids), edges=_names(edges), most=most,
        )  # fmt: skip
        return _links(rows)

    async def nodes(self, rids: Collection[str]) -> dict[str, Node]:
        rows = await self._ask(
            f"UNWIND $rids AS rid MATCH (e:Entity {{rid: rid}}) WHERE {_ALIVE.format('e')} RETURN DISTINCT e", rids=list(rids)
        )
        return {row["e"]["rid"]: _node(row["e"]) for row in rows}

    async def links(self, edges: Collection[Edge]) -> list[Link]:
        rows = await self._ask(
            f"MATCH (s:Entity {{ontology: $ontology}})-[r]->(t) WHERE {_ALIVE.format('s')} AND r.edge IN $edges RETURN {_LINK}",
            edges=_names(edges),
        )
        return _links(rows)

    async def statistics(self, busiest: int) -> Statistics:
        alive, source = _ALIVE.format("e"), _ALIVE.format("s")
        counted = await self._ask(f"MATCH (e:Entity {{ontology: $ontology}}) WHERE {alive} RETURN count(e) AS nodes")
        edges = await self._ask(f"MATCH (s:Entity {{ontology: $ontology}})-[r]->() WHERE {source} RETURN r.edge AS edge, count(*) AS count")
        rows = await self._ask(
            f"MATCH (s:Entity {{ontology: $ontology}})-[r]->(e) WHERE {source} AND r.edge <> $owner AND {alive}"
            " RETURN e, count(*) AS count ORDER BY count DESC, e.rid LIMIT $busiest",
            owner=Edge.OWNER.value, busiest=busiest,
        )  # fmt: skip
        known = [EdgeCount(Edge(row["edge"]), row["count"]) for row in edges if row["edge"] in {edge.value for edge in Edge}]
        by_edge = tuple(sorted(known, key=lambda each: each.edge.value))
        busy = tuple(Busy(_node(row["e"]), row["count"]) for row in rows)
        return Statistics(counted[0]["nodes"], sum(each.count for each in by_edge), by_edge, busy)

    async def _ask(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        return await self._graph.ask(self._work, query, ontology=self._ontology, **parameters)


def _statements(ontology: str, vertices: Sequence[Vertex]) -> list[tuple[str, dict[str, Any]]]:
    """Nodes first, by kind since a label is no parameter, then what they refer to, by type."""
    now = datetime.now(UTC).timestamp()
    by_label: dict[str, list[dict[str, Any]]] = defaultdict(list)
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in sorted(vertices, key=lambda vertex: vertex.rid):  # two writers lock in one order
        fields = _fields(each.node) if each.node else {}
        label = LABELS[each.node.kind] if each.node else ""
        by_label[label].append({"rid": each.rid, "version": each.version, "deleted": each.node is None, "writtenAt": now, "fields": fields})
        for link in each.links:
            row = {"source": link.source, "target": link.target, "path": link.path, "edge": link.edge.value, "version": each.version}
            by_type[TYPES[link.edge]].append(row)
    nodes = [
        (_NODES.replace("SET e.ontology", f"SET e:{label} SET e.ontology") if label else _NODES, {"ontology": ontology, "vertices": rows})
        for label, rows in sorted(by_label.items())
    ]
    return [*nodes, *((_LINKS % name, {"ontology": ontology, "links": rows}) for name, rows in sorted(by_type.items()))]


def _fields(node: Node) -> dict[str, str]:
    return {
        "kind": node.kind.value, "apiName": node.api_name, "displayName": node.display_name, "status": node.status.value,
    }  # fmt: skip


def _node(row: Any) -> Node:
    """SinkDown where no release of ours writes such a one: then PostgreSQL answers, until a comparison has put it right."""
    try:
        return Node(Kind(row["kind"]), row["apiName"], row["rid"], row["displayName"], Status(row["status"]))
    except (KeyError, ValueError) as odd:
        raise SinkDown(f"The graph holds what this release does not know: {row.get('rid')}") from odd


def _lying(row: Any) -> Node:
    kind, status = _as_it_lies(Kind, row.get("kind")), _as_it_lies(Status, row.get("status"))
    return Node(kind, str(row.get("apiName")), row["rid"], str(row.get("displayName")), status)


def _as_it_lies(sort: type[Word], value: object) -> Word:
    """What no release of ours writes stays as it is: it equals nothing that is wanted, so that who compares finds it."""
    try:
        return sort(str(value))
    except ValueError:
        return cast("Word", str(value))


def _links(rows: Sequence[dict[str, Any]]) -> list[Link]:
    found = {Link(row["source"], row["target"], Edge(row["edge"]), row["path"]) for row in rows}
    return sorted(found)


def _names(edges: Collection[Edge]) -> list[str]:
    return sorted(edge.value for edge in edges)
