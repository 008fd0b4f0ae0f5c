"""What authors write of a value type."""

from __future__ import annotations

from resolvers.inputs.common import DescribedInput
from resolvers.inputs.types import ConstraintInput, DataTypeInput
from resolvers.inputs.words import absent, needed, words

CAMEL = "A camelCase name of up to 100 letters and digits, unique among value types, whatever the case."


@words(description="A new value type.")
class ValueTypeInput(DescribedInput):
    ref: str | None = absent("A name for it in the same change set.")
    api_name: str = needed(CAMEL)
    display_name: str = needed("1 to 200 characters.")
    type: DataTypeInput = needed("The base type that it names.")
    constraints: list[ConstraintInput] | None = absent("What it allows of the type's values.")


@words(description="Changes of a value type: what is absent stays, null clears. It is not narrowed while it has users.")
class ValueTypePatch(DescribedInput):
    api_name: str | None = absent(f"{CAMEL} Fixed unless EXPERIMENTAL.")
    display_name: str | None = absent("1 to 200 characters.")
    type: DataTypeInput | None = absent("The base type that it names; fixed while it has users.")
    constraints: list[ConstraintInput] | None = absent("All constraints; the list replaces what was there.")
