"""What authors write of a shared property."""

from __future__ import annotations

from resolvers.inputs.types import DataTypeInput, TypedInput
from resolvers.inputs.words import absent, needed, words

CAMEL = "A camelCase name of up to 100 letters and digits, unique among shared properties, whatever the case."


@words(description="A new shared property.")
class SharedPropertyInput(TypedInput):
    ref: str | None = absent("A name for it in the same change set.")
    api_name: str = needed(CAMEL)
    display_name: str = needed("1 to 200 characters.")
    type: DataTypeInput = needed("What values it holds; the properties that follow it have the same type.")


@words(description="Changes of a shared property: what is absent stays, null clears.")
class SharedPropertyPatch(TypedInput):
    api_name: str | None = absent(f"{CAMEL} Fixed unless EXPERIMENTAL.")
    display_name: str | None = absent("1 to 200 characters.")
    type: DataTypeInput | None = absent("What values it holds.")
