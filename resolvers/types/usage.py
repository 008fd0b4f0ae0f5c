"""References seen from their target: who refers to it, in which way and from where."""

from __future__ import annotations

import strawberry

from app.domain.definition import Edge as Reference
from resolvers.paging import PageInfo
from resolvers.types.entity import Entity

strawberry.enum(Reference, name="ReferenceEdge", description="How one entity refers to another.")
for _value in Reference.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by the line above
    _value.description = {
        "OWNER": "A property to its object type.",
        "PRIMARY_KEY": "An object type to the property that is its key.",
        "TITLE": "An object type to the property that is its title.",
        "IMPLEMENTS": "An object type to an interface.",
        "MAPPED_TO": "An object type to an own property that implements an interface's.",
        "DECLARED_BY": "An object type to the interface that declares a mapped property.",
        "GROUP": "An object type to a type group.",
        "SHARED_PROPERTY": "A property or an interface to a shared property.",
        "VALUE_TYPE": "What holds values to its value type.",
        "EXTENDS": "An interface to another one.",
        "LINK_TARGET": "A link constraint of an interface to its target.",
        "SIDE": "A link type to the object type at one end.",
        "FOREIGN_KEY": "A link type to the property that backs it.",
        "INTERMEDIARY": "A link type to the object type between its ends.",
        "INTERMEDIARY_LINK": "A link type to one of the two that lead to its intermediary.",
        "ACTION": "An action type to what it works on.",
        "REPLACED_BY": "What is deprecated to what replaces it.",
    }[_value.name]


@strawberry.type(description="One reference to an entity, with who refers.")
class UsageEdge:
    cursor: str = strawberry.field(description="The reference's place, for `after` and `before`; opaque, and valid for this list only.")
    node: Entity = strawberry.field(description="Who refers.")
    edge: Reference = strawberry.field(description="In which way.")
    path: str = strawberry.field(description="Where the reference stands in the definition of who refers, such as `implements[…]`.")


@strawberry.type(description="A page of references to an entity.")
class UsageConnection:
    edges: list[UsageEdge] = strawberry.field(description="The references with their cursors.")
    nodes: list[Entity] = strawberry.field(description="Who refers; one that refers in several ways stands there for each of them.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")
    total_count: int | None = strawberry.field(description="How many references there are in all, counted up to 10,000.")
    total_count_is_lower_bound: bool | None = strawberry.field(description="Whether counting stopped at 10,000 and there are more.")
