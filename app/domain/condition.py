"""What is asked of rows and documents, typed, so that whoever asks writes neither SQL nor a search engine's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


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
    FULFILS = "fulfils"  # implements any of the rids, or what extends it
    PROPERTY_TYPE = "property_type"  # has a property of one of these base types
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
