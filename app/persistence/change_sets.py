"""Rows of change sets: the envelope, its operations, its comments and its log."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson

from app.domain.errors import NotFound
from app.domain.text import refused_character
from app.domain.topics import change_set_topic
from app.persistence import store
from app.persistence.background import off_loop, uncollected
from app.persistence.mapping import change_set_of, ontology_of, operation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.domain.actor import Actor
    from app.domain.change_set import ChangeSet, Operation
    from app.domain.ontology import Ontology
    from app.persistence.database import Transaction
    from app.persistence.neighbourhood import Reader

PAGE = 500  # operations read at once
PLACE = "place"  # where the change-set log ends
_COUNT = """
    UPDATE ontology_counter SET change_set_events = change_set_events + $2 WHERE ontology = $1 RETURNING change_set_events - $2 AS before
"""
_EVENTS = """
    INSERT INTO change_set_event (ontology, position, change_set, type, actor, actor_name, at, data)
    SELECT $1, place.before + number, rid, type, actor, actor_name, clock_timestamp(), data
    FROM place, unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) WITH ORDINALITY
    AS row (rid, type, actor, actor_name, data, number)
"""
_TOPICS = {"opened": "opened", "closed": "closed", "rolled_back": "rolled-back"}  # any other type is an update
_TEXTS = "ARRAY(SELECT jsonb_array_elements_text({}::jsonb))"
_INSERT = f"""
    INSERT INTO change_set (rid, ontology, title, description, status, review, origin, version, base_revision, author, author_name,
        labels, reviewers, operation_count, merged_revision, merged_by, merged_at, rolls_back, created_at, updated_at)
    SELECT rid, ontology, title, description, status, review, origin, version, base_revision, author, author_name,
        {_TEXTS.format("labels")}, {_TEXTS.format("reviewers")}, operation_count, merged_revision, merged_by, merged_at, rolls_back,
        created_at, updated_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bigint[], $10::text[],
    $11::text[], $12::text[], $13::text[], $14::int[], $15::bigint[], $16::text[], $17::timestamptz[], $18::text[], $19::timestamptz[],
    $20::timestamptz[])
    AS row (rid, ontology, title, description, status, review, origin, version, base_revision, author, author_name, labels, reviewers,
    operation_count, merged_revision, merged_by, merged_at, rolls_back, created_at, updated_at)
"""
_STAGE = """
    INSERT INTO operation (id, change_set, position, verb, kind, rid, ref, expected_version, cascade, fields, restores, staged_by, words)
    SELECT id, change_set, position, verb, kind, rid, ref, expected_version, cascade, fields, restores, staged_by, words
    FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bool[], $10::jsonb[],
    $11::int[], $12::text[], $13::jsonb[])
    AS row (id, change_set, position, verb, kind, rid, ref, expected_version, cascade, fields, restores, staged_by, words)
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


async def merged_as(reader: Reader, ontology: str, title: str) -> bool:
    """Whether a change set of this title was merged in the ontology of this name."""
    rows = await reader.fetch(
        """
        SELECT s.rid FROM change_set s JOIN ontology o ON o.rid = s.ontology
        WHERE o.api_name = $1 AND s.title = $2 AND s.status = 'MERGED'
        """,
        ontology,
        title,
    )
    return bool(rows)


async def operations(reader: Reader, rid: str) -> list[Operation]:
    """What it holds, in order; read in pages, so that decoding never holds the event loop for long."""
    found: list[Operation] = []
    last = 0
    with ExitStack() as large:
        while True:
            rows = await reader.fetch(
                "SELECT * FROM operation WHERE change_set = $1 AND position > $2 ORDER BY position LIMIT $3", rid, last, PAGE
            )
            await asyncio.sleep(0)
            found += [operation_of(row) for row in rows]
            if len(rows) < PAGE:
                return found
            if last == 0:
                large.enter_context(uncollected(PAGE))
            last = rows[-1]["position"]
            await asyncio.sleep(0)


async def insert(work: Transaction, *made: ChangeSet) -> None:
    """New envelopes as they stand: merged already where that is so."""
    await work.execute_many(
        _INSERT,
        [
            (
                c.rid, c.ontology, c.title, c.description, c.status.value, c.review.value, c.origin.value, c.version, c.base_revision,
                c.author, c.author_name, _listed(c.labels), _listed(c.reviewers), c.operation_count, c.merged_revision, c.merged_by,
                c.merged_at, c.rolls_back, c.created_at, c.updated_at,
            )
            for c in made
        ],
    )  # fmt: skip


def _listed(texts: Sequence[str]) -> str:
    return orjson.dumps(texts).decode()  # an array within an array would be a matrix to PostgreSQL


async def stage(work: Transaction, rid: str, staged: Sequence[Operation], actor: Actor, *, after: int = 0) -> list[Operation]:
    """Append operations after a position; each gets its id."""
    numbered = [replace(each, id=str(uuid4())) for each in staged]
    await stage_all(work, [(rid, numbered, actor)], after=after)
    return numbered


async def stage_all(work: Transaction, staged: Sequence[tuple[str, Sequence[Operation], Actor]], *, after: int = 0) -> None:
    """Append the operations of several change sets; those that have no id get one."""
    rows = await off_loop(lambda: list(_staged(staged, after)), sum(len(operations) for _, operations, _ in staged))
    await work.execute_many(_STAGE, rows)


def _staged(staged: Iterable[tuple[str, Sequence[Operation], Actor]], after: int) -> Iterator[tuple[Any, ...]]:
    for rid, operations, actor in staged:
        for place, each in enumerate(operations, start=after + 1):
            yield (
                each.id or uuid4(), rid, place, each.verb.value, each.kind.value, each.rid, each.ref, each.expected_version, each.cascade,
                each.fields, each.restores, actor.id, each.words,
            )  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a change set."""

    change_set: ChangeSet
    type: str
    actor: Actor
    data: Mapping[str, Any]

    @property
    def envelope(self) -> dict[str, Any]:
        """The change set as it is now, with what the event adds."""
        c = self.change_set
        return {
            "status": c.status.value, "review": c.review.value, "version": c.version, "title": c.title, "author": c.author,
            "reviewers": list(c.reviewers), "operationCount": c.operation_count, "mergedRevision": c.merged_revision, **self.data,
        }  # fmt: skip


async def log(work: Transaction, change_set: ChangeSet, event: str, actor: Actor, **data: Any) -> None:
    """Add to the change-set log, and tell the audit and the outbox; the last statement before the commit."""
    made, rid, ontology = Event(change_set, event, actor, data), change_set.rid, change_set.ontology
    store.audited(work, ontology, actor, event, "change_set", rid, change_set=rid, detail=data or None)
    payload = {"changeSet": rid, "ontology": ontology, "event": event, **made.envelope}
    store.announce(work, change_set_topic(_TOPICS.get(event, "updated")), ontology, actor, payload)
    await record(work, ontology, [made])


async def record(work: Transaction, ontology: str, events: Sequence[Event]) -> None:
    """Add events of one ontology to its change-set log, in their order.

    The positions come from the ontology's counter row, held to the commit: so positions have no holes and commit order is
    their order, without waiting for merges.
    """
    if work.waits(PLACE):  # no row can be counted up twice in one statement
        await work.flush()
    work.later(_COUNT, ontology, len(events), name=PLACE)
    columns = zip(*((each.change_set.rid, each.type, each.actor.id, each.actor.name, each.envelope) for each in events), strict=True)
    work.later(_EVENTS, ontology, *map(list, columns))
    store.wake(work)


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
