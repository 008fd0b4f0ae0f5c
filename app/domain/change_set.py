"""Change sets: ordered operations that become one revision when they merge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from app.domain.kind import Kind

OPERATIONS = 10_000  # in one change set
IMPORTED_OPERATIONS = 200_000  # where an import or `oms apply` makes it
REF_LENGTH = 200  # characters


class Verb(Enum):
    """What an operation does."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


class ChangeSetStatus(Enum):
    """Whether a change set can still be worked on."""

    OPEN = "OPEN"
    MERGED = "MERGED"
    CLOSED = "CLOSED"


class ReviewStatus(Enum):
    """Where an open change set is in its review."""

    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"


class Origin(Enum):
    """How a change set came to be; a rollback and an import obey fewer TRANSITION rules."""

    EDIT = "EDIT"
    DIRECT = "DIRECT"
    IMPORT = "IMPORT"
    APPLY = "APPLY"
    ROLLBACK = "ROLLBACK"


@dataclass(frozen=True, slots=True)
class Operation:
    """One typed step of a change set.

    `fields` is the definition's JSON (camelCase): whole for CREATE, for UPDATE only the top-level fields that change
    (None clears one), nothing for DELETE. `ref` names a creation inside its change set; wherever a rid is expected,
    `ref:NAME` is accepted. `expected_version` is the version that the author looked at.
    """

    verb: Verb
    kind: Kind
    rid: str = ""  # of a CREATE: assigned when it is staged
    ref: str | None = None
    expected_version: int | None = None
    cascade: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    restores: int | None = None  # of a rollback's CREATE: the version that the deletion took
    id: str = ""  # of the staged operation
    words: dict[str, Any] | None = None  # of an import's UPDATE: what the file says, where people's changes are kept beside it


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """The envelope; its operations are rows of their own."""

    rid: str
    ontology: str
    title: str
    description: str
    status: ChangeSetStatus
    review: ReviewStatus
    origin: Origin
    version: int
    base_revision: int
    author: str
    created_at: datetime
    updated_at: datetime
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    operation_count: int = 0
    approved_by: str | None = None
    approved_version: int | None = None
    merged_revision: int | None = None
    merged_by: str | None = None
    merged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    rolls_back: str | None = None  # the rid of the change set that this one undoes
    rolled_back_by: str | None = None  # the rid of the merged change set that undid this one
    author_name: str = ""  # as it was then


class Choice(Enum):
    """How an author settles a conflict."""

    OURS = "OURS"
    THEIRS = "THEIRS"
    VALUE = "VALUE"


@dataclass(frozen=True, slots=True)
class Resolution:
    """An answer to one conflict; it lapses when theirs moves past the version that it was chosen against."""

    rid: str
    path: str  # empty for the whole entity
    choice: Choice
    theirs_version: int
    value: Any = None
