"""What authors write of a property: on its own, or inside its object type."""

from __future__ import annotations

import strawberry

from resolvers.inputs.common import RID
from resolvers.inputs.types import DataTypeInput, TypedInput
from resolvers.inputs.words import absent, needed, words

CAMEL = "A camelCase name of up to 100 letters and digits, unique in its object type, whatever the case."


@words(description="What a property may carry beside its type.")
class OwnedInput(TypedInput):
    position: str | None = absent("A fractional key among its siblings; it goes to the end where nothing is said.")
    shared_property: strawberry.ID | None = absent(f"The shared property that it follows, of the same type. {RID}.")


@words(description="A property that is written together with its object type.")
class NestedPropertyInput(OwnedInput):
    ref: str | None = absent("A name for it in the same change set; its apiName where nothing is said.")
    api_name: str = needed(CAMEL)
    display_name: str = needed("1 to 200 characters.")
    type: DataTypeInput = needed("What values it holds.")


@words(description="A new property of an object type.")
class PropertyInput(NestedPropertyInput):
    object_type: strawberry.ID = needed(f"The object type that it belongs to. {RID}.")


@words(description="Changes of a property: what is absent stays, null clears.")
class PropertyPatch(OwnedInput):
    api_name: str | None = absent(f"{CAMEL} Fixed unless EXPERIMENTAL.")
    display_name: str | None = absent("1 to 200 characters.")
    type: DataTypeInput | None = absent("What values it holds.")
