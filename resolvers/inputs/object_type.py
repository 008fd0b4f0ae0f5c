"""What authors write of an object type, its properties included."""

from __future__ import annotations

import strawberry

from resolvers.enums import Visibility
from resolvers.inputs.common import RID, DescribedInput
from resolvers.inputs.property import NestedPropertyInput
from resolvers.inputs.words import Words, absent, needed, words

PASCAL = "A PascalCase name of up to 100 letters and digits, unique among object types and interfaces, whatever the case."
OWN = "A rid, `ref:NAME`, or the apiName of a property in the same input"


@words(description="How an object type is drawn.")
class IconInput(Words):
    name: str | None = absent("The name of the icon.")
    colour: str | None = absent("Its colour as #RRGGBB.")


@words(description="An interface property and the own property that implements it.")
class MappedPropertyInput(Words):
    interface_property: str = needed("The key of the interface's property, or the rid of the shared property that it follows.")
    declared_by: strawberry.ID | None = absent("The interface that declares it, where two that are inherited have the same key.")
    property: strawberry.ID = needed(f"The own property, of the same type. {OWN}.")


@words(description="An interface that an object type implements, with the mapping of its properties.")
class ImplementationInput(Words):
    interface: strawberry.ID = needed(f"The interface; each at most once. {RID}.")
    mapping: list[MappedPropertyInput] | None = absent("Every required property of the interface, own or inherited, and any optional ones.")


@words(description="What an object type may carry beside its names and key.")
class ClassifiedInput(DescribedInput):
    plural_display_name: str | None = absent("The display name of many, up to 200 characters.")
    icon: IconInput | None = absent("How it is drawn.")
    visibility: Visibility | None = absent("How prominently users see it.")
    title_property: strawberry.ID | None = absent(f"The property by which an object is called. {OWN}.")
    implements: list[ImplementationInput] | None = absent("All interfaces that it implements; the list replaces what was there.")
    type_groups: list[strawberry.ID] | None = absent("All groups that it belongs to; the list replaces what was there.")
    aliases: list[str] | None = absent("Former apiNames, which still resolve and stay taken; leaving one out releases it.")


@words(description="A new object type, with its properties.")
class ObjectTypeInput(ClassifiedInput):
    ref: str | None = absent("A name for it in the same change set; its apiName where nothing is said.")
    api_name: str = needed(PASCAL)
    display_name: str = needed("1 to 200 characters.")
    primary_key: strawberry.ID = needed(f"The property that tells its objects apart. {OWN}.")
    properties: list[NestedPropertyInput] | None = absent("Its properties, created with it, in this order; at most 2,000.")


@words(description="Changes of an object type: what is absent stays, null clears. Its properties are changed by themselves.")
class ObjectTypePatch(ClassifiedInput):
    api_name: str | None = absent(f"{PASCAL} Fixed unless EXPERIMENTAL.")
    display_name: str | None = absent("1 to 200 characters.")
    primary_key: strawberry.ID | None = absent("The property that tells its objects apart; fixed unless EXPERIMENTAL.")
