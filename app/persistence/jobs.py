"""Rows of jobs. A job whose process has ended is not written to any more: without a sign of life it counts as failed, unless its work is
kept, and then it waits for another process (`kept_work`).

`holder` is the token of who has taken a job whose work is kept, None for any other: nobody else writes to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.errors import ErrorCode, NotFound
from app.domain.job import LEASE_SECONDS, Job, JobKind, JobState
from app.domain.rid import mint_job
from app.domain.text import refused_character
from app.persistence.watch import STATE_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from app.domain.actor import Actor
    from app.persistence.database import Transaction
    from app.persistence.log import Source
    from app.persistence.neighbourhood import Reader

LINES = 5_000  # of a receipt, written at once
_LIVING = "state IN ('QUEUED', 'RUNNING')"
_SILENT = f"({_LIVING} AND beat_at < clock_timestamp() - interval '{LEASE_SECONDS} seconds')"
_COLUMNS = f"""
    rid, kind, title, ontology, phase, done, total, detail, author, author_name, created_at, started_at, finished_at,
    result, failure,
    beat_at + interval '{LEASE_SECONDS} seconds' AS lapses_at,
    CASE WHEN {_SILENT} AND work IS NOT NULL THEN 'QUEUED' ELSE state END AS state,
    {_SILENT} AND work IS NULL AS lost
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


async def advance(work: Transaction, rid: str, phase: str, done: int, total: int, detail: str, *, holder: UUID | None = None) -> None:
    """It runs, and is so far; a sign of life too."""
    await work.execute(
        f"""
        UPDATE job SET state = 'RUNNING', started_at = coalesce(started_at, clock_timestamp()), beat_at = clock_timestamp(),
            phase = $2, done = $3, total = $4, detail = $5
        WHERE rid = $1 AND {_LIVING} AND holder IS NOT DISTINCT FROM $6
        """,
        rid, phase, done, total, detail, holder,
    )  # fmt: skip
    await _tell(work)


async def beat(work: Transaction, rid: str, *, holder: UUID | None = None) -> None:
    """A sign of life."""
    await work.execute(
        f"UPDATE job SET beat_at = clock_timestamp() WHERE rid = $1 AND {_LIVING} AND holder IS NOT DISTINCT FROM $2", rid, holder
    )


async def succeed(work: Transaction, rid: str, result: dict[str, Any], *, holder: UUID | None = None) -> None:
    """It is done."""
    await _end(work, "state = 'SUCCEEDED', done = total, result = $2, beat_at = clock_timestamp()", rid, result, holder)


async def fail(work: Transaction, rid: str, failure: dict[str, Any], *, holder: UUID | None = None) -> None:
    """It ended without having done anything; one that has ended already stays as it is."""
    await _end(work, "state = 'FAILED', failure = $2", rid, failure, holder)


async def _end(work: Transaction, how: str, rid: str, told: dict[str, Any], holder: UUID | None) -> None:
    """What was to be done is nobody's business any more, and its file is gone."""
    await work.execute(
        f"""
        WITH ended AS (
            UPDATE job SET {how}, finished_at = clock_timestamp(), work = NULL, holder = NULL
            WHERE rid = $1 AND {_LIVING} AND holder IS NOT DISTINCT FROM $3 RETURNING rid
        )
        DELETE FROM job_file USING ended WHERE job = ended.rid
        """,
        rid, told, holder,
    )  # fmt: skip
    await _tell(work)


async def keep_lines(work: Transaction, rid: str, lines: Sequence[tuple[str, str, str, int]]) -> None:
    """The lines of a receipt: code, subject, sentence, statements; they stand in place of those that an earlier attempt kept."""
    await work.execute("DELETE FROM job_line WHERE job = $1", rid)
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
