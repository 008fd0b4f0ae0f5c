"""What authors write of a type group."""

from __future__ import annotations

from resolvers.inputs.common import DescribedInput
from resolvers.inputs.words import absent, needed, words

KEBAB = "A kebab-case name of up to 100 characters, unique among type groups."


@words(description="A new type group.")
class TypeGroupInput(DescribedInput):
    ref: str | None = absent("A name for it in the same change set.")
    api_name: str = needed(KEBAB)
    display_name: str = needed("1 to 200 characters.")
    colour: str | None = absent("Its colour as #RRGGBB.")


@words(description="Changes of a type group: what is absent stays, null clears.")
class TypeGroupPatch(DescribedInput):
    api_name: str | None = absent(f"{KEBAB} Fixed unless EXPERIMENTAL.")
    display_name: str | None = absent("1 to 200 characters.")
    colour: str | None = absent("Its colour as #RRGGBB.")
