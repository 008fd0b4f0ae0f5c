"""Entities and changes: a draft that got a rid and a version, and the step from one version to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from app.domain.kind import Kind

if TYPE_CHECKING:
    from app.domain.definition import Definition, Name, Reference


@dataclass(frozen=True)
class Entity:
    """A definition under its rid, at a version; `deleted` ones are kept in history only."""

    rid: str
    version: int
    definition: Definition
    revision: int = 0  # the revision that made this version
    created_at: datetime | None = None
    created_by: str = ""
    updated_at: datetime | None = None
    updated_by: str = ""
    deleted: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of its definition."""
        return self.definition.kind

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """What it refers to."""
        return tuple(self.definition.references())

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Its texts that must be unique."""
        return tuple(self.definition.names())

    @cached_property
    def targets(self) -> frozenset[str]:
        """The rids that it refers to."""
        return frozenset(reference.target for reference in self.references)


class Action(Enum):
    """What a change does to an entity."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """The step of one entity in one revision; `before` is None for a creation, `after` for a deletion."""

    rid: str
    before: Entity | None
    after: Entity | None

    @property
    def action(self) -> Action:
        """Derived from the two states."""
        if self.before is None:
            return Action.CREATED
        return Action.DELETED if self.after is None else Action.UPDATED

    @property
    def kind(self) -> Kind:
        """The kind of the entity, which never changes."""
        present = self.after or self.before
        if present is None:
            message = "a change has at least one state"
            raise ValueError(message)
        return present.kind
