"""The tables. SQLModel declares them (and Alembic compares them with the migrations); statements are in the modules beside.

Intervals are half open, `[revision_from, revision_to)`; what is current ends at LAST. Texts that lists sort by have a
normalised twin in the C collation, so that keyset paging is exact.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel

LAST = 9_223_372_036_854_775_807  # the revision_to of what is current


def _text(*arguments: Any, sorted_by_bytes: bool = False, **options: Any) -> Any:
    return Field(sa_column=Column(Text(collation="C" if sorted_by_bytes else None), *arguments, **({"nullable": False} | options)))


def _big(*arguments: Any, **options: Any) -> Any:
    return Field(sa_column=Column(BigInteger, *arguments, **({"nullable": False} | options)))


def _int(**options: Any) -> Any:
    return Field(sa_column=Column(Integer, **({"nullable": False} | options)))


def _flag(default: str = "false") -> Any:
    return Field(sa_column=Column(Boolean, nullable=False, server_default=text(default)))


def _moment(**options: Any) -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True), **({"nullable": False} | options)))


def _json(**options: Any) -> Any:
    return Field(sa_column=Column(JSONB, **({"nullable": False} | options)))


def _texts() -> Any:
    return Field(sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'")))


def _ontology() -> Any:
    return _text(ForeignKey("ontology.rid"))


class Installation(SQLModel, table=True):
    """One row: the epoch grows when the database is restored from a backup; the id tells installations apart that share a cache."""

    __table_args__ = (CheckConstraint("single", name="installation_is_one"),)
    single: bool = Field(sa_column=Column(Boolean, primary_key=True, server_default=text("true")))
    epoch: int = _big(server_default=text("1"))
    id: UUID = Field(sa_column=Column(Uuid, nullable=False, server_default=text("gen_random_uuid()")))


class Ontology(SQLModel, table=True):
    """A container with its own history; `head_at` is the time of the last merge and strictly increases."""

    __table_args__ = (Index("ontology_by_name", text("lower(api_name)"), unique=True),)
    rid: str = _text(primary_key=True)
    api_name: str = _text()
    display_name: str = _text()
    description: str = _text(server_default=text("''"))
    settings: dict[str, Any] = _json(server_default=text("'{}'"))
    version: int = _int(server_default=text("1"))
    head_revision: int = _big(server_default=text("0"))
    head_at: datetime = _moment(server_default=text("now()"))
    created_at: datetime = _moment(server_default=text("now()"))
    created_by: str = _text()
    updated_at: datetime = _moment(server_default=text("now()"))
    updated_by: str = _text()
    archived_at: datetime | None = _moment(nullable=True)


class OntologyCounter(SQLModel, table=True):
    """Positions of the change-set log; a row of its own, so that staging does not wait for merges."""

    __tablename__ = "ontology_counter"
    ontology: str = _text(ForeignKey("ontology.rid"), primary_key=True)
    change_set_events: int = _big(server_default=text("0"))


class EntityRow(SQLModel, table=True):
    """The head: the newest version of each entity; a deleted one stays as a tombstone."""

    __tablename__ = "entity"
    __table_args__ = (
        Index("entity_by_name", "ontology", "kind", "name_key", "rid", postgresql_where=text("NOT deleted")),
        Index("entity_by_display_name", "ontology", "kind", "display_key", "rid", postgresql_where=text("NOT deleted")),
        Index("entity_by_update", "ontology", "kind", "updated_at", "rid", postgresql_where=text("NOT deleted")),
        Index("entity_by_creation", "ontology", "kind", "created_at", "rid", postgresql_where=text("NOT deleted")),
        Index("entity_by_owner", "owner", "position", "rid", postgresql_where=text("NOT deleted AND owner IS NOT NULL")),
    )
    rid: str = _text(primary_key=True)
    ontology: str = _ontology()
    kind: str = _text(sorted_by_bytes=True)
    version: int = _int()
    revision: int = _big()
    deleted: bool = _flag()
    api_name: str = _text()
    name_key: str = _text(sorted_by_bytes=True)
    display_name: str = _text()
    display_key: str = _text(sorted_by_bytes=True)
    status: str = _text()
    owner: str | None = _text(nullable=True)
    position: str | None = _text(sorted_by_bytes=True, nullable=True)
    definition: dict[str, Any] = _json()
    created_at: datetime = _moment()
    created_by: str = _text()
    updated_at: datetime = _moment()
    updated_by: str = _text()


class EntityVersion(SQLModel, table=True):
    """Each version once, with the revisions in which it was current; a deletion is a version too."""

    __tablename__ = "entity_version"
    __table_args__ = (
        Index("entity_version_by_name", "ontology", "kind", "name_key", "rid", "revision_from"),
        Index("entity_version_by_owner", "owner", "position", "rid", postgresql_where=text("owner IS NOT NULL")),
        Index("entity_version_by_revision", "ontology", "revision_from"),
    )
    rid: str = _text(ForeignKey("entity.rid", deferrable=True, initially="DEFERRED"), primary_key=True)
    version: int = _int(primary_key=True)
    ontology: str = _ontology()
    kind: str = _text(sorted_by_bytes=True)
    revision_from: int = _big()
    revision_to: int = _big(server_default=text(str(LAST)))
    deleted: bool = _flag()
    api_name: str = _text()
    name_key: str = _text(sorted_by_bytes=True)
    display_name: str = _text()
    display_key: str = _text(sorted_by_bytes=True)
    status: str = _text()
    owner: str | None = _text(nullable=True)
    position: str | None = _text(sorted_by_bytes=True, nullable=True)
    definition: dict[str, Any] = _json()
    created_at: datetime = _moment()
    created_by: str = _text()
    updated_at: datetime = _moment()
    updated_by: str = _text()


class EntityReference(SQLModel, table=True):
    """Who refers to whom, by which edge, in which revisions."""

    __tablename__ = "entity_reference"
    __table_args__ = (
        Index("entity_reference_by_source", "source", "revision_to"),
        Index("entity_reference_by_target", "target", "revision_to", "edge"),
    )
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    ontology: str = _ontology()
    source: str = _text(ForeignKey("entity.rid", deferrable=True, initially="DEFERRED"))
    target: str = _text(ForeignKey("entity.rid", deferrable=True, initially="DEFERRED"))
    edge: str = _text()
    path: str = _text()
    revision_from: int = _big()
    revision_to: int = _big(server_default=text(str(LAST)))


class EntityName(SQLModel, table=True):
    """Every name that is unique in its namespace; names may be swapped inside one change set, so the constraint waits."""

    __tablename__ = "entity_name"
    __table_args__ = (
        UniqueConstraint(
            "ontology", "namespace", "name", "revision_to", name="entity_name_is_unique", deferrable=True, initially="DEFERRED"
        ),
        Index("entity_name_by_rid", "rid", "revision_to"),
    )
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    ontology: str = _ontology()
    namespace: str = _text(sorted_by_bytes=True)
    name: str = _text(sorted_by_bytes=True)
    rid: str = _text(ForeignKey("entity.rid", deferrable=True, initially="DEFERRED"))
    path: str = _text()
    revision_from: int = _big()
    revision_to: int = _big(server_default=text(str(LAST)))


class ChangeSetRow(SQLModel, table=True):
    """The envelope of a change set."""

    __tablename__ = "change_set"
    __table_args__ = (
        Index("change_set_by_update", "ontology", "updated_at", "rid"),
        Index("change_set_by_status", "ontology", "status", "updated_at", "rid"),
        Index("change_set_by_revision", "ontology", "merged_revision", unique=True, postgresql_where=text("merged_revision IS NOT NULL")),
    )
    rid: str = _text(primary_key=True)
    ontology: str = _ontology()
    title: str = _text()
    description: str = _text(server_default=text("''"))
    status: str = _text()
    review: str = _text()
    origin: str = _text()
    version: int = _int(server_default=text("1"))
    base_revision: int = _big()
    author: str = _text()
    author_name: str = _text(server_default=text("''"))
    labels: list[str] = _texts()
    reviewers: list[str] = _texts()
    operation_count: int = _int(server_default=text("0"))
    approved_by: str | None = _text(nullable=True)
    approved_version: int | None = _int(nullable=True)
    merged_revision: int | None = _big(nullable=True)
    merged_by: str | None = _text(nullable=True)
    merged_at: datetime | None = _moment(nullable=True)
    closed_by: str | None = _text(nullable=True)
    closed_at: datetime | None = _moment(nullable=True)
    rolls_back: str | None = _text(ForeignKey("change_set.rid"), nullable=True)
    rolled_back_by: str | None = _text(ForeignKey("change_set.rid"), nullable=True)
    created_at: datetime = _moment(server_default=text("now()"))
    updated_at: datetime = _moment(server_default=text("now()"))


class OperationRow(SQLModel, table=True):
    """One operation a row, in order; `fields` is the definition's JSON, whole or in part."""

    __tablename__ = "operation"
    __table_args__ = (
        UniqueConstraint("change_set", "position", name="operation_has_one_place", deferrable=True, initially="DEFERRED"),
        Index("operation_by_rid", "rid"),
        Index("operation_by_ref", "change_set", "ref", unique=True, postgresql_where=text("ref IS NOT NULL")),
    )
    id: UUID = Field(sa_column=Column(Uuid, primary_key=True, server_default=text("gen_random_uuid()")))
    change_set: str = _text(ForeignKey("change_set.rid"))
    position: int = _int()
    verb: str = _text()
    kind: str = _text()
    rid: str = _text()
    ref: str | None = _text(nullable=True)
    expected_version: int | None = _int(nullable=True)
    cascade: bool = _flag()
    fields: dict[str, Any] = _json(server_default=text("'{}'"))
    restores: int | None = _int(nullable=True)
    staged_by: str = _text()
    staged_at: datetime = _moment(server_default=text("now()"))
    words: dict[str, Any] | None = _json(nullable=True)  # of an import: what the file says, where people's changes are kept beside it


class Comment(SQLModel, table=True):
    """What people say about a change set, or about one field of one entity in it."""

    __tablename__ = "change_set_comment"
    __table_args__ = (Index("change_set_comment_by_time", "change_set", "id"),)
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    change_set: str = _text(ForeignKey("change_set.rid"))
    author: str = _text()
    author_name: str = _text(server_default=text("''"))
    body: str = _text()
    rid: str | None = _text(nullable=True)
    path: str | None = _text(nullable=True)
    created_at: datetime = _moment(server_default=text("now()"))


class ChangeSetEvent(SQLModel, table=True):
    """The change-set log: what happened to change sets, in commit order; `data` is the envelope as it was then."""

    __tablename__ = "change_set_event"
    __table_args__ = (Index("change_set_event_by_change_set", "change_set", "position"),)
    ontology: str = _text(ForeignKey("ontology.rid"), primary_key=True)
    position: int = _big(primary_key=True)
    change_set: str = _text(ForeignKey("change_set.rid"))
    type: str = _text()
    actor: str = _text()
    actor_name: str = _text(server_default=text("''"))
    at: datetime = _moment(server_default=text("now()"))
    data: dict[str, Any] = _json(server_default=text("'{}'"))


class Revision(SQLModel, table=True):
    """One merge: who, when, by which change set, how many changes of what (`{"object_type": {"created": 2}}`), and what there is then.

    `totals` (`{"object_type": 12}`) is NULL where nobody has counted.
    """

    __tablename__ = "revision"
    __table_args__ = (Index("revision_by_time", "ontology", "at"),)
    ontology: str = _text(ForeignKey("ontology.rid"), primary_key=True)
    revision: int = _big(primary_key=True)
    change_set: str = _text(ForeignKey("change_set.rid"))
    actor: str = _text()
    actor_name: str = _text(server_default=text("''"))
    at: datetime = _moment()
    request_id: str = _text(server_default=text("''"))
    traceparent: str | None = _text(nullable=True)
    counts: dict[str, Any] = _json()
    totals: dict[str, Any] | None = _json(nullable=True)


class ChangeRow(SQLModel, table=True):
    """The log: which version of what each revision made; never deleted."""

    __tablename__ = "change"
    __table_args__ = (Index("change_by_rid", "rid", "version"),)
    ontology: str = _text(ForeignKey("ontology.rid"), primary_key=True)
    revision: int = _big(primary_key=True)
    index: int = _int(primary_key=True)
    rid: str = _text(ForeignKey("entity.rid", deferrable=True, initially="DEFERRED"))
    kind: str = _text()
    version: int = _int()
    action: str = _text()


class AuditLog(SQLModel, table=True):
    """Every mutation; entity rows refer to versions, `audit_entry` shows before and after."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("audit_log_by_rid", "rid", "id"),
        Index("audit_log_by_entity", "entity", "id"),
        Index("audit_log_by_ontology", "ontology", "id"),
        Index("audit_log_by_actor", "actor", "id"),
    )
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = _moment()
    ontology: str = _ontology()
    actor: str = _text()
    actor_name: str = _text(server_default=text("''"))
    action: str = _text()  # such as created, staged, merged
    entity: str = _text()  # a kind, change_set or ontology
    rid: str = _text()
    change_set: str | None = _text(nullable=True)
    revision: int | None = _big(nullable=True)
    before_version: int | None = _int(nullable=True)
    after_version: int | None = _int(nullable=True)
    request_id: str = _text(server_default=text("''"))
    detail: dict[str, Any] | None = _json(nullable=True)


class Outbox(SQLModel, table=True):
    """What Kafka has yet to hear; an entity's row refers to its version, a change set's carries its payload."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_unpublished", "id", postgresql_where=text("published_at IS NULL")),)
    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    event_id: UUID = Field(sa_column=Column(Uuid, nullable=False, server_default=text("gen_random_uuid()")))
    topic: str = _text()
    key: str = _text()
    ontology: str = _ontology()
    revision: int | None = _big(nullable=True)
    index: int | None = _int(nullable=True)
    rid: str | None = _text(nullable=True)
    version: int | None = _int(nullable=True)
    payload: dict[str, Any] | None = _json(nullable=True)
    actor: str = _text()
    request_id: str = _text(server_default=text("''"))
    traceparent: str | None = _text(nullable=True)
    created_at: datetime = _moment(server_default=text("now()"))
    published_at: datetime | None = _moment(nullable=True)


class Fence(SQLModel, table=True):
    """The token of whoever leads a work that only one may do: it grows with each leader, and an older one is refused."""

    name: str = _text(primary_key=True)
    token: int = _big()


class IdempotencyKey(SQLModel, table=True):
    """The answer to a request that may be sent again, for 24 hours."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("idempotency_key_by_age", "created_at"),)
    subject: str = _text(primary_key=True)
    key: str = _text(primary_key=True)
    root_field: str = _text(primary_key=True)
    body_hash: str = _text()
    answer: dict[str, Any] = _json()
    created_at: datetime = _moment(server_default=text("now()"))
