"""Base types and their parameters: what a property, a value type or an action's parameter may hold."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import field_validator

from app.domain.rules import Violation, state
from app.domain.text import CAMEL, DISPLAY_NAME, Text, refused_character, reserved
from app.domain.value import Item, Value, keyed


class BaseType(StrEnum):
    """The 22 base types; a list is ARRAY."""

    STRING = "STRING"
    BOOLEAN = "BOOLEAN"
    BYTE = "BYTE"
    SHORT = "SHORT"
    INTEGER = "INTEGER"
    LONG = "LONG"
    FLOAT = "FLOAT"
    DOUBLE = "DOUBLE"
    DECIMAL = "DECIMAL"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    GEOPOINT = "GEOPOINT"
    GEOSHAPE = "GEOSHAPE"
    TIME_SERIES = "TIME_SERIES"
    GEOTIME_SERIES = "GEOTIME_SERIES"
    ATTACHMENT = "ATTACHMENT"
    MEDIA_REFERENCE = "MEDIA_REFERENCE"
    MARKING = "MARKING"
    CIPHER_TEXT = "CIPHER_TEXT"
    VECTOR = "VECTOR"
    STRUCT = "STRUCT"
    ARRAY = "ARRAY"


class Similarity(StrEnum):
    """How two vectors are compared."""

    COSINE = "COSINE"
    DOT_PRODUCT = "DOT_PRODUCT"
    EUCLIDEAN = "EUCLIDEAN"


NUMBERS = frozenset(
    {BaseType.BYTE, BaseType.SHORT, BaseType.INTEGER, BaseType.LONG, BaseType.FLOAT, BaseType.DOUBLE, BaseType.DECIMAL},
)
SERIES = frozenset({BaseType.TIME_SERIES, BaseType.GEOTIME_SERIES})
PRIMARY_KEYS = frozenset(
    {
        BaseType.STRING, BaseType.INTEGER, BaseType.SHORT, BaseType.BYTE,
        BaseType.LONG, BaseType.BOOLEAN, BaseType.DATE, BaseType.TIMESTAMP,
    },
)  # fmt: skip
NO_TITLES = SERIES | {BaseType.STRUCT, BaseType.VECTOR, BaseType.ATTACHMENT, BaseType.MEDIA_REFERENCE, BaseType.ARRAY}

PRECISION = 38
DIMENSION = 2_048
STRUCT_FIELDS = 100

PRECISION_RANGE = state("type.decimal.precision", "A DECIMAL has a precision of 1 to 38 digits.")
SCALE_RANGE = state("type.decimal.scale", "The scale of a DECIMAL is between 0 and its precision.")
DIMENSION_RANGE = state("type.vector.dimension", "A VECTOR has 1 to 2,048 dimensions.")
SIMILARITY_NEEDED = state("type.vector.similarity", "A VECTOR names how it is compared.")
SERIES_OF = state("type.time-series.of", "A TIME_SERIES is made of a number or a string.")
ARRAY_OF = state("type.array.of", "An ARRAY is made of any type but ARRAY, VECTOR and the series.")
STRUCT_SIZE = state("type.struct.size", "A STRUCT has 1 to 100 fields.")
STRUCT_FIELD_TYPE = state("type.struct.field-type", "A field of a STRUCT holds no STRUCT, not even in a list.")
STRUCT_FIELD_NAME = state("type.struct.field-name", "The name of a struct field is camelCase, up to 100 characters, and not reserved.")
STRUCT_FIELD_UNIQUE = state("type.struct.field-unique", "The fields of a STRUCT have different names, whatever the case.")
STRUCT_FIELD_DISPLAY = state("type.struct.field-display-name", "The display name of a struct field has up to 200 plain characters.")
FOREIGN_PARAMETER = state("type.parameter", "A type has only the parameters that belong to it.")

_PARAMETERS = {
    "precision": {BaseType.DECIMAL},
    "scale": {BaseType.DECIMAL},
    "of": {BaseType.TIME_SERIES, BaseType.ARRAY},
    "dimension": {BaseType.VECTOR},
    "similarity": {BaseType.VECTOR},
    "fields": {BaseType.STRUCT},
}


class DataType(Value):
    """A base type with the parameters that belong to it."""

    tag: ClassVar[str | None] = "base"

    base: BaseType
    precision: int | None = None  # DECIMAL: digits in all
    scale: int | None = None  # DECIMAL: digits after the point
    of: DataType | None = None  # ARRAY, TIME_SERIES: what they are made of
    dimension: int | None = None  # VECTOR
    similarity: Similarity | None = None  # VECTOR
    fields: tuple[StructField, ...] = ()  # STRUCT

    @field_validator("fields", mode="before")
    @classmethod
    def _keys(cls, fields: Any) -> Any:
        return keyed(fields, "field")

    def same_as(self, other: DataType) -> bool:
        """Whether both hold the same values; names shown to people do not count."""
        return self.shape() == other.shape()

    def shape(self) -> tuple[Any, ...]:
        """What decides which values it holds."""
        of = self.of.shape() if self.of else None
        fields = frozenset((field.api_name, field.type.shape()) for field in self.fields)
        return (self.base, self.precision, self.scale, of, self.dimension, self.similarity, fields)

    def violations(self, path: str) -> Iterator[Violation]:
        """What is wrong with the type itself."""
        for name, owners in _PARAMETERS.items():
            if getattr(self, name) not in (None, ()) and self.base not in owners:
                yield FOREIGN_PARAMETER.broken(f"{path}.{name}", f"{self.base} has no {name}.", value=self.base)
        check = _CHECKS.get(self.base)
        if check is not None:
            yield from check(self, path)


class StructField(Item):
    """A named field of a STRUCT; `key` stays when it is renamed."""

    key: str
    api_name: str
    type: DataType
    display_name: Text = ""


DataType.model_rebuild()


def _decimal(data: DataType, path: str) -> Iterator[Violation]:
    if data.precision is None or not 1 <= data.precision <= PRECISION:
        yield PRECISION_RANGE.broken(f"{path}.precision", value=data.precision, bound=PRECISION)
    elif data.scale is None or not 0 <= data.scale <= data.precision:
        yield SCALE_RANGE.broken(f"{path}.scale", value=data.scale, bound=data.precision)


def _vector(data: DataType, path: str) -> Iterator[Violation]:
    if data.dimension is None or not 1 <= data.dimension <= DIMENSION:
        yield DIMENSION_RANGE.broken(f"{path}.dimension", value=data.dimension, bound=DIMENSION)
    if data.similarity is None:
        yield SIMILARITY_NEEDED.broken(f"{path}.similarity")


def _series(data: DataType, path: str) -> Iterator[Violation]:
    if data.of is None or data.of.base not in NUMBERS | {BaseType.STRING}:
        yield SERIES_OF.broken(f"{path}.of", value=data.of and data.of.base)
    else:
        yield from data.of.violations(f"{path}.of")


def _array(data: DataType, path: str) -> Iterator[Violation]:
    if data.of is None or data.of.base in SERIES | {BaseType.ARRAY, BaseType.VECTOR}:
        yield ARRAY_OF.broken(f"{path}.of", value=data.of and data.of.base)
    else:
        yield from data.of.violations(f"{path}.of")


def _struct(data: DataType, path: str) -> Iterator[Violation]:
    if not 1 <= len(data.fields) <= STRUCT_FIELDS:
        yield STRUCT_SIZE.broken(f"{path}.fields", value=len(data.fields), bound=STRUCT_FIELDS)
    seen: set[str] = set()
    for item in data.fields:
        place = f"{path}.fields[{item.identifier}]"
        if not CAMEL.fullmatch(item.api_name) or reserved(item.api_name):
            yield STRUCT_FIELD_NAME.broken(f"{place}.apiName", value=item.api_name)
        if item.api_name.lower() in seen:
            yield STRUCT_FIELD_UNIQUE.broken(f"{place}.apiName", value=item.api_name)
        seen.add(item.api_name.lower())
        if len(item.display_name) > DISPLAY_NAME or refused_character(item.display_name):
            yield STRUCT_FIELD_DISPLAY.broken(f"{place}.displayName", bound=DISPLAY_NAME)
        if BaseType.STRUCT in {item.type.base, item.type.of and item.type.of.base}:
            yield STRUCT_FIELD_TYPE.broken(f"{place}.type", value=item.type.base)
        else:
            yield from item.type.violations(f"{place}.type")


_CHECKS = {
    BaseType.DECIMAL: _decimal,
    BaseType.VECTOR: _vector,
    BaseType.TIME_SERIES: _series,
    BaseType.ARRAY: _array,
    BaseType.STRUCT: _struct,
}
