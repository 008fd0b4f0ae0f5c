"""Rows of jobs. A job whose process has ended is not written to any more: without a sign of life it counts as failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.errors import ErrorCode, NotFound
from app.domain.job import LEASE_SECONDS, Job, JobKind, JobState
from app.domain.rid import mint_job
from app.domain.text import refused_character
from app.persistence.watch import STATE_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.actor import Actor
    from app.persistence.database import Transaction
    from app.persistence.log import Source
    from app.persistence.neighbourhood import Reader

LINES = 5_000  # of a receipt, written at once
_LIVING = "state IN ('QUEUED', 'RUNNING')"
_COLUMNS = f"""
    rid, kind, title, ontology, state, phase, done, total, detail, author, author_name, created_at, started_at, finished_at,
    result, failure,
    beat_at + interval '{LEASE_SECONDS} seconds' AS lapses_at,
    {_LIVING} AND beat_at < clock_timestamp() - interval '{LEASE_SECONDS} seconds' AS lost
"""
_LOST = {"code": ErrorCode.UNAVAILABLE.value, "message": "The process that ran it has ended, and nothing was stored: submit it again."}


async def insert(work: Transaction, actor: Actor, kind: JobKind, title: str, ontology: str) -> Job:
    """A new job that waits for its turn."""
    row = await work.fetchrow(
        f"""
        INSERT INTO job (rid, kind, title, ontology, state, author, author_name, request_id)
        VALUES ($1, $2, $3, $4, 'QUEUED', $5, $6, $7) RETURNING {_COLUMNS}
        """,
        mint_job(), kind.value, title, ontology, actor.id, actor.name, actor.request_id,
    )  # fmt: skip
    await _tell(work)
    return _job(row or {})


async def find(reader: Reader, rid: str) -> Job:
    """The job as it is now."""
    rows = [] if refused_character(rid) else await reader.fetch(f"SELECT {_COLUMNS} FROM job WHERE rid = $1", rid)
    if not rows:
        raise NotFound("job", rid[:120])
    return _job(rows[0])


async def of_rids(source: Source, rids: Sequence[str]) -> dict[str, Job | None]:
    """The jobs that are followed, by rid."""
    rows = await source.fetch(f"SELECT {_COLUMNS} FROM job WHERE rid = ANY ($1::text[])", rids)
    return {row["rid"]: _job(row) for row in rows}


async def advance(work: Transaction, rid: str, phase: str, done: int, total: int, detail: str) -> None:
    """It runs, and is so far; a sign of life too."""
    await work.execute(
        f"""
        UPDATE job SET state = 'RUNNING', started_at = coalesce(started_at, clock_timestamp()), beat_at = clock_timestamp(),
            phase = $2, done = $3, total = $4, detail = $5
        WHERE rid = $1 AND {_LIVING}
        """,
        rid, phase, done, total, detail,
    )  # fmt: skip
    await _tell(work)


async def beat(work: Transaction, rid: str) -> None:
    """A sign of life."""
    await work.execute(f"UPDATE job SET beat_at = clock_timestamp() WHERE rid = $1 AND {_LIVING}", rid)


async def succeed(work: Transaction, rid: str, result: dict[str, Any]) -> None:
    """It is done."""
    await work.execute(
        f"""
        UPDATE job SET state = 'SUCCEEDED', done = total, result = $2, finished_at = clock_timestamp(), beat_at = clock_timestamp()
        WHERE rid = $1 AND {_LIVING}
        """,
        rid, result,
    )  # fmt: skip
    await _tell(work)


async def fail(work: Transaction, rid: str, failure: dict[str, Any]) -> None:
    """It ended without having done anything; one that has ended already stays as it is."""
    await work.execute(
        f"UPDATE job SET state = 'FAILED', failure = $2, finished_at = clock_timestamp() WHERE rid = $1 AND {_LIVING}", rid, failure
    )
    await _tell(work)


async def keep_lines(work: Transaction, rid: str, lines: Sequence[tuple[str, str, str, int]]) -> None:
    """The lines of a receipt: code, subject, sentence, statements."""
    rows = [(rid, number, *line) for number, line in enumerate(lines, 1)]
    await work.execute_many(
        """
        INSERT INTO job_line (job, number, code, subject, sentence, statements)
        SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::int[])
        """,
        rows,
        chunk=LINES,
    )


def _job(row: Mapping[str, Any]) -> Job:
    lost = row["lost"]
    return Job(
        row["rid"], JobKind(row["kind"]), row["title"], row["ontology"], JobState.FAILED if lost else JobState(row["state"]), row["phase"],
        row["done"], row["total"], row["detail"], row["author"], row["author_name"], row["created_at"], row["started_at"],
        row["lapses_at"] if lost else row["finished_at"], row["result"], _LOST if lost else row["failure"],
    )  # fmt: skip


async def _tell(work: Transaction) -> None:
    await work.execute(f"NOTIFY {STATE_CHANNEL}")
