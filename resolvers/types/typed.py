"""Types of values, with what restricts and shows them."""

from __future__ import annotations

from strawberry.scalars import JSON

from app.domain import constraints, datatype, typed
from resolvers.enums import BaseType, ConstraintType, Similarity
from resolvers.types.reading import Read, leaf, part

JsonValues = list[JSON]


@part(datatype.DataType, description="A base type with the parameters that belong to it.")
class DataType(Read):
    base: BaseType = leaf("The base type.")
    precision: int | None = leaf("DECIMAL: digits in all, 1 to 38.")
    scale: int | None = leaf("DECIMAL: digits after the point.")
    of: DataType | None = leaf("ARRAY, TIME_SERIES: what it is made of.")
    dimension: int | None = leaf("VECTOR: how many numbers.")
    similarity: Similarity | None = leaf("VECTOR: how two of them are compared.")
    fields: list[StructField] = leaf("STRUCT: its fields; empty otherwise.")


@part(datatype.StructField, description="A named field of a STRUCT.")
class StructField(Read):
    key: str = leaf("What stays when the field is renamed.")
    api_name: str = leaf("A camelCase name, unique in the STRUCT.")
    display_name: str = leaf("The name that people read; empty where nobody said.")
    type: DataType = leaf("Any type but STRUCT.")


@part(constraints.Constraint, description="One restriction of the values of a type; which fields say something depends on its type.")
class Constraint(Read):
    key: str = leaf("What identifies it among its siblings when it changes.")
    type: ConstraintType = leaf("What is restricted.")
    pattern: str | None = leaf("REGEX: RE2 syntax.")
    min: JSON | None = leaf("LENGTH, RANGE, ARRAY_SIZE: the lower bound, included; a string for dates, times and decimals.")
    max: JSON | None = leaf("LENGTH, RANGE, ARRAY_SIZE: the upper bound, included.")
    values: JsonValues = leaf("ONE_OF: the values; empty otherwise.")
    field: str | None = leaf("STRUCT_FIELD: the key of the field.")
    constraint: Constraint | None = leaf("STRUCT_FIELD: what restricts the field.")


@part(typed.Format, description="Hints for showing a value; they restrict nothing.", name="PropertyFormat")
class Format(Read):
    unit: str = leaf("A unit or currency, such as `kg` or `EUR`; empty where there is none.")
    pattern: str = leaf("Such as `#,##0.00` or `yyyy-MM-dd`; empty where there is none.")
