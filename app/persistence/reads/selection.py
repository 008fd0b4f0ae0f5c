"""What a read asks for, typed, so that no caller writes SQL: as of when, which rows, in what order, from where to where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

COUNTED = 10_000  # totals are counted up to here


class At(NamedTuple):
    """An ontology as of a revision; at the head rows are read where they are indexed best."""

    ontology: str
    revision: int
    head: int
    epoch: int
    asked: bool = False  # whether the client named the revision by asOf, so that what has no past is refused

    @property
    def current(self) -> bool:
        """Whether this is the newest revision that the snapshot knows."""
        return self.revision == self.head

    def back(self, revision: int) -> At:
        """The same ontology as of another revision."""
        return self._replace(revision=revision)

    def __str__(self) -> str:
        return f"{self.epoch}.{self.revision}"


class Field(Enum):
    """What rows are filtered by."""

    TEXT = "text"  # part of a name, whatever its case
    RID = "rid"
    KIND = "kind"
    API_NAME = "api_name"
    STATUS = "status"
    OWNER = "owner"
    VISIBILITY = "visibility"
    BASE_TYPE = "base_type"
    CARDINALITY = "cardinality"
    REQUIRED = "required"
    REFERS = "refers"  # to any of the rids, by the edge
    CREATED_BY = "created_by"
    UPDATED_BY = "updated_by"
    UPDATED_SINCE = "updated_since"
    UPDATED_BEFORE = "updated_before"
    ACTION = "action"
    ACTOR = "actor"
    CHANGE_SET = "change_set"
    SINCE = "since"
    BEFORE = "before"
    REVIEW = "review"
    ORIGIN = "origin"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    LABEL = "label"
    TOUCHES = "touches"  # change sets with an operation on any of the rids
    ENTITY = "entity"
    REVISION_UP_TO = "revision_up_to"


@dataclass(frozen=True, slots=True)
class Test:
    """One column against a value; a tuple is a choice."""

    field: Field
    value: Any
    edge: str = ""


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold; without parts everything does."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part must hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: Condition


Condition = Test | All | AnyOf | Not
EVERYTHING = All()


class Order(Enum):
    """By what rows are sorted; which of them a source knows is its own affair."""

    NAME = "name"
    DISPLAY_NAME = "display_name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    POSITION = "position"
    AGE = "age"


Key = str | int | datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """A page: at most `limit` rows strictly between two keys, from the start, or from the end where `backward`."""

    order: Order
    descending: bool = False
    limit: int = 10
    backward: bool = False
    after: tuple[Key, ...] | None = None
    before: tuple[Key, ...] | None = None
    where: Condition = EVERYTHING
