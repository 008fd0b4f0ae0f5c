"""Jobs whose work is kept until they end: what is to be done, and its file in pieces; whichever process is free takes the oldest.

Who takes one gets a token, and writes to the job with that: a process that was taken for dead writes nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from app.domain.errors import Unavailable
from app.domain.job import LEASE_SECONDS, JobKind
from app.persistence.watch import STATE_CHANNEL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.persistence.database import Transaction
    from app.persistence.neighbourhood import Reader

PIECE = 1024 * 1024  # bytes of a file in one row
_FREE = f"""
    kind = $1 AND work IS NOT NULL AND state IN ('QUEUED', 'RUNNING')
    AND (holder IS NULL OR beat_at < clock_timestamp() - interval '{LEASE_SECONDS} seconds')
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that this process has taken: what it is to do, and how often that was begun and counts, this time included."""

    rid: str
    holder: UUID
    work: dict[str, Any]
    attempts: int
    age: float  # seconds since it was accepted


async def keep(work: Transaction, rid: str, what: dict[str, Any], pieces: AsyncIterator[bytes]) -> None:
    """What the job is to do, and its file; nobody sees the job before both are there."""
    await work.execute("UPDATE job SET work = $2 WHERE rid = $1", rid, what)
    number = 0
    async for piece in pieces:
        number += 1
        await work.execute("INSERT INTO job_file (job, number, piece) VALUES ($1, $2, $3)", rid, number, piece)


async def waiting(reader: Reader, kind: JobKind) -> int:
    """How many jobs wait for somebody to take them."""
    [row] = await reader.fetch(f"SELECT count(*) AS count FROM job WHERE {_FREE}", kind.value)
    return int(row["count"])


async def take(work: Transaction, kind: JobKind) -> Taken | None:
    """The oldest that nobody has, or whose holder has given no sign of life; None where there is none."""
    row = await work.fetchrow(
        f"""
        UPDATE job SET holder = $2, attempts = attempts + 1, beat_at = clock_timestamp(), state = 'QUEUED', started_at = NULL,
            phase = '', done = 0, total = 0, detail = ''
        WHERE rid = (SELECT rid FROM job WHERE {_FREE} ORDER BY created_at, rid LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING rid, holder, work, attempts, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age
        """,
        kind.value, uuid4(),
    )  # fmt: skip
    return None if row is None else Taken(**row)


async def give_back(work: Transaction, taken: Taken, *, counts: bool) -> None:
    """Somebody else may take it at once; whether what was begun `counts` among its attempts is for the holder to say."""
    await work.execute(
        """
        UPDATE job SET holder = NULL, attempts = attempts - $3::int, state = 'QUEUED', started_at = NULL,
            phase = '', done = 0, total = 0, detail = ''
        WHERE rid = $1 AND holder = $2 AND state IN ('QUEUED', 'RUNNING')
        """,
        taken.rid, taken.holder, 0 if counts else 1,
    )  # fmt: skip
    await work.execute(f"NOTIFY {STATE_CHANNEL}")


async def note(work: Transaction, rid: str, holder: UUID, what: dict[str, Any]) -> None:
    """Remember something for whoever does the work again; Unavailable where somebody else has the job by now."""
    kept = await work.fetchval("UPDATE job SET work = work || $3 WHERE rid = $1 AND holder = $2 RETURNING true", rid, holder, what)
    if not kept:
        raise Unavailable("Another process has taken the job over.")


async def content(reader: Reader, rid: str) -> bytes:
    """The file of a job."""
    pieces: list[bytes] = []
    while True:
        rows = await reader.fetch("SELECT piece FROM job_file WHERE job = $1 AND number = $2", rid, len(pieces) + 1)
        if not rows:
            return b"".join(pieces)
        pieces.append(rows[0]["piece"])
