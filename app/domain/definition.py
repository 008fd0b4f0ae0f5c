"""What every kind shares: the definition with its texts and status, its hooks, and the references between entities."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self

from app.domain.kind import Kind
from app.domain.rid import Rid
from app.domain.rules import Violation
from app.domain.searched import Prominence, Searched
from app.domain.text import Text
from app.domain.value import Value

if TYPE_CHECKING:
    import re

    from app.domain.closure import Closure
    from app.domain.entity import Entity


class Status(StrEnum):
    """Where an entity is in its life."""

    EXPERIMENTAL = "EXPERIMENTAL"
    ACTIVE = "ACTIVE"
    DEPRECATED = "DEPRECATED"
    EXAMPLE = "EXAMPLE"

    @property
    def stability(self) -> int:
        """How much users may rely on it: more is more stable."""
        return int(self is Status.ACTIVE)


class Visibility(StrEnum):
    """How prominently users see it."""

    PROMINENT = "PROMINENT"
    NORMAL = "NORMAL"
    HIDDEN = "HIDDEN"


class Edge(StrEnum):
    """The ways in which one entity refers to another; the value is stored with the reference."""

    OWNER = "owner"  # property → its object type
    PRIMARY_KEY = "primary-key"  # object type → property
    TITLE = "title"  # object type → property
    IMPLEMENTS = "implements"  # object type → interface
    MAPPED_TO = "mapped-to"  # object type → own property that implements an interface's
    DECLARED_BY = "declared-by"  # object type → interface that declares a mapped property
    GROUP = "group"  # object type → type group
    SHARED_PROPERTY = "shared-property"  # property, interface → shared property
    VALUE_TYPE = "value-type"  # property, shared property, interface → value type
    EXTENDS = "extends"  # interface → interface
    LINK_TARGET = "link-target"  # interface → object type or interface
    SIDE = "side"  # link type → object type
    FOREIGN_KEY = "foreign-key"  # link type → property
    INTERMEDIARY = "intermediary"  # link type → object type
    INTERMEDIARY_LINK = "intermediary-link"  # link type → link type
    ACTION = "action"  # action type → object type, interface, property, link type
    REPLACED_BY = "replaced-by"  # anything → one of its kind


@dataclass(frozen=True, slots=True)
class Reference:
    """One rid inside a definition: where it stands, what it points at and what that may be."""

    path: str
    target: str
    edge: Edge
    kinds: tuple[Kind, ...]


NameKey = tuple[str, str]
"""A namespace and a name in the form in which names are compared."""


@dataclass(frozen=True, slots=True)
class Name:
    """A text that is unique in its namespace, whatever its case."""

    namespace: str
    text: str
    path: str

    @property
    def key(self) -> NameKey:
        """What two names that clash have in common."""
        return (self.namespace, self.text if self.namespace.startswith("iri:") else self.text.lower())


class Translation(Value):
    """The texts of an entity in one more language."""

    display_name: Text = ""
    description: Text = ""


class Annotation(Value):
    """One text of an annotation, with its language where it has one."""

    text: Text
    language: str | None = None


class Deprecation(Value):
    """What a DEPRECATED entity tells its users."""

    message: Text = ""
    deadline: date | None = None
    replaced_by: Rid | None = None


class Definition(Value):
    """An author's words about one entity; the kinds add their own fields and hooks."""

    kind: ClassVar[Kind]
    api_name_pattern: ClassVar[re.Pattern[str]]
    api_name_form: ClassVar[str]  # as a message says it
    small: ClassVar[bool] = False  # whether its own fields are too few to reach the bound on the size

    api_name: str
    display_name: Text
    description: Text = ""
    status: Status = Status.EXPERIMENTAL
    deprecation: Deprecation | None = None
    translations: dict[str, Translation] = {}
    source_iri: Text | None = None
    annotations: dict[Text, tuple[Annotation, ...]] = {}

    def references(self) -> Iterator[Reference]:
        """Every rid inside, each with where it stands."""
        if self.deprecation is not None and self.deprecation.replaced_by is not None:
            yield Reference("deprecation.replacedBy", self.deprecation.replaced_by, Edge.REPLACED_BY, (self.kind,))

    def names(self) -> Iterator[Name]:
        """Every text that must be unique, each in its namespace."""
        yield Name(self.kind.slug, self.api_name, "apiName")
        if self.source_iri:
            yield Name(f"iri:{self.kind.slug}", self.source_iri, "sourceIri")

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        """The STATE rules of this kind that it breaks; those of every kind are judged in `common`."""
        yield from ()

    def step_violations(self, before: Self, entity: Entity, closure: Closure) -> Iterator[Violation]:
        """The TRANSITION rules of this kind that the step from `before` to this breaks."""
        yield from ()

    def renamed(self, before: Self, taken: Container[NameKey]) -> Self:
        """With what a rename leaves behind; names that are `taken` are not to be kept."""
        return self

    def detached(self, gone: frozenset[str]) -> Self:
        """Without what refers to the rids that go, where it can do without; used by a cascade."""
        if self.deprecation is not None and self.deprecation.replaced_by in gone:
            return self.model_copy(update={"deprecation": self.deprecation.model_copy(update={"replaced_by": None})})
        return self

    def search_text(self) -> Iterator[Searched]:
        """The texts by which people look for it, the most telling first."""
        yield Searched(Prominence.NAME, "apiName", self.api_name)
        yield Searched(Prominence.NAME, "displayName", self.display_name)
        for language, translation in self.translations.items():
            yield Searched(Prominence.OTHER_NAME, f"translations.{language}.displayName", translation.display_name)
        yield Searched(Prominence.PROSE, "description", self.description)
        for language, translation in self.translations.items():
            yield Searched(Prominence.PROSE, f"translations.{language}.description", translation.description)
        for key, notes in self.annotations.items():
            for annotation in notes:
                yield Searched(Prominence.PROSE, f"annotations.{key}", annotation.text)
        if self.source_iri:
            yield Searched(Prominence.PROSE, "sourceIri", self.source_iri)
