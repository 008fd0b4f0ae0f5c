"""Writing merges: state, versions, names, references, log, audit and outbox, in bulk and in one transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from app.domain.entity import Change, Entity
from app.domain.gauge import counted
from app.domain.topics import KEYS, change_set_topic, entity_topic
from app.persistence import totals
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
_INSERT = f"INSERT INTO entity ({_ROW}, revision, deleted) SELECT {_VALUES}, revision, deleted FROM {_ARRAYS}"
_UPSERT = f"""
    {_INSERT}
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
        request_id, detail)
    SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::int[], $11::int[], $12::text[], $13::jsonb[])
"""
_OUTBOX = """
    INSERT INTO outbox (topic, key, ontology, revision, index, rid, version, payload, actor, request_id, traceparent)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::int[], $6::text[], $7::int[], $8::jsonb[], $9::text[],
    $10::text[], $11::text[])
"""
_REVISION = """
    INSERT INTO revision (ontology, revision, change_set, actor, actor_name, at, request_id, traceparent, counts, totals)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
    $9::jsonb[], $10::jsonb[])
"""
_BEARER = {"entity_version": "rid", "entity_reference": "source", "entity_name": "rid", "entity_search": "rid"}  # whose rows end
_END = {
    table: f"""
        UPDATE {table} SET revision_to = ended.revision FROM unnest($1::text[], $2::bigint[]) AS ended (bearer, revision)
        WHERE {column} = ended.bearer AND revision_to = {LAST}
    """
    for table, column in _BEARER.items()
}


async def lock(work: Transaction, ontology: str) -> Ontology:
    """Take the ontology's turn to write; foreign keys of others may still refer to the row."""
    row = await work.fetchrow("SELECT * FROM ontology WHERE rid = $1 FOR NO KEY UPDATE", ontology)
    if row is None:
        message = "the ontology was there a moment ago and ontologies are never deleted"
        raise LookupError(message)
    return ontology_of(row)


def advance(work: Transaction, ontology: str, revision: int, at: datetime) -> None:
    """Move the head to a revision, whose time is later than any before it."""
    work.later("UPDATE ontology SET head_revision = $2, head_at = $3 WHERE rid = $1", ontology, revision, at)


def settled(changes: Sequence[Change], revision: int, at: datetime, actor: Actor) -> tuple[Change, ...]:
    """The changes with the versions, times and actors under which they are stored."""
    return tuple(Change(change.rid, change.before, _after(change.after, revision, at, actor)) for change in changes)


def _after(after: Entity | None, revision: int, at: datetime, actor: Actor) -> Entity | None:
    if after is None:
        return None
    return Entity(after.rid, after.version, after.definition, revision, after.created_at or at, after.created_by or actor.id, at, actor.id)


@dataclass(frozen=True, slots=True)
class Form:
    """How a definition is stored."""

    columns: tuple[str | None, ...]
    text: str
    words: Words | None  # None where they are as before


Forms = Mapping[str, Form]
"""By rid."""


def forms(changes: Iterable[Change]) -> dict[str, Form]:
    """What of the rows does not depend on the revision, and takes most of the time: worked out before the lock is taken."""
    return {change.rid: _form(change) for change in counted(changes)}


def _form(change: Change) -> Form:
    entity, before = change.after or change.before, change.before
    if entity is None:
        message = "a change has at least one state"
        raise ValueError(message)
    definition = entity.definition
    same = change.after is None or (before is not None and tuple(before.definition.search_text()) == tuple(definition.search_text()))
    return Form(filed(definition), orjson.dumps(definition.canonical()).decode(), None if same else searching.of(definition))


class Rows:
    """What some revisions of one ontology write, table by table."""

    def __init__(self, ontology: str, known: totals.Totals) -> None:
        self._ontology = ontology
        self._totals = known  # of the revision before
        self._new: list[tuple[Any, ...]] = []
        self._known: list[tuple[Any, ...]] = []  # of entities that were there before
        self._ended: dict[str, list[tuple[str, int]]] = {table: [] for table in _BEARER}
        self._references: list[tuple[Any, ...]] = []
        self._names: list[tuple[Any, ...]] = []
        self._words: list[tuple[Any, ...]] = []
        self._vocabulary: dict[str, int] = {}  # the revision in which a word first stands
        self._log: list[tuple[Any, ...]] = []
        self._audit: list[tuple[Any, ...]] = []
        self._outbox: list[tuple[Any, ...]] = []
        self._revisions: list[tuple[Any, ...]] = []

    def add(self, revision: int, at: datetime, actor: Actor, change_set: str, changes: Sequence[Change], known: Forms) -> None:
        """One revision with its changes; revisions are added in their order."""
        self.add_slice(revision, at, actor, change_set, changes, known)
        self.add_line(revision, at, actor, change_set, changes)

    def add_slice(
        self, revision: int, at: datetime, actor: Actor, change_set: str, changes: Sequence[Change], known: Forms, *, begin: int = 0
    ) -> None:
        """Some of a revision's changes, from the one at place `begin` on."""
        for index, change in enumerate(changes, begin):
            form = known[change.rid]
            new = change.before is None and change.after is not None and change.after.version == 1
            (self._new if new else self._known).append(_row(change, form, self._ontology, revision, at, actor))
            self._parts(revision, change)
            self._search(revision, change, form.words)
            self._lines(revision, index, at, actor, change_set, change)

    def add_line(self, revision: int, at: datetime, actor: Actor, change_set: str, changes: Sequence[Change]) -> None:
        """The revision itself, with the counts of all its changes: the last of its rows, which tells that it is whole."""
        self._audit.append(
            (
                at, self._ontology, actor.id, actor.name, "merged", "change_set", change_set, change_set, None, None, None,
                actor.request_id, {"revision": revision},
            )
        )  # fmt: skip
        counts = _counts(changes)
        self._totals = totals.after(self._totals, counts)
        self._revisions.append(
            (self._ontology, revision, change_set, actor.id, actor.name, at, actor.request_id, actor.traceparent, counts, self._totals)
        )
        payload = {"changeSet": change_set, "ontology": self._ontology, "revision": revision, "counts": counts}
        self._outbox.append(
            (
                change_set_topic("merged"), self._ontology, self._ontology, revision, None, None, None, payload, actor.id, actor.request_id,
                actor.traceparent,
            )
        )  # fmt: skip

    async def write(self, work: Transaction) -> None:
        """Send all of it; what ended gets its end before what is new its beginning."""
        for table, ended in self._ended.items():
            await work.execute_many(_END[table], ended)
        for sql, rows in (
            (_INSERT, self._new), (_UPSERT, self._known), (_VERSIONS, [*self._new, *self._known]),
            (_REFERENCES, self._references), (_NAMES, self._names),
            (searching.WORDS, self._words), (searching.VOCABULARY, [(self._ontology, *each) for each in sorted(self._vocabulary.items())]),
            (_LOG, self._log), (_AUDIT, self._audit), (_OUTBOX, self._outbox), (_REVISION, self._revisions),
        ):  # fmt: skip
            await work.execute_many(sql, rows)

    def _parts(self, revision: int, change: Change) -> None:
        """References and names: what ended, and what is new."""
        before, after, rid = change.before, change.after, change.rid
        if before is not None or (after is not None and after.version > 1):
            self._ended["entity_version"].append((rid, revision))
        # Asked of the definitions: the entities would remember the answers for as long as they live.
        old, new = tuple(before.definition.references()) if before else (), tuple(after.definition.references()) if after else ()
        if set(old) != set(new):
            if old:
                self._ended["entity_reference"].append((rid, revision))
            self._references += [(self._ontology, rid, each.target, each.edge.value, each.path, revision) for each in new]
        old_names, new_names = tuple(before.definition.names()) if before else (), tuple(after.definition.names()) if after else ()
        if set(old_names) != set(new_names):
            if old_names:
                self._ended["entity_name"].append((rid, revision))
            self._names += [(self._ontology, *each.key, rid, each.path, revision) for each in new_names]

    def _search(self, revision: int, change: Change, words: Words | None) -> None:
        """The words by which it is found."""
        if change.before is not None and (words is not None or change.after is None):
            self._ended["entity_search"].append((change.rid, revision))
        if words is not None:
            self._words.append((self._ontology, change.rid, words.vector, words.name_words, revision))
            for word in words.vocabulary:
                self._vocabulary.setdefault(word, revision)

    def _lines(self, revision: int, index: int, at: datetime, actor: Actor, change_set: str, change: Change) -> None:
        ontology, rid, kind, action = self._ontology, change.rid, change.kind, change.action
        before = change.before.version if change.before else None
        after = change.after.version if change.after else None
        version = after if after is not None else (before or 0) + 1
        self._log.append((ontology, revision, index, rid, kind.value, version, action.value))
        self._audit.append(
            (
                at, ontology, actor.id, actor.name, action.value, kind.value, rid, change_set, revision, before, after, actor.request_id,
                None,
            )
        )  # fmt: skip
        self._outbox.append(
            (
                entity_topic(kind, action), rid, ontology, revision, index, rid, version, None, actor.id, actor.request_id,
                actor.traceparent,
            )
        )  # fmt: skip


def _row(change: Change, form: Form, ontology: str, revision: int, at: datetime, actor: Actor) -> tuple[Any, ...]:
    entity = change.after or change.before
    if entity is None:
        message = "a change has at least one state"
        raise ValueError(message)
    deleted = change.after is None
    return (
        entity.rid, ontology, entity.kind.value, entity.version + 1 if deleted else entity.version, *form.columns, form.text,
        entity.created_at or at, entity.created_by or actor.id, at, actor.id, revision, deleted,
    )  # fmt: skip


def _counts(changes: Sequence[Change]) -> dict[str, Any]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for change in changes:
        counted[change.kind.value][change.action.value] += 1
    return {kind: dict(actions) for kind, actions in sorted(counted.items())}


def announce(work: Transaction, topic: str, ontology: str, actor: Actor, payload: dict[str, Any]) -> None:
    """An outbox row that carries its payload, under the key that the table of topics declares."""
    key = ontology if KEYS[topic] == "ontology" else payload[KEYS[topic]]
    work.later(
        "INSERT INTO outbox (topic, key, ontology, payload, actor, request_id, traceparent) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        topic, key, ontology, payload, actor.id, actor.request_id, actor.traceparent,
    )  # fmt: skip


def audited(
    work: Transaction, ontology: str, actor: Actor, action: str, entity: str, rid: str, *, change_set: str | None = None, detail: Any = None
) -> None:
    """A line of the audit log for what changes no definition."""
    work.later(
        """
        INSERT INTO audit_log (at, ontology, actor, actor_name, action, entity, rid, change_set, request_id, detail)
        VALUES (clock_timestamp(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        ontology, actor.id, actor.name, action, entity, rid, change_set, actor.request_id, detail,
    )  # fmt: skip


def wake(work: Transaction) -> None:
    """Tell every process, when this commits, that a log has grown."""
    work.notify(LOG_CHANNEL)
