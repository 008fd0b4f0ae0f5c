"""Answers to requests that may be sent again: stored with the write itself, and for a day or as the settings say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter

from app.domain.change_set import ChangeSet
from app.domain.errors import IdempotencyInProgress, IdempotencyKeyReused
from app.domain.ontology import Ontology

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from app.persistence.database import Transaction
    from app.persistence.neighbourhood import Reader


T = TypeVar("T")
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A client's key, the root field that it is for, and a digest of the whole request."""

    key: str
    root_field: str
    body_hash: str
    seconds: float = DAY  # for which the answer stands


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
    await keep(work, [(subject, key, form.stored(answer))])
    return answer


async def answered(work: Transaction, subject: str, idempotency: Idempotency) -> dict[str, Any] | None:
    """The stored answer; None when this request is the first, which then holds the key until it commits."""
    [reason] = await hold(work, [(subject, idempotency)])
    if isinstance(reason, Answered):
        answer: dict[str, Any] = reason.answer
        return answer
    if reason is not None:
        raise reason
    return None


class Answered(Exception):
    """The request was answered before."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


Asked = tuple[str, Idempotency]
"""A subject and the key of its request."""


async def hold(work: Transaction, asked: Sequence[Asked]) -> list[Exception | None]:
    """Hold the keys until the transaction ends; for each that is not the first of its kind why not, an answer among the reasons."""
    scopes = [f"{subject}\x1f{each.key}\x1f{each.root_field}" for subject, each in asked]
    rows = await work.fetch(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(scope, 0)) AS held"
        " FROM unnest($1::text[]) WITH ORDINALITY AS wanted (scope, place) ORDER BY place",
        scopes,
    )
    stored = await work.fetch(
        """
        SELECT place, body_hash, answer FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[]) WITH ORDINALITY
        AS wanted (who, word, field, seconds, place)
        JOIN idempotency_key ON subject = wanted.who AND key = wanted.word AND root_field = wanted.field
        WHERE created_at > now() - wanted.seconds * interval '1 second'
        """,
        [subject for subject, _ in asked], [each.key for _, each in asked], [each.root_field for _, each in asked],
        [each.seconds for _, each in asked],
    )  # fmt: skip
    answers = {row["place"]: row for row in stored}
    found: list[Exception | None] = []
    for place, (scope, row, (_, each)) in enumerate(zip(scopes, rows, asked, strict=True)):
        answer = answers.get(place + 1)
        if answer is not None:
            found.append(Answered(answer["answer"]) if answer["body_hash"] == each.body_hash else IdempotencyKeyReused())
        else:
            found.append(None if row["held"] and scope not in scopes[:place] else IdempotencyInProgress())
    return found


async def keep(work: Transaction, answers: Sequence[tuple[str, Idempotency, Any]]) -> None:
    """Store answers beside what was written."""
    await work.execute_many(
        """
        INSERT INTO idempotency_key (subject, key, root_field, body_hash, answer)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
        ON CONFLICT (subject, key, root_field) DO UPDATE SET body_hash = excluded.body_hash, answer = excluded.answer, created_at = now()
        """,
        [(subject, each.key, each.root_field, each.body_hash, answer) for subject, each, answer in answers],
    )


async def stored(reader: Reader, subject: str, idempotency: Idempotency) -> dict[str, Any] | None:
    """The stored answer as a snapshot sees it, without holding the key."""
    rows = await reader.fetch(
        "SELECT body_hash, answer FROM idempotency_key WHERE subject = $1 AND key = $2 AND root_field = $3"
        " AND created_at > now() - $4 * interval '1 second'",
        subject, idempotency.key, idempotency.root_field, idempotency.seconds,
    )  # fmt: skip
    if not rows:
        return None
    if rows[0]["body_hash"] != idempotency.body_hash:
        raise IdempotencyKeyReused
    answer: dict[str, Any] = rows[0]["answer"]
    return answer
