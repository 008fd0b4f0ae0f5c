"""What a read asks for, typed, so that no caller writes SQL: as of when, which rows, in what order, from where to where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from app.domain.condition import EVERYTHING, All, AnyOf, Condition, Field, Not, Test

if TYPE_CHECKING:
    from app.persistence.reads.written import Shape

__all__ = ["COUNTED", "EVERYTHING", "All", "AnyOf", "At", "Condition", "Field", "Key", "Not", "Order", "Selection", "Test"]

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


class Order(Enum):
    """By what rows are sorted; which of them a source knows is its own affair."""

    NAME = "name"
    DISPLAY_NAME = "display_name"
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    POSITION = "position"
    AGE = "age"
    RELEVANCE = "relevance"


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
    only: frozenset[str] | None = None  # the columns of entities that are wanted; all of them where it is None
    shape: Shape | None = None  # where each row is wanted as the JSON of an object, a text
