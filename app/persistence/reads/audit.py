"""The audit log: every mutation with its actor, newest first."""

from __future__ import annotations

from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import At, Field, Order
from app.persistence.reads.statement import Statement, compared


def _of_ontology(_: At | None, __: Statement) -> tuple[str, str, str]:
    return "a.*", "audit_log a", "a.ontology = parent.rid"


AUDIT = Source(
    "audit",
    _of_ontology,
    {Order.AGE: (Column("a.id", "bigint"),)},
    {
        Field.ENTITY: "a.entity",
        Field.RID: "a.rid",
        Field.ACTOR: "a.actor",
        Field.ACTION: "a.action",
        Field.CHANGE_SET: "a.change_set",
        Field.SINCE: compared("a.at", ">=", "timestamptz"),
        Field.BEFORE: compared("a.at", "<", "timestamptz"),
    },
)
