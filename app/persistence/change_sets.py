"""Rows of change sets: the envelope, its operations, its comments and its log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from app.domain.change_set import ChangeSet, Operation
from app.domain.errors import NotFound
from app.domain.text import refused_character
from app.domain.topics import change_set_topic
from app.persistence import store
from app.persistence.mapping import change_set_of, ontology_of, operation_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.actor import Actor
    from app.domain.ontology import Ontology
    from app.persistence.database import Transaction
    from app.persistence.neighbourhood import Reader

PAGE = 1_000  # operations read at once
_TOPICS = {"opened": "opened", "merged": None, "closed": "closed", "rolled_back": "rolled-back"}  # any other type is an update
_STAGE = """
    INSERT INTO operation (id, change_set, position, verb, kind, rid, ref, expected_version, cascade, fields, restores, staged_by)
    SELECT id, change_set, position, verb, kind, rid, ref, expected_version, cascade, fields, restores, staged_by
    FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bool[], $10::jsonb[],
    $11::int[], $12::text[])
    AS row (id, change_set, position, verb, kind, rid, ref, expected_version, cascade, fields, restores, staged_by)
"""


async def ontology_named(reader: Reader, name: str) -> Ontology:
    """The ontology with this apiName, or with this rid."""
    if refused_character(name):
        raise NotFound("ontology", name[:120])
    column = "rid" if name.startswith("ri.") else "lower(api_name)"
    rows = await reader.fetch(f"SELECT * FROM ontology WHERE {column} = $1", name if column == "rid" else name.lower())
    if not rows:
        raise NotFound("ontology", name[:120])
    return ontology_of(rows[0])


async def ontology_of_rid(reader: Reader, rid: str) -> Ontology:
    """The ontology with this rid."""
    return await ontology_named(reader, rid)


async def epoch(reader: Reader) -> int:
    """The epoch of the whole database."""
    return int((await reader.fetch("SELECT epoch FROM installation"))[0][0])


async def find(reader: Reader, rid: str, *, lock: bool = False) -> ChangeSet:
    """The envelope; with `lock` nobody else changes it until the transaction ends."""
    if refused_character(rid):
        raise NotFound("change set", rid[:120])
    rows = await reader.fetch(f"SELECT * FROM change_set WHERE rid = $1{' FOR UPDATE' if lock else ''}", rid)
    if not rows:
        raise NotFound("change set", rid[:120])
    return change_set_of(rows[0])


async def operations(reader: Reader, rid: str) -> list[Operation]:
    """What it holds, in order; read in pages, so that decoding never holds the event loop for long."""
    found: list[Operation] = []
    last = 0
    while True:
        rows = await reader.fetch(
            "SELECT * FROM operation WHERE change_set = $1 AND position > $2 ORDER BY position LIMIT $3", rid, last, PAGE
        )
        found += [operation_of(row) for row in rows]
        if len(rows) < PAGE:
            return found
        last = rows[-1]["position"]
        await asyncio.sleep(0)


async def insert(work: Transaction, change_set: ChangeSet) -> ChangeSet:
    """A new envelope as it stands, merged already where that is so."""
    c = change_set
    await work.execute(
        """
        INSERT INTO change_set (rid, ontology, title, description, status, review, origin, version, base_revision, author, author_name,
            labels, reviewers, operation_count, merged_revision, merged_by, merged_at, rolls_back, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
        """,
        c.rid, c.ontology, c.title, c.description, c.status.value, c.review.value, c.origin.value, c.version, c.base_revision, c.author,
        c.author_name, list(c.labels), list(c.reviewers), c.operation_count, c.merged_revision, c.merged_by, c.merged_at, c.rolls_back,
        c.created_at, c.updated_at,
    )  # fmt: skip
    return change_set


async def stage(work: Transaction, rid: str, staged: Sequence[Operation], actor: Actor, *, after: int = 0) -> list[Operation]:
    """Append operations after a position; each gets its id."""
    numbered = [(uuid4(), operation) for operation in staged]
    rows = [
        (
            number, rid, after + place, each.verb.value, each.kind.value, each.rid, each.ref, each.expected_version, each.cascade,
            each.fields, each.restores, actor.id,
        )
        for place, (number, each) in enumerate(numbered, start=1)
    ]  # fmt: skip
    await work.execute_many(_STAGE, rows)
    return [
        Operation(each.verb, each.kind, each.rid, each.ref, each.expected_version, each.cascade, each.fields, each.restores, str(number))
        for number, each in numbered
    ]


async def last_position(work: Transaction, rid: str) -> int:
    """Where the last operation stands, 0 where there is none."""
    return int(await work.fetchval("SELECT coalesce(max(position), 0) FROM operation WHERE change_set = $1", rid))


async def touch(work: Transaction, rid: str, **columns: Any) -> ChangeSet:
    """Change columns of the envelope, which takes its next version."""
    given = {name: value for name, value in columns.items() if name != "operation_count_by"}
    assignments = [f"{name} = ${place}" for place, name in enumerate(given, start=2)]
    if "operation_count_by" in columns:
        assignments.append(f"operation_count = operation_count + ({int(columns['operation_count_by'])})")
    assignments += ["version = version + 1", "updated_at = clock_timestamp()"]
    sql = f"UPDATE change_set SET {', '.join(assignments)} WHERE rid = $1 RETURNING *"
    row = await work.fetchrow(sql, rid, *given.values())
    if row is None:
        raise NotFound("change set", rid[:120])
    return change_set_of(row)


async def log(work: Transaction, change_set: ChangeSet, event: str, actor: Actor, **data: Any) -> None:
    """Add to the change-set log, and tell the audit and the outbox; the last statement before the commit.

    The position comes from the ontology's counter row, held to the commit: so positions have no holes and commit order is
    their order, without waiting for merges.
    """
    envelope = {
        "status": change_set.status.value,
        "review": change_set.review.value,
        "version": change_set.version,
        "title": change_set.title,
        "author": change_set.author,
        "reviewers": list(change_set.reviewers),
        "operationCount": change_set.operation_count,
        "mergedRevision": change_set.merged_revision,
        **data,
    }
    await store.audited(
        work, change_set.ontology, actor, event, "change_set", change_set.rid, change_set=change_set.rid, detail=data or None
    )
    topic = _TOPICS.get(event, "updated")
    if topic is not None:
        payload = {"changeSet": change_set.rid, "ontology": change_set.ontology, "event": event, **envelope}
        await store.announce(work, change_set_topic(topic), change_set.ontology, actor, payload)
    await work.execute(
        """
        WITH place AS (
            UPDATE ontology_counter SET change_set_events = change_set_events + 1 WHERE ontology = $1 RETURNING change_set_events
        )
        INSERT INTO change_set_event (ontology, position, change_set, type, actor, actor_name, at, data)
        SELECT $1, change_set_events, $2, $3, $4, $5, clock_timestamp(), $6 FROM place
        """,
        change_set.ontology, change_set.rid, event, actor.id, actor.name, envelope,
    )  # fmt: skip
    await store.wake(work)


async def drop(work: Transaction, rid: str, ids: Sequence[str]) -> int:
    """Take operations out; answers with how many there were."""
    rows = await work.fetch(
        "DELETE FROM operation WHERE change_set = $1 AND id = ANY ($2::uuid[]) RETURNING id", rid, [UUID(each) for each in ids]
    )
    return len(rows)


async def amend(work: Transaction, rid: str, operation: Operation) -> None:
    """Replace the words of one operation."""
    await work.execute(
        "UPDATE operation SET fields = $3, expected_version = $4, cascade = $5 WHERE change_set = $1 AND id = $2",
        rid, UUID(operation.id), operation.fields, operation.expected_version, operation.cascade,
    )  # fmt: skip


async def reorder(work: Transaction, rid: str, ids: Sequence[str]) -> None:
    """Give the operations the order of their ids."""
    await work.execute(
        """
        UPDATE operation SET position = wanted.place FROM unnest($2::uuid[]) WITH ORDINALITY AS wanted (id, place)
        WHERE operation.id = wanted.id AND change_set = $1
        """,
        rid,
        [UUID(each) for each in ids],
    )


async def comment(work: Transaction, rid: str, actor: Actor, body: str, about: str | None, path: str | None) -> None:
    """What somebody says, about all of it or about one field of one entity."""
    await work.execute(
        "INSERT INTO change_set_comment (change_set, author, author_name, body, rid, path) VALUES ($1, $2, $3, $4, $5, $6)",
        rid, actor.id, actor.name, body, about, path,
    )  # fmt: skip


async def contributors(reader: Reader, rid: str) -> set[str]:
    """Who staged operations."""
    return {row["staged_by"] for row in await reader.fetch("SELECT DISTINCT staged_by FROM operation WHERE change_set = $1", rid)}


async def rolled_back(work: Transaction, rid: str, by: str) -> bool:
    """Mark a merged change set as undone by another; False where it was undone before."""
    rows = await work.fetch("UPDATE change_set SET rolled_back_by = $2 WHERE rid = $1 AND rolled_back_by IS NULL RETURNING rid", rid, by)
    return bool(rows)
