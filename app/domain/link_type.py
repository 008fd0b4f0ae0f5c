"""Link type: how objects of two types are connected."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field

from app.domain.closure import Closure
from app.domain.common import RENAMED, api_name, text
from app.domain.definition import Definition, Edge, Name, Reference, Status, Visibility
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.rid import Rid
from app.domain.rules import Violation, state
from app.domain.searched import Searched, part
from app.domain.text import CAMEL, DISPLAY_NAME, Text
from app.domain.value import Value

MANY_NEEDS_JOIN = state("link-type.many-to-many", "Many to many needs a join or an intermediary, not a foreign key.")
ONE_NEEDS_KEY = state("link-type.one", "One to one and one to many are backed by a foreign key.")
KEY_PLACE = state("link-type.foreign-key-place", "The foreign key is a property on the many side.")
KEY_TYPE = state("link-type.foreign-key-type", "The foreign key has the type of the other side's primary key.")
INTERMEDIARY = state("link-type.intermediary", "An intermediary is reached by one one-to-many link from each side.")
STABILITY = state("link-type.stability", "A link is never more stable than its ends.")


class Cardinality(StrEnum):
    """How many objects of B one object of A is linked to, and the other way round; side A is the one side."""

    ONE_TO_ONE = "ONE_TO_ONE"
    ONE_TO_MANY = "ONE_TO_MANY"
    MANY_TO_MANY = "MANY_TO_MANY"


class LinkSide(Value):
    """One end: an object type, and the name by which its objects reach the other end."""

    object_type: Rid
    api_name: str
    display_name: Text = ""
    visibility: Visibility = Visibility.NORMAL


class ForeignKey(Value):
    """A property on the many side holds the other side's primary key."""

    type: Literal["FOREIGN_KEY"]
    property: Rid


class Join(Value):
    """A table of pairs of keys."""

    type: Literal["JOIN"]


class Intermediary(Value):
    """An object type between the two, so that links can carry properties."""

    type: Literal["INTERMEDIARY"]
    object_type: Rid
    link_a: Rid  # from side A (one) to the intermediary (many)
    link_b: Rid  # from side B (one) to the intermediary (many)


Backing = Annotated[ForeignKey | Join | Intermediary, Field(discriminator="type")]


class LinkTypeDefinition(Definition):
    """Two sides; a link to its own object type is allowed."""

    kind = Kind.LINK_TYPE
    api_name_pattern = CAMEL
    api_name_form = "a camelCase name of up to 100 letters and digits"
    small = True

    a: LinkSide
    b: LinkSide
    cardinality: Cardinality
    backing: Backing

    def references(self) -> Iterator[Reference]:
        yield from super().references()
        yield Reference("a.objectType", self.a.object_type, Edge.SIDE, (Kind.OBJECT_TYPE,))
        yield Reference("b.objectType", self.b.object_type, Edge.SIDE, (Kind.OBJECT_TYPE,))
        if isinstance(self.backing, ForeignKey):
            yield Reference("backing.property", self.backing.property, Edge.FOREIGN_KEY, (Kind.PROPERTY,))
        elif isinstance(self.backing, Intermediary):
            yield Reference("backing.objectType", self.backing.object_type, Edge.INTERMEDIARY, (Kind.OBJECT_TYPE,))
            yield Reference("backing.linkA", self.backing.link_a, Edge.INTERMEDIARY_LINK, (Kind.LINK_TYPE,))
            yield Reference("backing.linkB", self.backing.link_b, Edge.INTERMEDIARY_LINK, (Kind.LINK_TYPE,))

    def names(self) -> Iterator[Name]:
        yield Name(self.kind.slug, self.api_name, "apiName")
        yield Name(f"object-type:{self.a.object_type}", self.a.api_name, "a.apiName")
        yield Name(f"object-type:{self.b.object_type}", self.b.api_name, "b.apiName")
        if self.source_iri:
            # One property of a file becomes a link type for each pair of ends.
            yield Name(f"iri:link:{self.a.object_type}:{self.b.object_type}", self.source_iri, "sourceIri")

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        for name, side in (("a", self.a), ("b", self.b)):
            yield from api_name(side.api_name, f"{name}.apiName", CAMEL, self.api_name_form)
            yield from text(side.display_name, f"{name}.displayName", longest=DISPLAY_NAME)
            end = closure.get(side.object_type)
            if end is not None and self.status.stability > end.definition.status.stability:
                yield STABILITY.broken(
                    "status", f"{self.api_name} is {self.status}, its end {end.definition.api_name} {end.definition.status}.",
                    value=self.status, bound=end.definition.status,
                )  # fmt: skip
        yield from self._backing(closure)

    def step_violations(self, before: Self, entity: Entity, closure: Closure) -> Iterator[Violation]:
        for name, old, new in (("a", before.a, self.a), ("b", before.b, self.b)):
            if old.api_name != new.api_name and before.status is not Status.EXPERIMENTAL:
                sentence = f"{before.api_name} is {before.status}: the names of its sides are fixed."
                yield RENAMED.broken(f"{name}.apiName", sentence, value=new.api_name, bound=old.api_name)

    def search_text(self) -> Iterator[Searched]:
        yield from super().search_text()
        for place, side in (("a", self.a), ("b", self.b)):
            yield from part(place, side.api_name, side.display_name)

    def _backing(self, closure: Closure) -> Iterator[Violation]:
        many = self.cardinality is Cardinality.MANY_TO_MANY
        if isinstance(self.backing, ForeignKey):
            if many:
                yield MANY_NEEDS_JOIN.broken("backing", value=self.backing.type, bound=["JOIN", "INTERMEDIARY"])
            else:
                yield from self._foreign_key(self.backing, closure)
        elif not many:
            yield ONE_NEEDS_KEY.broken("backing", value=self.backing.type, bound="FOREIGN_KEY")
        elif isinstance(self.backing, Intermediary):
            yield from self._intermediary(self.backing, closure)

    def _foreign_key(self, backing: ForeignKey, closure: Closure) -> Iterator[Violation]:
        from app.domain.object_type import ObjectTypeDefinition
        from app.domain.property import PropertyDefinition

        key = closure.definition(backing.property, PropertyDefinition)
        if key is None:
            return  # reference.exists says so
        places = [(self.b, self.a)]
        if self.cardinality is Cardinality.ONE_TO_ONE:
            places.append((self.a, self.b))
        found = [other for holder, other in places if holder.object_type == key.object_type]
        if not found:
            yield KEY_PLACE.broken("backing.property", f"{key.api_name} is not a property of the many side.", value=backing.property)
            return
        targets = (closure.definition(other.object_type, ObjectTypeDefinition) for other in found)
        primaries = [closure.definition(target.primary_key if target else None, PropertyDefinition) for target in targets]
        wanted = [primary.type for primary in primaries if primary is not None]
        if len(wanted) == len(primaries) and not any(each.same_as(key.type) for each in wanted):
            yield KEY_TYPE.broken("backing.property", f"{key.api_name} is a {key.type.base}.", value=key.type.base, bound=wanted[0].base)

    def _intermediary(self, backing: Intermediary, closure: Closure) -> Iterator[Violation]:
        for path, rid, end in (("backing.linkA", backing.link_a, self.a), ("backing.linkB", backing.link_b, self.b)):
            link = closure.definition(rid, LinkTypeDefinition)
            if link is None:
                continue  # reference.exists says so
            fits = link.a.object_type == end.object_type and link.b.object_type == backing.object_type
            if not fits or link.cardinality is not Cardinality.ONE_TO_MANY:
                yield INTERMEDIARY.broken(path, f"{link.api_name} does not lead one-to-many from that side to the intermediary.", value=rid)
        if backing.link_a == backing.link_b:
            yield INTERMEDIARY.broken("backing.linkB", "The two links of an intermediary are different ones.", value=backing.link_b)
