"""Change sets with their operations, comments and events, as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import At, Field, Order, Test
from app.persistence.reads.statement import Statement, among, compared, contains

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from app.persistence.database import Snapshot
    from app.persistence.reads.statement import Rendering

_RID = Column("s.rid", "text")


def _touches(test: Test, statement: Statement, _: At | None) -> str:
    return f"EXISTS (SELECT FROM operation t WHERE t.change_set = s.rid AND t.rid = ANY ({statement.put(list(test.value), 'text[]')}))"


def _overlaps(column: str) -> Rendering:
    def test(condition: Test, statement: Statement, _: At | None) -> str:
        return f"{column} && {statement.put(list(condition.value), 'text[]')}"

    return test


def _of_ontology(_: At | None, __: Statement) -> tuple[str, str, str]:
    return "s.*", "change_set s", "s.ontology = parent.rid"


CHANGE_SETS = Source(
    "change sets",
    _of_ontology,
    {Order.UPDATED_AT: (Column("s.updated_at", "timestamptz"), _RID), Order.CREATED_AT: (Column("s.created_at", "timestamptz"), _RID)},
    {
        Field.TEXT: contains("lower(s.title)", "lower(s.description)"),
        Field.STATUS: "s.status",
        Field.REVIEW: "s.review",
        Field.ORIGIN: "s.origin",
        Field.AUTHOR: "s.author",
        Field.REVIEWER: _overlaps("s.reviewers"),
        Field.LABEL: _overlaps("s.labels"),
        Field.TOUCHES: _touches,
        Field.UPDATED_SINCE: compared("s.updated_at", ">=", "timestamptz"),
        Field.UPDATED_BEFORE: compared("s.updated_at", "<", "timestamptz"),
    },
)


def _operations(_: At | None, __: Statement) -> tuple[str, str, str]:
    columns = (
        "t.id, t.change_set, t.position, t.verb, t.kind, t.rid, t.ref, t.expected_version, t.cascade, t.fields, t.staged_by, t.staged_at"
    )
    return columns, "operation t", "t.change_set = parent.rid"


def _comments(_: At | None, __: Statement) -> tuple[str, str, str]:
    return (
        "t.id, t.change_set, t.author, t.author_name, t.body, t.rid, t.path, t.created_at",
        "change_set_comment t",
        "t.change_set = parent.rid",
    )


def _events(_: At | None, __: Statement) -> tuple[str, str, str]:
    # The log is kept by ontology, so the change set's own index is reached by way of its row.
    columns = "t.ontology, t.position, t.change_set, t.type, t.actor, t.actor_name, t.at, t.data"
    return (
        columns,
        "change_set_event t",
        "t.change_set = parent.rid AND t.ontology = (SELECT s.ontology FROM change_set s WHERE s.rid = parent.rid)",
    )


OPERATIONS = Source(
    "operations",
    _operations,
    {Order.POSITION: (Column("t.position", "bigint"),)},
    {Field.KIND: "t.kind", Field.RID: "t.rid", Field.ACTION: "t.verb"},
)
COMMENTS = Source("comments", _comments, {Order.AGE: (Column("t.id", "bigint"),)}, {Field.RID: "t.rid", Field.AUTHOR: "t.author"})
EVENTS = Source("events", _events, {Order.AGE: (Column("t.position", "bigint"),)})


async def by_rid(snapshot: Snapshot, rids: Sequence[str]) -> dict[str, Record]:
    """Change sets by rid."""
    statement = Statement()
    rows = await snapshot.fetch(f"SELECT * FROM change_set WHERE {among(statement, 'rid', rids)}", *statement.arguments)
    return {row["rid"]: row for row in rows}
