"""The edit locks of an ontology that have not lapsed, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import At, Order

if TYPE_CHECKING:
    from app.persistence.reads.statement import Statement


def _of_ontology(_: At | None, __: Statement) -> tuple[str, str, str]:
    columns = "l.rid, l.holder, l.holder_name, l.acquired_at, l.until"
    return columns, "lease l", "l.ontology = parent.rid AND l.until > clock_timestamp()"


LOCKS = Source("locks", _of_ontology, {Order.AGE: (Column("l.token", "bigint"),)})
