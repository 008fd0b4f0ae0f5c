"""Answers to requests that may be sent again: stored with the write itself, for 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.errors import IdempotencyInProgress, IdempotencyKeyReused

if TYPE_CHECKING:
    from app.persistence.database import Transaction
    from app.persistence.neighbourhood import Reader


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A client's key, the root field that it is for, and a digest of the whole request."""

    key: str
    root_field: str
    body_hash: str


async def answered(work: Transaction, subject: str, idempotency: Idempotency) -> dict[str, Any] | None:
    """The stored answer; None when this request is the first, which then holds the key until it commits."""
    held = await work.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", f"{subject}\x1f{idempotency.key}\x1f{idempotency.root_field}"
    )
    if not held:
        raise IdempotencyInProgress
    row = await work.fetchrow(
        "SELECT body_hash, answer FROM idempotency_key WHERE subject = $1 AND key = $2 AND root_field = $3"
        " AND created_at > now() - interval '24 hours'",
        subject, idempotency.key, idempotency.root_field,
    )  # fmt: skip
    if row is None:
        return None
    if row["body_hash"] != idempotency.body_hash:
        raise IdempotencyKeyReused
    answer: dict[str, Any] = row["answer"]
    return answer


async def keep(work: Transaction, subject: str, idempotency: Idempotency, answer: dict[str, Any]) -> None:
    """Store the answer beside what was written."""
    await work.execute(
        """
        INSERT INTO idempotency_key (subject, key, root_field, body_hash, answer) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (subject, key, root_field) DO UPDATE SET body_hash = $4, answer = $5, created_at = now()
        """,
        subject, idempotency.key, idempotency.root_field, idempotency.body_hash, answer,
    )  # fmt: skip


async def stored(reader: Reader, subject: str, idempotency: Idempotency) -> dict[str, Any] | None:
    """The stored answer as a snapshot sees it, without holding the key."""
    rows = await reader.fetch(
        "SELECT body_hash, answer FROM idempotency_key WHERE subject = $1 AND key = $2 AND root_field = $3"
        " AND created_at > now() - interval '24 hours'",
        subject, idempotency.key, idempotency.root_field,
    )  # fmt: skip
    if not rows:
        return None
    if rows[0]["body_hash"] != idempotency.body_hash:
        raise IdempotencyKeyReused
    answer: dict[str, Any] = rows[0]["answer"]
    return answer
