"""Writing a merge: state, versions, names, references, log, audit and outbox, in bulk and in one transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from app.domain.entity import Change, Entity
from app.domain.topics import KEYS, change_set_topic, entity_topic
from app.persistence.background import off_loop
from app.persistence.database import LOG_CHANNEL
from app.persistence.mapping import filed, ontology_of
from app.persistence.search import writing as searching
from app.persistence.tables import LAST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.domain.actor import Actor
    from app.domain.ontology import Ontology
    from app.persistence.database import Transaction
    from app.persistence.search.writing import Words

_ROW = """
    rid, ontology, kind, version, api_name, name_key, display_name, display_key, status, owner, position,
    definition, created_at, created_by, updated_at, updated_by
"""
_ARRAYS = """
    unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::text[], $13::timestamptz[], $14::text[], $15::timestamptz[], $16::text[], $17::bigint[], $18::bool[])
    AS row (rid, ontology, kind, version, api_name, name_key, display_name, display_key, status, owner, position, definition,
    created_at, created_by, updated_at, updated_by, revision, deleted)
"""
_VALUES = _ROW.replace("definition,", "row.definition::jsonb,").replace("position", "row.position")
_UPSERT = f"""
    INSERT INTO entity ({_ROW}, revision, deleted) SELECT {_VALUES}, revision, deleted FROM {_ARRAYS}
    ON CONFLICT (rid) DO UPDATE SET version = excluded.version, revision = excluded.revision, deleted = excluded.deleted,
        api_name = excluded.api_name, name_key = excluded.name_key, display_name = excluded.display_name,
        display_key = excluded.display_key, status = excluded.status, owner = excluded.owner, position = excluded.position,
        definition = excluded.definition, updated_at = excluded.updated_at, updated_by = excluded.updated_by
"""
_VERSIONS = f"INSERT INTO entity_version ({_ROW}, revision_from, deleted) SELECT {_VALUES}, revision, deleted FROM {_ARRAYS}"
_REFERENCES = """
    INSERT INTO entity_reference (ontology, source, target, edge, path, revision_from)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
"""
_NAMES = """
    INSERT INTO entity_name (ontology, namespace, name, rid, path, revision_from)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
"""
_LOG = """
    INSERT INTO change (ontology, revision, index, rid, kind, version, action)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::int[], $7::text[])
"""
_AUDIT = """
    INSERT INTO audit_log (at, ontology, actor, actor_name, action, entity, rid, change_set, revision, before_version, after_version,
        request_id)
    SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::int[], $11::int[], $12::text[])
"""
_OUTBOX = """
    INSERT INTO outbox (topic, key, ontology, revision, index, rid, version, actor, request_id, traceparent)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::int[], $6::text[], $7::int[], $8::text[], $9::text[],
    $10::text[])
"""


async def lock(work: Transaction, ontology: str) -> Ontology:
    """Take the ontology's turn to write; foreign keys of others may still refer to the row."""
    row = await work.fetchrow("SELECT * FROM ontology WHERE rid = $1 FOR NO KEY UPDATE", ontology)
    if row is None:
        message = "the ontology was there a moment ago and ontologies are never deleted"
        raise LookupError(message)
    return ontology_of(row)


async def turn(work: Transaction, ontology: str) -> tuple[int, datetime]:
    """The next revision and its time, which is later than any before it."""
    row = await work.fetchrow(
        """
        UPDATE ontology SET head_revision = head_revision + 1,
            head_at = greatest(clock_timestamp(), head_at + interval '1 microsecond')
        WHERE rid = $1 RETURNING head_revision, head_at
        """,
        ontology,
    )
    if row is None:
        message = "a locked ontology has a row"
        raise LookupError(message)
    return row["head_revision"], row["head_at"]


def settled(changes: Sequence[Change], revision: int, at: datetime, actor: Actor) -> tuple[Change, ...]:
    """The changes with the versions, times and actors under which they are stored."""
    return tuple(Change(change.rid, change.before, _after(change.after, revision, at, actor)) for change in changes)


def _after(after: Entity | None, revision: int, at: datetime, actor: Actor) -> Entity | None:
    if after is None:
        return None
    return Entity(after.rid, after.version, after.definition, revision, after.created_at or at, after.created_by or actor.id, at, actor.id)


async def store(
    work: Transaction, ontology: str, revision: int, at: datetime, actor: Actor, change_set: str, changes: Sequence[Change]
) -> dict[str, Any]:
    """Write the changes of one revision; answers with their counts by kind and action."""
    rows = await off_loop(lambda: [_row(change, ontology, revision, at, actor) for change in changes], len(changes))
    moved = [change.rid for change in changes if change.before is not None]
    if moved:
        await work.execute(
            f"UPDATE entity_version SET revision_to = $2 WHERE rid = ANY ($1::text[]) AND revision_to = {LAST}",
            moved,
            revision,
        )
    restored = [change.rid for change in changes if change.before is None and change.after is not None and change.after.version > 1]
    if restored:
        await work.execute(
            f"UPDATE entity_version SET revision_to = $2 WHERE rid = ANY ($1::text[]) AND revision_to = {LAST}",
            restored,
            revision,
        )
    await work.execute_many(_UPSERT, rows)
    await work.execute_many(_VERSIONS, rows)
    await _parts(work, ontology, revision, changes)
    await _log(work, ontology, revision, at, actor, change_set, changes)
    return _counts(changes)


def _row(change: Change, ontology: str, revision: int, at: datetime, actor: Actor) -> tuple[Any, ...]:
    entity = change.after or change.before
    if entity is None:
        message = "a change has at least one state"
        raise ValueError(message)
    deleted = change.after is None
    return (
        entity.rid, ontology, entity.kind.value, entity.version + 1 if deleted else entity.version, *filed(entity.definition),
        orjson.dumps(entity.definition.canonical()).decode(), entity.created_at or at, entity.created_by or actor.id, at, actor.id,
        revision, deleted,
    )  # fmt: skip


class _Parts(NamedTuple):
    """What stands beside the versions: what ended, by table, and what is new."""

    lost: dict[str, list[str]]
    references: list[tuple[Any, ...]]
    names: list[tuple[Any, ...]]
    words: list[tuple[str, Words]]


_BY_SOURCE = {"entity_reference": "source"}  # the other tables call it rid


def _part_rows(ontology: str, revision: int, changes: Sequence[Change]) -> _Parts:
    parts = _Parts({"entity_reference": [], "entity_name": [], "entity_search": []}, [], [], [])
    for change in changes:
        before, after = change.before, change.after
        old, new = before.references if before else (), after.references if after else ()
        if set(old) != set(new):
            if old:
                parts.lost["entity_reference"].append(change.rid)
            parts.references.extend((ontology, change.rid, each.target, each.edge.value, each.path, revision) for each in new)
        old_names = tuple(before.definition.names()) if before else ()
        new_names = tuple(after.definition.names()) if after else ()
        if set(old_names) != set(new_names):
            if old_names:
                parts.lost["entity_name"].append(change.rid)
            parts.names.extend((ontology, *each.key, change.rid, each.path, revision) for each in new_names)
        if before is None or after is None or tuple(before.definition.search_text()) != tuple(after.definition.search_text()):
            if before is not None:
                parts.lost["entity_search"].append(change.rid)
            if after is not None:
                parts.words.append((change.rid, searching.of(after.definition)))
    return parts


async def _parts(work: Transaction, ontology: str, revision: int, changes: Sequence[Change]) -> None:
    """References, names and words: what ended gets its end, what is new its beginning."""
    parts = await off_loop(lambda: _part_rows(ontology, revision, changes), len(changes))
    for table, rids in parts.lost.items():
        if rids:
            await work.execute(
                f"UPDATE {table} SET revision_to = $2 WHERE {_BY_SOURCE.get(table, 'rid')} = ANY ($1::text[]) AND revision_to = {LAST}",
                rids,
                revision,
            )
    await work.execute_many(_REFERENCES, parts.references)
    await work.execute_many(_NAMES, parts.names)
    await searching.store(work, ontology, revision, parts.words)


async def _log(
    work: Transaction, ontology: str, revision: int, at: datetime, actor: Actor, change_set: str, changes: Sequence[Change]
) -> None:
    log, audit, outbox = [], [], []
    for index, change in enumerate(changes):
        before = change.before.version if change.before else None
        after = change.after.version if change.after else None
        version = after if after is not None else (before or 0) + 1
        kind, action = change.kind, change.action
        log.append((ontology, revision, index, change.rid, kind.value, version, action.value))
        audit.append(
            (
                at,
                ontology,
                actor.id,
                actor.name,
                action.value,
                kind.value,
                change.rid,
                change_set,
                revision,
                before,
                after,
                actor.request_id,
            )
        )
        topic = entity_topic(kind, action)
        outbox.append((topic, change.rid, ontology, revision, index, change.rid, version, actor.id, actor.request_id, actor.traceparent))
    await work.execute_many(_LOG, log)
    await work.execute_many(_AUDIT, audit)
    await work.execute_many(_OUTBOX, outbox)


def _counts(changes: Sequence[Change]) -> dict[str, Any]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for change in changes:
        counted[change.kind.value][change.action.value] += 1
    return {kind: dict(actions) for kind, actions in sorted(counted.items())}


async def record_revision(
    work: Transaction, ontology: str, revision: int, at: datetime, actor: Actor, change_set: str, counts: dict[str, Any]
) -> None:
    """The line of the merge log, and the event that our own workers follow."""
    await work.execute(
        """
        INSERT INTO revision (ontology, revision, change_set, actor, actor_name, at, request_id, traceparent, counts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        ontology, revision, change_set, actor.id, actor.name, at, actor.request_id, actor.traceparent, counts,
    )  # fmt: skip
    payload = {"changeSet": change_set, "ontology": ontology, "revision": revision, "counts": counts}
    await announce(work, change_set_topic("merged"), ontology, actor, payload, revision=revision)


async def announce(
    work: Transaction, topic: str, ontology: str, actor: Actor, payload: dict[str, Any], *, revision: int | None = None
) -> None:
    """An outbox row that carries its payload, under the key that the table of topics declares."""
    key = ontology if KEYS[topic] == "ontology" else payload[KEYS[topic]]
    await work.execute(
        "INSERT INTO outbox (topic, key, ontology, revision, payload, actor, request_id, traceparent)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        topic, key, ontology, revision, payload, actor.id, actor.request_id, actor.traceparent,
    )  # fmt: skip


async def audited(
    work: Transaction, ontology: str, actor: Actor, action: str, entity: str, rid: str, *, change_set: str | None = None, detail: Any = None
) -> None:
    """A line of the audit log for what changes no definition."""
    await work.execute(
        """
        INSERT INTO audit_log (at, ontology, actor, actor_name, action, entity, rid, change_set, request_id, detail)
        VALUES (clock_timestamp(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        ontology, actor.id, actor.name, action, entity, rid, change_set, actor.request_id, detail,
    )  # fmt: skip


async def wake(work: Transaction) -> None:
    """Tell every process, when this commits, that a log has grown."""
    await work.execute(f"NOTIFY {LOG_CHANNEL}")
