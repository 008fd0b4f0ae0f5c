"""Entities as of a revision: by rid, by name, by kind, and along the references between them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from app.domain.definition import Edge
from app.domain.graph import IDLE
from app.domain.words import sort_key
from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import At, Field, Order, Test
from app.persistence.reads.statement import Statement, among, compared, entities, entity_columns, given, live, pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asyncpg import Record

    from app.domain.kind import Kind
    from app.persistence.database import Snapshot
    from app.persistence.reads.statement import Filters

_RID = Column("e.rid", "text")
_BY_NAME = (Column("e.name_key", "text"), _RID)
KEYS: Mapping[Order, tuple[Column, ...]] = {
    Order.NAME: _BY_NAME,
    Order.DISPLAY_NAME: (Column("e.display_key", "text"), _RID),
    Order.CREATED_AT: (Column("e.created_at", "timestamptz"), _RID),
    Order.UPDATED_AT: (Column("e.updated_at", "timestamptz"), _RID),
}


def _text(test: Test, statement: Statement, _: At | None) -> str:
    name, display = (statement.put(pattern(text), "text") for text in (test.value.lower(), sort_key(test.value)))
    return f"e.name_key LIKE {name} OR e.display_key LIKE {display}"


def _refers(test: Test, statement: Statement, at: At | None) -> str:
    targets, edge = statement.put(list(test.value), "text[]"), statement.put(test.edge, "text")
    alive = live("f", at, statement)
    return f"EXISTS (SELECT FROM entity_reference f WHERE f.source = e.rid AND f.target = ANY ({targets}) AND f.edge = {edge} AND {alive})"


def _fulfils(test: Test, statement: Statement, at: At | None) -> str:
    targets = statement.put(list(test.value), "text[]")
    alive, onward = live("f", at, statement), live("r", at, statement)
    below = (
        f"WITH RECURSIVE below (rid) AS (SELECT unnest({targets}) UNION SELECT r.source FROM below b JOIN entity_reference r"
        f" ON r.target = b.rid AND r.edge = '{Edge.EXTENDS.value}' AND {onward}) SELECT rid FROM below"
    )
    return (
        "EXISTS (SELECT FROM entity_reference f"
        f" WHERE f.source = e.rid AND f.edge = '{Edge.IMPLEMENTS.value}' AND {alive} AND f.target IN ({below}))"
    )


def _has_property(test: Test, statement: Statement, at: At | None) -> str:
    table, alive = entities("p", _at(at), statement)
    types = statement.put(list(test.value), "text[]")
    return f"EXISTS (SELECT FROM {table} WHERE p.owner = e.rid AND p.definition #>> '{{type,base}}' = ANY ({types}) AND {alive})"


FILTERS: Filters = {
    Field.TEXT: _text,
    Field.RID: "e.rid",
    Field.API_NAME: "e.api_name",
    Field.KIND: "e.kind",
    Field.STATUS: "e.status",
    Field.OWNER: "e.owner",
    Field.VISIBILITY: "coalesce(e.definition ->> 'visibility', 'NORMAL')",
    Field.BASE_TYPE: "e.definition #>> '{type,base}'",
    Field.CARDINALITY: "e.definition ->> 'cardinality'",
    Field.REQUIRED: compared("coalesce((e.definition ->> 'required')::bool, false)", "=", "bool"),
    Field.REFERS: _refers,
    Field.FULFILS: _fulfils,
    Field.PROPERTY_TYPE: _has_property,
    Field.CREATED_BY: "e.created_by",
    Field.UPDATED_BY: "e.updated_by",
    Field.UPDATED_SINCE: compared("e.updated_at", ">=", "timestamptz"),
    Field.UPDATED_BEFORE: compared("e.updated_at", "<", "timestamptz"),
}


def _at(at: At | None) -> At:
    if at is None:
        message = "entities are read as of a revision"
        raise ValueError(message)
    return at


@cache
def of_kind(kind: Kind) -> Source:
    """The entities of one kind; the parent is the ontology."""

    def below(at: At | None, statement: Statement) -> tuple[str, str, str]:
        table, alive = entities("e", _at(at), statement)
        return (
            entity_columns("e", head=_at(at).current, only=statement.only),
            table,
            f"e.ontology = parent.rid AND e.kind = '{kind.value}' AND {alive}",
        )

    return Source(f"of-kind {kind.value}", below, KEYS, FILTERS, kind)


def _owned(at: At | None, statement: Statement) -> tuple[str, str, str]:
    table, alive = entities("e", _at(at), statement)
    return entity_columns("e", head=_at(at).current, only=statement.only), table, f"e.owner = parent.rid AND {alive}"


OWNED = Source("owned", _owned, {Order.POSITION: (Column("e.position", "text"), _RID), **KEYS}, FILTERS)


@cache
def referring(kind: Kind, *edges: Edge) -> Source:
    """The entities of one kind that refer to the parent by any of the edges, each once."""
    names = ", ".join(f"'{edge.value}'" for edge in edges)

    def below(at: At | None, statement: Statement) -> tuple[str, str, str]:
        table, alive = entities("e", _at(at), statement)
        there = live("r", at, statement)
        sources = f"SELECT DISTINCT r.source FROM entity_reference r WHERE r.target = parent.rid AND r.edge IN ({names}) AND {there}"
        return (
            entity_columns("e", head=_at(at).current, only=statement.only),
            f"({sources}) AS s JOIN {table} ON e.rid = s.source",
            f"e.kind = '{kind.value}' AND {alive}",
        )

    return Source(f"referring {kind.value} {names}", below, KEYS, FILTERS)


# A link type as it is seen from the end that a reference names: its own words, and those of the near and the far side.
NEAR, FAR = "left(r.path, 1)", "CASE left(r.path, 1) WHEN 'a' THEN 'b' ELSE 'a' END"
SIDE_COLUMNS = {
    "side.end": NEAR,
    "side.apiName": f"e.definition -> {NEAR} ->> 'apiName'",
    "side.displayName": f"coalesce(e.definition -> {NEAR} ->> 'displayName', '')",
    "side.visibility": f"coalesce(e.definition -> {NEAR} ->> 'visibility', 'NORMAL')",
    "side.cardinality": "e.definition ->> 'cardinality'",
    "side.other": f"e.definition -> {FAR} ->> 'objectType'",
}


def _sides(at: At | None, statement: Statement) -> tuple[str, str, str]:
    table, alive = entities("e", _at(at), statement)
    only = statement.only
    seen = ", ".join(f'{sql} AS "{name}"' for name, sql in SIDE_COLUMNS.items() if only is None or name in only)
    columns = ", ".join(filter(None, [entity_columns("e", head=_at(at).current, only=only), seen]))
    tied = f"r.target = parent.rid AND r.edge = '{Edge.SIDE.value}' AND {live('r', at, statement)} AND {alive}"
    return columns, f"entity_reference r JOIN {table} ON e.rid = r.source", tied


SIDES = Source("sides", _sides, {Order.NAME: (*_BY_NAME, Column("r.path", "text"))}, FILTERS)


def _usages(at: At | None, statement: Statement) -> tuple[str, str, str]:
    table, alive = entities("e", _at(at), statement)
    columns = f"{entity_columns('e', head=_at(at).current, only=statement.only)}, r.edge, r.path"
    tied = f"r.target = parent.rid AND r.edge <> '{Edge.OWNER.value}' AND {live('r', at, statement)} AND {alive}"
    return columns, f"entity_reference r JOIN {table} ON e.rid = r.source", tied


_USAGE_KEYS = (Column("e.kind", "text"), *_BY_NAME, Column("r.path", "text"))
USAGES = Source("usages", _usages, {Order.NAME: _USAGE_KEYS}, {Field.KIND: "e.kind", Field.REFERS: "r.edge"})


def _unused(at: At | None, statement: Statement) -> tuple[str, str, str]:
    table, alive = entities("e", _at(at), statement)
    idle = ", ".join(f"'{edge.value}'" for edge in sorted(IDLE))
    used = f"SELECT FROM entity_reference r WHERE r.target = e.rid AND r.edge NOT IN ({idle}) AND {live('r', at, statement)}"
    tied = f"e.ontology = parent.rid AND {alive} AND NOT EXISTS ({used})"
    return entity_columns("e", head=_at(at).current, only=statement.only), table, tied


UNUSED = Source("unused", _unused, {Order.NAME: (Column("e.kind", "text"), *_BY_NAME)}, {Field.KIND: "e.kind"})


async def by_rid(snapshot: Snapshot, at: At, rids: Sequence[str], only: frozenset[str] | None = None) -> dict[str, Record]:
    """The entities with these rids as of the revision, all their columns or `only` some; one that was not there is left out."""
    statement = Statement()
    those = f"{among(statement, 'e.rid', rids)} AND e.ontology = {statement.put(at.ontology, 'text')}"
    table, alive = entities("e", at, statement)
    columns = entity_columns("e", head=at.current, only=only)
    rows = await snapshot.fetch(f"SELECT {columns} FROM {table} WHERE {those} AND {alive}", *statement.arguments)
    return {row["rid"]: row for row in rows}


async def anywhere(snapshot: Snapshot, rids: Sequence[str]) -> dict[str, Record]:
    """Present entities by rid alone, with what is known of their ontology: its rid, name, revision and epoch."""
    statement = Statement()
    rows = await snapshot.fetch(
        f"""
        SELECT {entity_columns("e", head=True)}, o.rid AS ontology, o.api_name AS ontology_name, o.head_revision, i.epoch
        FROM entity e JOIN ontology o ON o.rid = e.ontology CROSS JOIN installation i
        WHERE {among(statement, "e.rid", rids)} AND NOT e.deleted
        """,
        *statement.arguments,
    )
    return {row["rid"]: row for row in rows}


async def by_name(snapshot: Snapshot, at: At, kind: Kind, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Record]:
    """Entities by namespace and name, a former name included; the case must be right."""
    statement = Statement(at.ontology, kind.value)
    spaces, own = [namespace for namespace, _ in names], [name for _, name in names]
    wanted = given(statement, "wanted", namespace=("text", spaces), name=("text", own))
    table, alive = entities("e", at, statement)
    rows = await snapshot.fetch(
        f"""
        SELECT wanted.namespace, wanted.name, {entity_columns("e", head=at.current)}
        FROM {wanted}
        JOIN entity_name n
            ON n.ontology = $1 AND n.namespace = wanted.namespace AND n.name = lower(wanted.name) AND {live("n", at, statement)}
        JOIN {table} ON e.rid = n.rid AND e.kind = $2 AND {alive}
        WHERE e.api_name = wanted.name OR e.definition -> 'aliases' ? wanted.name
        """,
        *statement.arguments,
    )
    return {(row["namespace"], row["name"]): row for row in rows}


async def versions(snapshot: Snapshot, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Record]:
    """Entities at a version, deleted ones included."""
    statement = Statement()
    those = given(statement, "wanted", rid=("text", [rid for rid, _ in wanted]), version=("int", [version for _, version in wanted]))
    rows = await snapshot.fetch(
        f"""
        SELECT {entity_columns("e", head=False)}, e.deleted, e.ontology
        FROM {those} JOIN entity_version e ON e.rid = wanted.rid AND e.version = wanted.version
        """,
        *statement.arguments,
    )
    return {(row["rid"], row["version"]): row for row in rows}


async def statistics(snapshot: Snapshot, at: At) -> list[Any]:
    """How many entities there are, by kind and status."""
    statement = Statement(at.ontology)
    table, alive = entities("e", at, statement)
    return await snapshot.fetch(
        f"SELECT e.kind, e.status, count(*) AS count FROM {table} WHERE e.ontology = $1 AND {alive} GROUP BY e.kind, e.status",
        *statement.arguments,
    )
