"""What authors write of an interface."""

from __future__ import annotations

import strawberry

from resolvers.enums import Multiplicity
from resolvers.inputs.common import RID, DescribedInput
from resolvers.inputs.types import ConstraintInput, DataTypeInput
from resolvers.inputs.words import Words, absent, needed, words

PASCAL = "A PascalCase name of up to 100 letters and digits, unique among object types and interfaces, whatever the case."
KEY = "What stays when it is renamed; its first apiName where nothing is said."


@words(description="A property of an interface: it follows a shared property, or has a name and a type of its own.")
class InterfacePropertyInput(Words):
    key: str | None = absent(KEY)
    shared_property: strawberry.ID | None = absent(f"The shared property that it follows; then it has no name and type of its own. {RID}.")
    api_name: str | None = absent("A camelCase name of its own, unique in the interface and all that it extends.")
    display_name: str | None = absent("Up to 200 characters.")
    description: str | None = absent("Up to 10,000 characters.")
    type: DataTypeInput | None = absent("A type of its own.")
    constraints: list[ConstraintInput] | None = absent("Restrictions of a type of its own.")
    value_type: strawberry.ID | None = absent(f"The value type of a type of its own. {RID}.")
    required: bool | None = absent("Whether implementers must map it; false where nothing is said.")


@words(description="A link that implementers of an interface must or may have.")
class InterfaceLinkInput(Words):
    key: str | None = absent(KEY)
    api_name: str = needed("A camelCase name, unique in the interface and all that it extends.")
    display_name: str | None = absent("Up to 200 characters.")
    description: str | None = absent("Up to 10,000 characters.")
    target: strawberry.ID = needed(f"The object type or interface at the other end. {RID}.")
    multiplicity: Multiplicity | None = absent("How many links; MANY where nothing is said.")
    required: bool | None = absent("Whether implementers must have it; false where nothing is said.")


@words(description="What an interface is made of.")
class ExtendingInput(DescribedInput):
    extends: list[strawberry.ID] | None = absent("All interfaces that it extends, without a cycle; the list replaces what was there.")
    properties: list[InterfacePropertyInput] | None = absent("All its own properties; the list replaces what was there.")
    links: list[InterfaceLinkInput] | None = absent("All its own link constraints; the list replaces what was there.")


@words(description="A new interface.")
class InterfaceInput(ExtendingInput):
    ref: str | None = absent("A name for it in the same change set.")
    api_name: str = needed(PASCAL)
    display_name: str = needed("1 to 200 characters.")


@words(description="Changes of an interface: what is absent stays, null clears.")
class InterfacePatch(ExtendingInput):
    api_name: str | None = absent(f"{PASCAL} Fixed unless EXPERIMENTAL.")
    display_name: str | None = absent("1 to 200 characters.")
