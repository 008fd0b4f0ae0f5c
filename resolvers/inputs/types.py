"""What authors write of the values that something holds: its type, constraints and format."""

from __future__ import annotations

import strawberry
from strawberry.scalars import JSON

from resolvers.enums import BaseType, ConstraintType, Similarity, Visibility
from resolvers.inputs.common import RID, DescribedInput
from resolvers.inputs.words import Words, absent, needed, words


@words(description="A base type with the parameters that belong to it.")
class DataTypeInput(Words):
    base: BaseType = needed("The base type.")
    precision: int | None = absent("DECIMAL: digits in all, 1 to 38.")
    scale: int | None = absent("DECIMAL: digits after the point, at most the precision.")
    of: DataTypeInput | None = absent("ARRAY, TIME_SERIES: what it is made of.")
    dimension: int | None = absent("VECTOR: how many numbers, 1 to 2,048.")
    similarity: Similarity | None = absent("VECTOR: how two of them are compared.")
    fields: list[StructFieldInput] | None = absent("STRUCT: 1 to 100 fields.")


@words(description="A named field of a STRUCT.")
class StructFieldInput(Words):
    key: str | None = absent("What stays when the field is renamed; its first apiName where nothing is said.")
    api_name: str = needed("A camelCase name, unique in the STRUCT.")
    type: DataTypeInput = needed("Any type but STRUCT.")
    display_name: str | None = absent("Up to 200 characters.")


@words(description="One restriction of the values of a type; which parameters belong to it depends on its type.")
class ConstraintInput(Words):
    key: str | None = absent("What identifies the constraint among its siblings when it changes.")
    type: ConstraintType = needed("What is restricted.")
    pattern: str | None = absent("REGEX: RE2 syntax, up to 1,000 characters.")
    min: JSON | None = absent("LENGTH, RANGE, ARRAY_SIZE: the lower bound, included; a string for dates, times and decimals.")
    max: JSON | None = absent("LENGTH, RANGE, ARRAY_SIZE: the upper bound, included.")
    values: list[JSON] | None = absent("ONE_OF: 1 to 1,000 values of the base type.")
    field: str | None = absent("STRUCT_FIELD: the key of the field.")
    constraint: ConstraintInput | None = absent("STRUCT_FIELD: what restricts the field.")


@words(description="Hints for showing a value; they restrict nothing.")
class FormatInput(Words):
    unit: str | None = absent("A unit or currency, such as `kg` or `EUR`.")
    pattern: str | None = absent("Such as `#,##0.00` or `yyyy-MM-dd`.")


@words(description="What may be written of whatever holds values.")
class TypedInput(DescribedInput):
    required: bool | None = absent("Whether every object has a value; false where nothing is said.")
    indexed_for_search: bool | None = absent("Whether objects are found by its values; true where nothing is said.")
    format: FormatInput | None = absent("How values are shown.")
    constraints: list[ConstraintInput] | None = absent("Restrictions of its own; the list replaces what was there.")
    value_type: strawberry.ID | None = absent(f"The value type whose constraints it obeys, of the same base type. {RID}.")
    visibility: Visibility | None = absent("How prominently users see it.")
