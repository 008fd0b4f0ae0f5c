"""The receipt of an import, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import At, Order

if TYPE_CHECKING:
    from app.persistence.reads.statement import Statement


def _of_job(_: At | None, __: Statement) -> tuple[str, str, str]:
    return "l.*", "job_line l", "l.job = parent.rid"


LINES = Source("receipt", _of_job, {Order.AGE: (Column("l.number", "bigint"),)}, {})
