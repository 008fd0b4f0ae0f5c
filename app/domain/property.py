"""Property: what one object type knows about its objects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Self

from app.domain.closure import Closure
from app.domain.definition import Definition, Edge, Name, Reference
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.rid import Rid
from app.domain.rules import Violation, state, transition
from app.domain.shared_property import SharedPropertyDefinition
from app.domain.typed import TypedDefinition

POSITION = re.compile(r"[0-9A-Za-z]{1,100}", re.ASCII)

POSITIONED = state("property.position", "A position is a fractional key of 1 to 100 letters and digits that does not end in 0.")
FOLLOWS = state("property.shared-type", "A property has the type of the shared property that it follows.")
MOVED = transition("property.owner-fixed", "A property stays with its object type.")


class PropertyDefinition(TypedDefinition):
    """A property of one object type."""

    kind = Kind.PROPERTY

    object_type: Rid
    position: str = ""  # a fractional key among its siblings; the planner fills it in
    shared_property: Rid | None = None

    def references(self) -> Iterator[Reference]:
        yield from super().references()
        yield Reference("objectType", self.object_type, Edge.OWNER, (Kind.OBJECT_TYPE,))
        if self.shared_property is not None:
            yield Reference("sharedProperty", self.shared_property, Edge.SHARED_PROPERTY, (Kind.SHARED_PROPERTY,))

    def names(self) -> Iterator[Name]:
        yield Name(f"object-type:{self.object_type}", self.api_name, "apiName")
        if self.source_iri:
            yield Name(f"iri:object-type:{self.object_type}", self.source_iri, "sourceIri")

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        yield from super().violations(rid, closure)
        if not POSITION.fullmatch(self.position) or self.position.endswith("0"):
            yield POSITIONED.broken("position", value=self.position[:120])
        shared = closure.definition(self.shared_property, SharedPropertyDefinition)
        if shared is not None and not shared.type.same_as(self.type):
            yield FOLLOWS.broken("type", f"{shared.api_name} holds {shared.type.base}.", value=self.type.base, bound=shared.type.base)

    def step_violations(self, before: Definition, entity: Entity, closure: Closure) -> Iterator[Violation]:
        if isinstance(before, PropertyDefinition) and before.object_type != self.object_type:
            yield MOVED.broken("objectType", value=self.object_type, bound=before.object_type)

    def detached(self, gone: frozenset[str]) -> Self:
        kept = super().detached(gone)
        return kept.model_copy(update={"shared_property": None}) if self.shared_property in gone else kept
