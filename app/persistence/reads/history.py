"""The log: what each merge changed, by revision, by entity and by ontology."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import At, Field, Order
from app.persistence.reads.statement import Statement, compared, given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from app.persistence.database import Snapshot
    from app.persistence.reads.statement import Filters

_CHANGE = """
    c.ontology, c.revision, c.index, c.rid, c.kind, c.version, c.action, m.at, m.actor, m.actor_name, m.change_set, m.request_id
"""
_TABLES = "change c JOIN revision m ON m.ontology = c.ontology AND m.revision = c.revision"
_FILTERS: Filters = {
    Field.KIND: "c.kind",
    Field.RID: "c.rid",
    Field.ACTION: "c.action",
    Field.ACTOR: "m.actor",
    Field.CHANGE_SET: "m.change_set",
    Field.SINCE: compared("m.at", ">=", "timestamptz"),
    Field.BEFORE: compared("m.at", "<", "timestamptz"),
}


def _until(alias: str, at: At | None, statement: Statement) -> str:
    return "true" if at is None or at.current else f"{alias}.revision <= {statement.put(at.revision, 'bigint')}"


def _of_entity(at: At | None, statement: Statement) -> tuple[str, str, str]:
    return _CHANGE, _TABLES, f"c.rid = parent.rid AND {_until('c', at, statement)}"


def _of_ontology(at: At | None, statement: Statement) -> tuple[str, str, str]:
    return _CHANGE, _TABLES, f"c.ontology = parent.rid AND {_until('c', at, statement)}"


def _of_revision(_: At | None, __: Statement) -> tuple[str, str, str]:
    # The parent is `ontology/revision`, so that many merges can be asked for their changes at once.
    tied = "c.ontology = split_part(parent.rid, '/', 1) AND c.revision = split_part(parent.rid, '/', 2)::bigint"
    return _CHANGE, _TABLES, tied


def _merges(at: At | None, statement: Statement) -> tuple[str, str, str]:
    columns = "m.ontology, m.revision, m.change_set, m.actor, m.actor_name, m.at, m.counts"
    return columns, "revision m", f"m.ontology = parent.rid AND {_until('m', at, statement)}"


OF_ENTITY = Source("changes of an entity", _of_entity, {Order.AGE: (Column("c.version", "bigint"),)}, _FILTERS)
OF_ONTOLOGY = Source("changes", _of_ontology, {Order.AGE: (Column("c.revision", "bigint"), Column("c.index", "bigint"))}, _FILTERS)
OF_REVISION = Source("changes of a merge", _of_revision, {Order.POSITION: (Column("c.index", "bigint"),)}, _FILTERS)
MERGES = Source(
    "merges",
    _merges,
    {Order.AGE: (Column("m.revision", "bigint"),)},
    {name: column for name, column in _FILTERS.items() if name not in {Field.KIND, Field.RID, Field.ACTION}},
)


def given_merges(statement: Statement, wanted: Sequence[tuple[str, int]]) -> str:
    """Rows `wanted` of ontologies and revisions, as SQL."""
    ontologies, revisions = [ontology for ontology, _ in wanted], [revision for _, revision in wanted]
    return given(statement, "wanted", ontology=("text", ontologies), revision=("bigint", revisions))


async def merges(snapshot: Snapshot, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Record]:
    """Merges by ontology and revision."""
    statement = Statement()
    those = given_merges(statement, wanted)
    rows = await snapshot.fetch(
        f"""
        SELECT m.ontology, m.revision, m.change_set, m.actor, m.actor_name, m.at, m.counts
        FROM {those}
        JOIN revision m ON m.ontology = wanted.ontology AND m.revision = wanted.revision
        """,
        *statement.arguments,
    )
    return {(row["ontology"], row["revision"]): row for row in rows}
