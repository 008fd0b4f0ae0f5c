"""Facets: by what the hits of a search differ, and how many have which value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.definition import Edge
from app.domain.search import BUCKETS, Count, Facet
from app.persistence.reads.statement import Statement, live, rendered

if TYPE_CHECKING:
    from app.persistence.database import Snapshot
    from app.persistence.reads.pages import Source
    from app.persistence.reads.selection import At, Condition

_COLUMNS = {
    Facet.KIND: "e.kind",
    Facet.STATUS: "e.status",
    Facet.BASE_TYPE: "e.definition #>> '{type,base}'",
    Facet.CREATED_BY: "e.created_by",
    Facet.CARDINALITY: "e.definition ->> 'cardinality'",
}


async def facets(snapshot: Snapshot, source: Source, at: At, where: Condition) -> list[Count]:
    """The most frequent values of each facet among the hits, in one statement."""
    statement = Statement([at.ontology])
    _, tables, tied = source.below(at, statement)
    condition = f"({tied}) AND ({rendered(where, source.filters, statement, at)})"
    own = ", ".join(f"{column} AS {facet.value}" for facet, column in _COLUMNS.items())
    there = f"r.source = {{}} AND r.edge = '{{}}' AND {live('r', at, statement)}"
    counted = [
        f"SELECT '{facet.value}', hit.{facet.value}, count(*) FROM hit WHERE hit.{facet.value} IS NOT NULL GROUP BY 2" for facet in _COLUMNS
    ]
    counted += [
        f"SELECT '{Facet.TYPE_GROUP.value}', grouped, count(*) FROM member GROUP BY 2",
        f"SELECT '{Facet.INTERFACE.value}', interface, count(*) FROM fulfilled GROUP BY 2",
    ]
    sql = f"""
        WITH RECURSIVE hit AS MATERIALIZED (SELECT e.rid, {own} FROM unnest($1::text[]) AS parent (rid) CROSS JOIN LATERAL (
            SELECT e.* FROM {tables} WHERE {condition}) AS e
        ), fulfilled (rid, interface) AS (
            SELECT hit.rid, r.target FROM hit JOIN entity_reference r ON {there.format("hit.rid", Edge.IMPLEMENTS.value)}
            UNION SELECT f.rid, r.target FROM fulfilled f JOIN entity_reference r ON {there.format("f.interface", Edge.EXTENDS.value)}
        ), member (rid, grouped) AS (
            SELECT DISTINCT hit.rid, r.target FROM hit JOIN entity_reference r ON {there.format("hit.rid", Edge.GROUP.value)}
        ) {" UNION ALL ".join(counted)}
    """
    return first([Count(Facet(facet), value, hits) for facet, value, hits in await snapshot.fetch(sql, *statement.arguments)])


def first(counts: list[Count]) -> list[Count]:
    """The most frequent values of each facet, equally frequent ones by value."""
    ranked = sorted(counts, key=lambda each: (list(Facet).index(each.facet), -each.hits, each.value))
    kept: dict[Facet, list[Count]] = {}
    for each in ranked:
        kept.setdefault(each.facet, []).append(each)
    return [each for values in kept.values() for each in values[:BUCKETS]]
