"""What authors write of a link type."""

from __future__ import annotations

import strawberry

from resolvers.enums import BackingType, Cardinality, Visibility
from resolvers.inputs.common import RID, DescribedInput
from resolvers.inputs.words import Words, absent, needed, words

CAMEL = "A camelCase name of up to 100 letters and digits, unique among link types, whatever the case."


@words(description="One side of a link type.")
class LinkSideInput(Words):
    object_type: strawberry.ID = needed(f"The object type at this end. {RID}.")
    api_name: str = needed("The camelCase name by which its objects reach the other end; unique in the object type.")
    display_name: str | None = absent("Up to 200 characters.")
    visibility: Visibility | None = absent("How prominently users see it.")


@words(description="How a link type is backed; which fields belong to it depends on the type.")
class LinkBackingInput(Words):
    type: BackingType = needed("How it is backed.")
    property: strawberry.ID | None = absent(f"FOREIGN_KEY: a property of the many side, of the type of the other side's key. {RID}.")
    object_type: strawberry.ID | None = absent(f"INTERMEDIARY: the object type between the two. {RID}.")
    link_a: strawberry.ID | None = absent(f"INTERMEDIARY: the one-to-many link type from side A to it. {RID}.")
    link_b: strawberry.ID | None = absent(f"INTERMEDIARY: the one-to-many link type from side B to it. {RID}.")


@words(description="A new link type.")
class LinkTypeInput(DescribedInput):
    ref: str | None = absent("A name for it in the same change set.")
    api_name: str = needed(CAMEL)
    display_name: str = needed("1 to 200 characters.")
    a: LinkSideInput = needed("Side A, the one side of ONE_TO_MANY.")
    b: LinkSideInput = needed("Side B, the many side of ONE_TO_MANY.")
    cardinality: Cardinality = needed("How many objects one object is linked to.")
    backing: LinkBackingInput = needed("How it is backed: FOREIGN_KEY unless MANY_TO_MANY.")


@words(description="Changes of a link type: what is absent stays, null clears.")
class LinkTypePatch(DescribedInput):
    api_name: str | None = absent(f"{CAMEL} Fixed unless EXPERIMENTAL.")
    display_name: str | None = absent("1 to 200 characters.")
    a: LinkSideInput | None = absent("Side A, as a whole.")
    b: LinkSideInput | None = absent("Side B, as a whole.")
    cardinality: Cardinality | None = absent("How many objects one object is linked to.")
    backing: LinkBackingInput | None = absent("How it is backed, as a whole.")
