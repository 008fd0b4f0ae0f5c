"""Answers to requests that may be sent again: stored with the write itself, for 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter

from app.domain.change_set import ChangeSet
from app.domain.errors import IdempotencyInProgress, IdempotencyKeyReused
from app.domain.ontology import Ontology

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.persistence.database import Transaction
    from app.persistence.neighbourhood import Reader


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A client's key, the root field that it is for, and a digest of the whole request."""

    key: str
    root_field: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """How an answer is stored as JSON, and how it is read back."""

    stored: Callable[[T], Any]
    read: Callable[[Any], T]

    @classmethod
    def of(cls, kind: type[T]) -> Form[T]:
        """The form of a dataclass of the domain."""
        adapter = TypeAdapter(kind)
        return cls(lambda answer: adapter.dump_python(answer, mode="json"), adapter.validate_python)


CHANGE_SET = Form.of(ChangeSet)
ONTOLOGY = Form.of(Ontology)


async def once(work: Transaction, subject: str, key: Idempotency | None, act: Callable[[], Awaitable[T]], form: Form[T]) -> T:
    """What `act` answers, and the same again without acting for a second request with the key."""
    if key is None:
        return await act()
    known = await answered(work, subject, key)
    if known is not None:
        return form.read(known)
    answer = await act()
    await keep(work, subject, key, form.stored(answer))
    return answer


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
