"""Object type: what kinds of things an organisation has."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import ClassVar, Self

from pydantic.alias_generators import to_camel

from app.domain.closure import Closure
from app.domain.common import api_name, text
from app.domain.conformance import Implementation, conformance
from app.domain.datatype import NO_TITLES, PRIMARY_KEYS
from app.domain.definition import Definition, Edge, Name, NameKey, Reference, Status, Visibility
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.property import PropertyDefinition
from app.domain.rid import Rid
from app.domain.rules import Violation, state, transition
from app.domain.searched import Prominence, Searched
from app.domain.text import DISPLAY_NAME, PASCAL, Text, refused_character
from app.domain.type_group import colour_violations
from app.domain.value import SetOf, Value

PROPERTIES = 2_000
ALIASES = 100
IMPLEMENTS = 1_000
GROUPS = 1_000

KEY_NEEDED = state("object-type.primary-key", "An object type has exactly one primary key, one of its properties.")
KEY_TYPE = state("object-type.primary-key-type", "A primary key is a STRING, INTEGER, SHORT, BYTE, LONG, BOOLEAN, DATE or TIMESTAMP.")
TITLE_OWN = state("object-type.title", "The title is one of the object type's own properties.")
TITLE_TYPE = state("object-type.title-type", "A title is not a STRUCT, VECTOR, ATTACHMENT, MEDIA_REFERENCE, series or ARRAY.")
COUNT = state("object-type.properties", "An object type has at most 2,000 properties.")
LISTS = state("object-type.lists", "An object type has at most 100 aliases, 1,000 interfaces and 1,000 type groups.")
ICON = state("object-type.icon", "The name of an icon has up to 200 plain characters.")
STABLE = state("object-type.experimental-property", "An EXPERIMENTAL object type has no ACTIVE property.")
KEY_FROZEN = transition("object-type.primary-key-frozen", "The primary key changes only while the object type is EXPERIMENTAL.")


class Icon(Value):
    """How the object type is drawn."""

    name: Text = ""
    colour: str | None = None


class ObjectTypeDefinition(Definition):
    """Its properties are entities of their own, each of which names its object type."""

    kind = Kind.OBJECT_TYPE
    api_name_pattern = PASCAL
    api_name_form: ClassVar[str] = "a PascalCase name of up to 100 letters and digits"

    plural_display_name: Text = ""
    icon: Icon | None = None
    visibility: Visibility = Visibility.NORMAL
    primary_key: Rid
    title_property: Rid | None = None
    implements: tuple[Implementation, ...] = ()
    type_groups: SetOf[Rid] = ()
    aliases: SetOf[str] = ()  # former apiNames

    def references(self) -> Iterator[Reference]:
        yield from super().references()
        yield Reference("primaryKey", self.primary_key, Edge.PRIMARY_KEY, (Kind.PROPERTY,))
        if self.title_property is not None:
            yield Reference("titleProperty", self.title_property, Edge.TITLE, (Kind.PROPERTY,))
        for implementation in self.implements:
            yield from implementation.references()
        for rid in self.type_groups:
            yield Reference("typeGroups", rid, Edge.GROUP, (Kind.TYPE_GROUP,))

    def names(self) -> Iterator[Name]:
        yield Name("type", self.api_name, "apiName")
        for alias in self.aliases:
            yield Name("type", alias, "aliases")
        if self.source_iri:
            yield Name("iri:object-type", self.source_iri, "sourceIri")

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        yield from self._texts()
        properties = [entity for entity in closure.referrers(rid, Edge.OWNER) if isinstance(entity.definition, PropertyDefinition)]
        if len(properties) > PROPERTIES:
            yield COUNT.broken("properties", value=len(properties), bound=PROPERTIES)
        yield from self._keys(rid, closure)
        yield from self._stability(properties)
        yield from conformance(self.implements, rid, closure)

    def step_violations(self, before: Self, entity: Entity, closure: Closure) -> Iterator[Violation]:
        if before.primary_key != self.primary_key and before.status is not Status.EXPERIMENTAL:
            yield KEY_FROZEN.broken(
                "primaryKey", f"{before.api_name} is {before.status}: its key is fixed.", value=self.primary_key, bound=before.primary_key
            )

    def renamed(self, before: Self, taken: Container[NameKey]) -> Self:
        """The former apiName becomes an alias, so that what uses it still finds the object type."""
        aliases = [alias for alias in self.aliases if alias.lower() != self.api_name.lower()]
        former = Name("type", before.api_name, "aliases")
        if former.key not in taken:
            aliases.append(former.text)
        return self.model_copy(update={"aliases": tuple(aliases)})

    def detached(self, gone: frozenset[str]) -> Self:
        kept = super().detached(gone)
        return kept.model_copy(
            update={
                "title_property": None if self.title_property in gone else self.title_property,
                "type_groups": tuple(rid for rid in self.type_groups if rid not in gone),
                "implements": tuple(each.detached(gone) for each in self.implements if each.interface not in gone),
            },
        )

    def search_text(self) -> Iterator[Searched]:
        yield from super().search_text()
        yield Searched(Prominence.OTHER_NAME, "pluralDisplayName", self.plural_display_name)
        for alias in self.aliases:
            yield Searched(Prominence.OTHER_NAME, "aliases", alias)

    def _texts(self) -> Iterator[Violation]:
        yield from text(self.plural_display_name, "pluralDisplayName", longest=DISPLAY_NAME)
        for alias in self.aliases:
            yield from api_name(alias, "aliases", PASCAL, self.api_name_form)
        for name, bound in (("aliases", ALIASES), ("implements", IMPLEMENTS), ("type_groups", GROUPS)):
            if len(getattr(self, name)) > bound:
                yield LISTS.broken(to_camel(name), value=len(getattr(self, name)), bound=bound)
        if self.icon is not None:
            yield from colour_violations(self.icon.colour, "icon.colour")
            if len(self.icon.name) > DISPLAY_NAME or refused_character(self.icon.name):
                yield ICON.broken("icon.name", value=len(self.icon.name), bound=DISPLAY_NAME)

    def _keys(self, rid: str, closure: Closure) -> Iterator[Violation]:
        key = closure.definition(self.primary_key, PropertyDefinition)
        if key is not None and key.object_type != rid:
            yield KEY_NEEDED.broken("primaryKey", f"{key.api_name} is a property of another object type.", value=self.primary_key)
        elif key is not None and key.type.base not in PRIMARY_KEYS:
            yield KEY_TYPE.broken("primaryKey", f"{key.api_name} is a {key.type.base}.", value=key.type.base, bound=sorted(PRIMARY_KEYS))
        title = closure.definition(self.title_property, PropertyDefinition)
        if title is not None and title.object_type != rid:
            yield TITLE_OWN.broken("titleProperty", f"{title.api_name} is a property of another object type.", value=self.title_property)
        elif title is not None and title.type.base in NO_TITLES:
            yield TITLE_TYPE.broken("titleProperty", f"{title.api_name} is a {title.type.base}.", value=title.type.base)

    def _stability(self, properties: list[Entity]) -> Iterator[Violation]:
        if self.status is Status.EXPERIMENTAL:
            for entity in properties:
                if entity.definition.status is Status.ACTIVE:
                    yield STABLE.broken(
                        "status", f"{self.api_name} is EXPERIMENTAL and its {entity.definition.api_name} is ACTIVE.", by=(entity.rid,)
                    )
