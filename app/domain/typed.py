"""What a property and a shared property have in common: a type, its constraints and how values are shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from pydantic import field_validator

from app.domain import constraints
from app.domain.closure import Closure
from app.domain.constraints import Constraint
from app.domain.datatype import BaseType, DataType
from app.domain.definition import Definition, Edge, Reference, Visibility
from app.domain.kind import Kind
from app.domain.rid import Rid
from app.domain.rules import Violation, state
from app.domain.searched import Searched, part
from app.domain.text import CAMEL, DISPLAY_NAME, Text, refused_character
from app.domain.value import Value, keyed
from app.domain.value_type import ValueTypeDefinition

MARKING_REQUIRED = state("property.marking-required", "A MARKING must be required.")
VALUE_TYPE_FITS = state("property.value-type-fits", "The base type of a property is the one of its value type.")
FORMAT = state("property.format", "A format hint has up to 200 plain characters.")


class Format(Value):
    """Hints for showing a value; they restrict nothing."""

    unit: Text = ""  # UCUM or a currency code, as text
    pattern: Text = ""  # such as `#,##0.00` or `yyyy-MM-dd`


class TypedDefinition(Definition):
    """A definition that says what values something holds."""

    api_name_pattern = CAMEL
    api_name_form = "a camelCase name of up to 100 letters and digits"

    type: DataType
    required: bool = False
    indexed_for_search: bool = True
    format: Format | None = None
    constraints: tuple[Constraint, ...] = ()
    value_type: Rid | None = None
    visibility: Visibility = Visibility.NORMAL

    @field_validator("constraints", mode="before")
    @classmethod
    def _keys(cls, items: Any) -> Any:
        return keyed(items, "constraint")

    def references(self) -> Iterator[Reference]:
        yield from super().references()
        if self.value_type is not None:
            yield Reference("valueType", self.value_type, Edge.VALUE_TYPE, (Kind.VALUE_TYPE,))

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        yield from self.type.violations("type")
        yield from constraints.violations(self.constraints, self.type)
        if self.type.base is BaseType.MARKING and not self.required:
            yield MARKING_REQUIRED.broken("required", value=False, bound=True)
        value_type = closure.definition(self.value_type, ValueTypeDefinition)
        if value_type is not None and not value_type.type.same_as(self.type):
            yield VALUE_TYPE_FITS.broken(
                "type", f"{value_type.api_name} holds {value_type.type.base}.", value=self.type.base, bound=value_type.type.base
            )
        for name in ("unit", "pattern"):
            hint = getattr(self.format, name) if self.format else ""
            if len(hint) > DISPLAY_NAME or refused_character(hint):
                yield FORMAT.broken(f"format.{name}", value=len(hint), bound=DISPLAY_NAME)

    def search_text(self) -> Iterator[Searched]:
        yield from super().search_text()
        for field in (self.type.of or self.type).fields:
            yield from part(f"type.fields[{field.identifier}]", field.api_name, field.display_name)

    def detached(self, gone: frozenset[str]) -> Self:
        kept = super().detached(gone)
        return kept.model_copy(update={"value_type": None}) if self.value_type in gone else kept
