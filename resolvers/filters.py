"""Filters: what a client may ask of a list, one input a kind, turned into conditions that persistence knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry

from app.domain.definition import Edge
from app.domain.errors import ListTooLong, StringTooLong
from app.persistence.reads.selection import EVERYTHING, All, AnyOf, Condition, Field, Not, Order, Test
from resolvers.enums import Action, BaseType, Cardinality, ChangeSetStatus, Kind, Origin, ReviewStatus, Status, Visibility

if TYPE_CHECKING:
    pass

TEXT = 200  # characters
CHOICES = 100  # values of one list
PARTS = 100  # nested filters in one


def _value(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _choice(field: Field, edge: str = "") -> Callable[[Any, str], Condition]:
    def test(values: Any, path: str) -> Condition:
        if len(values) > CHOICES:
            raise ListTooLong(f"{path} holds at most {CHOICES} values, not {len(values)}.", path=path)
        return Test(field, tuple(_value(value) for value in values), edge)

    return test


def _plain(field: Field) -> Callable[[Any, str], Condition]:
    def test(value: Any, path: str) -> Condition:
        if isinstance(value, str) and len(value) > TEXT:
            raise StringTooLong(f"{path} has at most {TEXT} characters, not {len(value)}.", path=path)
        return Test(field, value)

    return test


_TESTS: Mapping[str, Callable[[Any, str], Condition]] = {
    "text": _plain(Field.TEXT),
    "rids": _choice(Field.RID),
    "kinds": _choice(Field.KIND),
    "api_names": _choice(Field.API_NAME),
    "status": _choice(Field.STATUS),
    "visibility": _choice(Field.VISIBILITY),
    "base_type": _choice(Field.BASE_TYPE),
    "cardinality": _choice(Field.CARDINALITY),
    "required": _plain(Field.REQUIRED),
    "property_types": _choice(Field.PROPERTY_TYPE),
    "object_types": _choice(Field.OWNER),
    "type_groups": _choice(Field.REFERS, Edge.GROUP.value),
    "implements": _choice(Field.REFERS, Edge.IMPLEMENTS.value),
    "fulfils": _choice(Field.FULFILS),
    "shared_properties": _choice(Field.REFERS, Edge.SHARED_PROPERTY.value),
    "value_types": _choice(Field.REFERS, Edge.VALUE_TYPE.value),
    "sides": _choice(Field.REFERS, Edge.SIDE.value),
    "extends": _choice(Field.REFERS, Edge.EXTENDS.value),
    "refers_to": _choice(Field.REFERS, Edge.ACTION.value),
    "created_by": _choice(Field.CREATED_BY),
    "updated_by": _choice(Field.UPDATED_BY),
    "updated_since": _plain(Field.UPDATED_SINCE),
    "updated_before": _plain(Field.UPDATED_BEFORE),
    "review": _choice(Field.REVIEW),
    "origin": _choice(Field.ORIGIN),
    "authors": _choice(Field.AUTHOR),
    "reviewers": _choice(Field.REVIEWER),
    "labels": _choice(Field.LABEL),
    "touches": _choice(Field.TOUCHES),
    "actions": _choice(Field.ACTION),
    "actors": _choice(Field.ACTOR),
    "change_sets": _choice(Field.CHANGE_SET),
    "entities": _choice(Field.ENTITY),
    "since": _plain(Field.SINCE),
    "before": _plain(Field.BEFORE),
}


class Asked:
    """Every field that was given must hold; `and`, `or` and `not` combine."""

    def condition(self) -> Condition:
        """What persistence is asked for."""
        return _condition(self, "filter", [0])


def _condition(asked: Any, path: str, count: list[int]) -> Condition:
    count[0] += 1
    if count[0] > PARTS:
        raise ListTooLong(f"A filter has at most {PARTS} parts.", path="filter")
    parts: list[Condition] = []
    for field in asked.__strawberry_definition__.fields:
        value = getattr(asked, field.python_name)
        name = f"{path}.{field.graphql_name or field.python_name}"
        if value is None or value is strawberry.UNSET:
            continue
        if field.python_name == "and_":
            parts += [_condition(each, name, count) for each in value]
        elif field.python_name == "or_":
            parts.append(AnyOf(tuple(_condition(each, name, count) for each in value)))
        elif field.python_name == "not_":
            parts.append(Not(_condition(value, name, count)))
        else:
            parts.append(_TESTS[field.python_name](value, name))
    return All(tuple(parts))


def where(asked: Asked | None) -> Condition:
    """The condition of an optional filter."""
    return EVERYTHING if asked is None else asked.condition()


def _given(description: str, **options: Any) -> Any:
    return strawberry.field(description=description, default=None, **options)


def _all() -> Any:
    return _given("All of these must hold as well.", name="and")


def _any() -> Any:
    return _given("One of these must hold as well.", name="or")


def _none() -> Any:
    return _given("This must not hold.", name="not")


@strawberry.input(description="What every kind is filtered by; every field that is given must hold.")
class EntityFilter(Asked):
    text: str | None = _given("A part of the apiName or the display name, whatever its case; up to 200 characters.")
    rids: list[strawberry.ID] | None = _given("One of these entities.")
    api_names: list[str] | None = _given("One of these names, exactly.")
    status: list[Status] | None = _given("In one of these states.")
    created_by: list[str] | None = _given("First merged by one of these people (their ids).")
    updated_by: list[str] | None = _given("Last changed by one of these people (their ids).")
    updated_since: datetime | None = _given("Changed at or after this moment.")
    updated_before: datetime | None = _given("Last changed before this moment.")


@strawberry.input(description="Which object types.")
class ObjectTypeFilter(EntityFilter):
    visibility: list[Visibility] | None = _given("Shown like this.")
    type_groups: list[strawberry.ID] | None = _given("In one of these type groups.")
    implements: list[strawberry.ID] | None = _given("Implementing one of these interfaces directly.")
    and_: list[ObjectTypeFilter] | None = _all()
    or_: list[ObjectTypeFilter] | None = _any()
    not_: ObjectTypeFilter | None = _none()


@strawberry.input(description="Which properties.")
class PropertyFilter(EntityFilter):
    visibility: list[Visibility] | None = _given("Shown like this.")
    base_type: list[BaseType] | None = _given("Of one of these base types.")
    required: bool | None = _given("Required, or not.")
    object_types: list[strawberry.ID] | None = _given("Of one of these object types.")
    shared_properties: list[strawberry.ID] | None = _given("Following one of these shared properties.")
    value_types: list[strawberry.ID] | None = _given("Of one of these value types.")
    and_: list[PropertyFilter] | None = _all()
    or_: list[PropertyFilter] | None = _any()
    not_: PropertyFilter | None = _none()


@strawberry.input(description="Which shared properties.")
class SharedPropertyFilter(EntityFilter):
    visibility: list[Visibility] | None = _given("Shown like this.")
    base_type: list[BaseType] | None = _given("Of one of these base types.")
    required: bool | None = _given("Required, or not.")
    value_types: list[strawberry.ID] | None = _given("Of one of these value types.")
    and_: list[SharedPropertyFilter] | None = _all()
    or_: list[SharedPropertyFilter] | None = _any()
    not_: SharedPropertyFilter | None = _none()


@strawberry.input(description="Which link types.")
class LinkTypeFilter(EntityFilter):
    cardinality: list[Cardinality] | None = _given("Of one of these cardinalities.")
    sides: list[strawberry.ID] | None = _given("With one of these object types at either end.")
    and_: list[LinkTypeFilter] | None = _all()
    or_: list[LinkTypeFilter] | None = _any()
    not_: LinkTypeFilter | None = _none()


@strawberry.input(description="Which interfaces.")
class InterfaceFilter(EntityFilter):
    extends: list[strawberry.ID] | None = _given("Extending one of these interfaces directly.")
    shared_properties: list[strawberry.ID] | None = _given("With one of these shared properties.")
    and_: list[InterfaceFilter] | None = _all()
    or_: list[InterfaceFilter] | None = _any()
    not_: InterfaceFilter | None = _none()


@strawberry.input(description="Which action types.")
class ActionTypeFilter(EntityFilter):
    refers_to: list[strawberry.ID] | None = _given("Referring to one of these object types, interfaces, properties or link types.")
    and_: list[ActionTypeFilter] | None = _all()
    or_: list[ActionTypeFilter] | None = _any()
    not_: ActionTypeFilter | None = _none()


@strawberry.input(description="Which value types.")
class ValueTypeFilter(EntityFilter):
    base_type: list[BaseType] | None = _given("Of one of these base types.")
    and_: list[ValueTypeFilter] | None = _all()
    or_: list[ValueTypeFilter] | None = _any()
    not_: ValueTypeFilter | None = _none()


@strawberry.input(description="Which type groups.")
class TypeGroupFilter(EntityFilter):
    and_: list[TypeGroupFilter] | None = _all()
    or_: list[TypeGroupFilter] | None = _any()
    not_: TypeGroupFilter | None = _none()


@strawberry.input(
    description="Which hits of a search: what every kind may have, and what stands in its structure. What a kind cannot have, none of it has."
)
class SearchFilter(Asked):
    kinds: list[Kind] | None = _given("Of one of these kinds.")
    rids: list[strawberry.ID] | None = _given("One of these entities.")
    status: list[Status] | None = _given("In one of these states.")
    visibility: list[Visibility] | None = _given("Shown like this; what has no visibility is NORMAL.")
    base_type: list[BaseType] | None = _given("Properties, shared properties and value types of one of these base types.")
    required: bool | None = _given("Properties and shared properties that are required, or everything else.")
    cardinality: list[Cardinality] | None = _given("Link types of one of these cardinalities.")
    sides: list[strawberry.ID] | None = _given("Link types with one of these object types at either end.")
    property_types: list[BaseType] | None = _given("Object types with a property of one of these base types.")
    fulfils: list[strawberry.ID] | None = _given(
        "Object types that implement one of these interfaces, or one that extends it, however far away.", name="implements"
    )
    type_groups: list[strawberry.ID] | None = _given("Object types in one of these type groups.")
    object_types: list[strawberry.ID] | None = _given("Properties of one of these object types.")
    shared_properties: list[strawberry.ID] | None = _given("Properties and interfaces that follow one of these shared properties.")
    value_types: list[strawberry.ID] | None = _given("Properties, shared properties and interfaces with one of these value types.")
    extends: list[strawberry.ID] | None = _given("Interfaces that extend one of these interfaces directly.")
    refers_to: list[strawberry.ID] | None = _given(
        "Action types that refer to one of these object types, interfaces, properties or link types."
    )
    created_by: list[str] | None = _given("First merged by one of these people (their ids).")
    updated_by: list[str] | None = _given("Last changed by one of these people (their ids).")
    updated_since: datetime | None = _given("Changed at or after this moment.")
    updated_before: datetime | None = _given("Last changed before this moment.")
    and_: list[SearchFilter] | None = _all()
    or_: list[SearchFilter] | None = _any()
    not_: SearchFilter | None = _none()


@strawberry.input(description="Which change sets.")
class ChangeSetFilter(Asked):
    text: str | None = _given("A part of the title or the description, whatever its case; up to 200 characters.")
    status: list[ChangeSetStatus] | None = _given("In one of these states.")
    review: list[ReviewStatus] | None = _given("At one of these points of a review.")
    origin: list[Origin] | None = _given("Made in one of these ways; leave out DIRECT to see only what people opened.")
    authors: list[str] | None = _given("By one of these people (their ids).")
    reviewers: list[str] | None = _given("To be reviewed by one of these people (their ids).")
    labels: list[str] | None = _given("With one of these labels.")
    touches: list[strawberry.ID] | None = _given("With an operation on one of these entities.")
    updated_since: datetime | None = _given("Worked on at or after this moment.")
    updated_before: datetime | None = _given("Last worked on before this moment.")
    and_: list[ChangeSetFilter] | None = _all()
    or_: list[ChangeSetFilter] | None = _any()
    not_: ChangeSetFilter | None = _none()


@strawberry.input(description="Which changes.")
class ChangeFilter(Asked):
    kinds: list[Kind] | None = _given("Of one of these kinds.")
    rids: list[strawberry.ID] | None = _given("Of one of these entities.")
    actions: list[Action] | None = _given("Which of what a change can do.")
    actors: list[str] | None = _given("Merged by one of these people (their ids).")
    change_sets: list[strawberry.ID] | None = _given("By one of these change sets.")
    since: datetime | None = _given("Merged at or after this moment.")
    before: datetime | None = _given("Merged before this moment.")


@strawberry.input(description="Which merges.")
class RevisionFilter(Asked):
    actors: list[str] | None = _given("Merged by one of these people (their ids).")
    change_sets: list[strawberry.ID] | None = _given("Of one of these change sets.")
    since: datetime | None = _given("Merged at or after this moment.")
    before: datetime | None = _given("Merged before this moment.")


@strawberry.input(description="Which entries of the audit log.")
class AuditFilter(Asked):
    entities: list[str] | None = _given("Of these: a kind such as `object_type`, `change_set` or `ontology`.")
    rids: list[strawberry.ID] | None = _given("About one of these.")
    actors: list[str] | None = _given("By one of these people (their ids); those of others are for an Ontology Admin.")
    actions: list[str] | None = _given("One of these actions, such as `created`, `staged` or `merged`.")
    change_sets: list[strawberry.ID] | None = _given("Within one of these change sets.")
    since: datetime | None = _given("At or after this moment.")
    before: datetime | None = _given("Before this moment.")


@strawberry.enum(description="By what a list is sorted; the rid decides between equals.")
class EntityOrderField(Enum):
    """Each is an index."""

    NAME = strawberry.enum_value("name", description="The apiName, whatever its case.")
    DISPLAY_NAME = strawberry.enum_value("display_name", description="The display name, whatever its case, by code points.")
    CREATED_AT = strawberry.enum_value("created_at", description="When the first version was merged.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="When the newest version was merged.")


@strawberry.enum(description="By what the hits of a search are sorted; the rid decides between equals.")
class SearchOrderField(Enum):
    """How well a hit fits, or what every list of entities is sorted by."""

    RELEVANCE = strawberry.enum_value("relevance", description="How well it fits the query.")
    NAME = strawberry.enum_value("name", description="The apiName, whatever its case.")
    DISPLAY_NAME = strawberry.enum_value("display_name", description="The display name, whatever its case, by code points.")
    CREATED_AT = strawberry.enum_value("created_at", description="When the first version was merged.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="When the newest version was merged.")


@strawberry.enum(description="By what the properties of an object type are sorted.")
class PropertyOrderField(Enum):
    """As those of entities, and the author's own order."""

    POSITION = strawberry.enum_value("position", description="The author's own order.")
    NAME = strawberry.enum_value("name", description="The apiName, whatever its case.")
    DISPLAY_NAME = strawberry.enum_value("display_name", description="The display name, whatever its case, by code points.")
    CREATED_AT = strawberry.enum_value("created_at", description="When the first version was merged.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="When the newest version was merged.")


@strawberry.enum(description="By what change sets are sorted.")
class ChangeSetOrderField(Enum):
    """The envelope's times."""

    UPDATED_AT = strawberry.enum_value("updated_at", description="When it was last worked on.")
    CREATED_AT = strawberry.enum_value("created_at", description="When it was opened.")


@strawberry.enum(description="Which end comes first.")
class OrderDirection(Enum):
    """Both ways use the same index."""

    ASC = strawberry.enum_value("asc", description="Smallest, earliest or first in the alphabet first.")
    DESC = strawberry.enum_value("desc", description="Largest, latest or last in the alphabet first.")


class Sorted:
    """How a list is sorted."""

    field: Any
    direction: OrderDirection

    @property
    def order(self) -> Order:
        """As persistence says it."""
        return Order(self.field.value)

    @property
    def descending(self) -> bool:
        """Whether the end comes first."""
        return self.direction is OrderDirection.DESC


@strawberry.input(description="How a list is sorted.")
class EntityOrder(Sorted):
    field: EntityOrderField = strawberry.field(description="By what.", default=EntityOrderField.NAME)
    direction: OrderDirection = strawberry.field(description="Which end comes first.", default=OrderDirection.ASC)


@strawberry.input(description="How the hits of a search are sorted.")
class SearchOrder(Sorted):
    field: SearchOrderField = strawberry.field(description="By what; RELEVANCE needs a query.", default=SearchOrderField.RELEVANCE)
    direction: OrderDirection = strawberry.field(description="Which end comes first.", default=OrderDirection.DESC)


@strawberry.input(description="How the properties of an object type are sorted.")
class PropertyOrder(Sorted):
    field: PropertyOrderField = strawberry.field(description="By what.", default=PropertyOrderField.POSITION)
    direction: OrderDirection = strawberry.field(description="Which end comes first.", default=OrderDirection.ASC)


@strawberry.input(description="How change sets are sorted.")
class ChangeSetOrder(Sorted):
    field: ChangeSetOrderField = strawberry.field(description="By what.", default=ChangeSetOrderField.UPDATED_AT)
    direction: OrderDirection = strawberry.field(description="Which end comes first.", default=OrderDirection.DESC)
