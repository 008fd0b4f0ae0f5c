"""Constraints: what a value type, or a property of its own, allows of a base type's values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, ClassVar

import re2

from app.domain.datatype import NUMBERS, BaseType, DataType
from app.domain.rules import Answer, Violation, state
from app.domain.text import Text, refused_character
from app.domain.value import Item, SetOfJson

PATTERN_LENGTH = 1_000  # characters
ONE_OF = 1_000  # values
CONSTRAINTS = 100  # of one type

_quiet = re2.Options()
_quiet.log_errors = False
_quiet.max_mem = 1 << 20


class ConstraintType(StrEnum):
    """What a constraint restricts."""

    REGEX = "REGEX"
    LENGTH = "LENGTH"
    RANGE = "RANGE"
    ONE_OF = "ONE_OF"
    UUID = "UUID"
    ARRAY_SIZE = "ARRAY_SIZE"
    ARRAY_UNIQUE = "ARRAY_UNIQUE"
    STRUCT_FIELD = "STRUCT_FIELD"


APPLIES = state("constraint.applies", "A constraint fits the base type that it restricts.")
REGEX_SAFE = state(
    "constraint.regex", "A pattern is valid RE2 syntax of up to 1,000 characters, so that it runs in linear time.", Answer.UNSAFE_REGEX
)
BOUNDS = state("constraint.bounds", "A constraint has a lower or an upper bound, and the lower is not above the upper.")
VALUES = state("constraint.values", "One-of lists 1 to 1,000 different values of the base type.")
FIELD = state("constraint.field", "A constraint of a struct names one of its fields.")
UNIQUE = state("constraint.unique", "A constraint stands once on a type; struct fields count each for itself.")
COUNT = state("constraint.count", "A type has at most 100 constraints.")
PARAMETERS = state("constraint.parameter", "A constraint has only the parameters that belong to it.")


class Constraint(Item):
    """One restriction; which of the parameters belong to it depends on its type."""

    tag: ClassVar[str | None] = "type"

    key: str
    type: ConstraintType
    pattern: Text | None = None  # REGEX
    min: float | int | str | None = None  # LENGTH, RANGE, ARRAY_SIZE: inclusive; a string for dates and decimals
    max: float | int | str | None = None
    values: SetOfJson = ()  # ONE_OF
    field: str | None = None  # STRUCT_FIELD: the key of the field
    constraint: Constraint | None = None  # STRUCT_FIELD: what restricts the field

    def violations(self, data: DataType, path: str) -> Iterator[Violation]:
        """What is wrong with it as a restriction of the type."""
        if data.base not in _APPLICABLE[self.type]:
            yield APPLIES.broken(path, f"{self.type} does not restrict {data.base}.", value=data.base, bound=sorted(_APPLICABLE[self.type]))
            return
        allowed = _OWN[self.type]
        for name in ("pattern", "min", "max", "values", "field", "constraint"):
            if getattr(self, name) not in (None, ()) and name not in allowed:
                yield PARAMETERS.broken(f"{path}.{name}", f"{self.type} has no {name}.", value=self.type)
        yield from _CHECKS[self.type](self, data, path)


_TEXTS = frozenset({BaseType.STRING})
_ORDERED = NUMBERS | {BaseType.DATE, BaseType.TIMESTAMP}
_LISTABLE = NUMBERS | {BaseType.STRING, BaseType.BOOLEAN, BaseType.DATE, BaseType.TIMESTAMP}
_APPLICABLE: dict[ConstraintType, frozenset[BaseType]] = {
    ConstraintType.REGEX: _TEXTS,
    ConstraintType.LENGTH: _TEXTS,
    ConstraintType.UUID: _TEXTS,
    ConstraintType.RANGE: _ORDERED,
    ConstraintType.ONE_OF: _LISTABLE,
    ConstraintType.ARRAY_SIZE: frozenset({BaseType.ARRAY}),
    ConstraintType.ARRAY_UNIQUE: frozenset({BaseType.ARRAY}),
    ConstraintType.STRUCT_FIELD: frozenset({BaseType.STRUCT}),
}
_OWN: dict[ConstraintType, frozenset[str]] = {
    ConstraintType.REGEX: frozenset({"pattern"}),
    ConstraintType.LENGTH: frozenset({"min", "max"}),
    ConstraintType.RANGE: frozenset({"min", "max"}),
    ConstraintType.ARRAY_SIZE: frozenset({"min", "max"}),
    ConstraintType.ONE_OF: frozenset({"values"}),
    ConstraintType.UUID: frozenset(),
    ConstraintType.ARRAY_UNIQUE: frozenset(),
    ConstraintType.STRUCT_FIELD: frozenset({"field", "constraint"}),
}


def number(value: Any) -> Decimal | datetime | None:
    """A bound as something that can be compared with its like: a number, a day or a moment; None where it is none of them."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return _moment(str(value))
    return found if found.is_finite() else None


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def above(one: Any, other: Any) -> bool:
    """Whether the first bound is the greater; bounds of different sorts are not compared."""
    left, right = number(one), number(other)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left > right
    if isinstance(left, datetime) and isinstance(right, datetime) and (left.tzinfo is None) is (right.tzinfo is None):
        return left > right
    return False


def fits(value: Any, base: BaseType) -> bool:
    """Whether a JSON value can be a value of the base type."""
    if base is BaseType.BOOLEAN:
        return isinstance(value, bool)
    if base in NUMBERS:
        found = number(value)
        return isinstance(found, Decimal) and (base not in _BITS or _is_whole(found, _BITS[base]))
    if base in _MOMENTS:
        return isinstance(value, str) and _is_moment(value, base)
    return isinstance(value, str) and refused_character(value) is None


def holds(data: DataType, value: Any) -> bool:
    """Whether a JSON value can be a value of the type: a list for an ARRAY or a VECTOR, an object by field names for a STRUCT."""
    if data.base is BaseType.ARRAY:
        return isinstance(value, list) and data.of is not None and all(holds(data.of, each) for each in value)
    if data.base is BaseType.VECTOR:
        return isinstance(value, list) and len(value) == data.dimension and all(fits(each, BaseType.DOUBLE) for each in value)
    if data.base is BaseType.STRUCT:
        types = {field.api_name: field.type for field in data.fields}
        return isinstance(value, dict) and all(name in types and holds(types[name], each) for name, each in value.items())
    return fits(value, data.base)


_BITS = {BaseType.BYTE: 7, BaseType.SHORT: 15, BaseType.INTEGER: 31, BaseType.LONG: 63}  # beside the sign
_MOMENTS = {
    BaseType.DATE: re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
    BaseType.TIMESTAMP: re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})", re.ASCII),
}


def _is_whole(found: Decimal, bits: int) -> bool:
    return -(1 << bits) <= found < 1 << bits and found % 1 == 0  # in this order: what 1e999999 leaves cannot be told


def _is_moment(value: str, base: BaseType) -> bool:
    if not _MOMENTS[base].fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def linear(pattern: str) -> bool:
    """Whether it is a pattern of RE2, short enough, which matches in linear time."""
    if len(pattern) > PATTERN_LENGTH:
        return False
    try:
        re2.compile(pattern, options=_quiet)
    except re2.error:
        return False
    return True


def _regex(constraint: Constraint, _: DataType, path: str) -> Iterator[Violation]:
    pattern = constraint.pattern
    if not pattern or len(pattern) > PATTERN_LENGTH:
        yield REGEX_SAFE.broken(f"{path}.pattern", bound=PATTERN_LENGTH, value=len(pattern or ""))
    elif not linear(pattern):
        yield REGEX_SAFE.broken(f"{path}.pattern", f"{pattern[:100]!r} is not valid RE2 syntax.", value=pattern[:100])


def _sizes(constraint: Constraint, _: DataType, path: str) -> Iterator[Violation]:
    for name in ("min", "max"):
        size = getattr(constraint, name)
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
            yield BOUNDS.broken(f"{path}.{name}", "A length is a whole number of 0 or more.", value=size)
            return
    yield from _order(constraint, path)


def _range(constraint: Constraint, data: DataType, path: str) -> Iterator[Violation]:
    for name in ("min", "max"):
        bound = getattr(constraint, name)
        if bound is not None and not fits(bound, data.base):
            yield BOUNDS.broken(f"{path}.{name}", f"{bound!r} is not a {data.base}.", value=bound)
            return
    yield from _order(constraint, path)


def _order(constraint: Constraint, path: str) -> Iterator[Violation]:
    if constraint.min is None and constraint.max is None:
        yield BOUNDS.broken(path, "A lower or an upper bound is needed.")
    elif above(constraint.min, constraint.max):
        yield BOUNDS.broken(f"{path}.min", value=constraint.min, bound=constraint.max)


def _one_of(constraint: Constraint, data: DataType, path: str) -> Iterator[Violation]:
    if not 1 <= len(constraint.values) <= ONE_OF:
        yield VALUES.broken(f"{path}.values", value=len(constraint.values), bound=ONE_OF)
    for value in constraint.values:
        if not fits(value, data.base):
            yield VALUES.broken(f"{path}.values", f"{str(value)[:100]!r} is not a {data.base}.", value=str(value)[:100], bound=data.base)


def _field(constraint: Constraint, data: DataType, path: str) -> Iterator[Violation]:
    field = next((field for field in data.fields if field.key == constraint.field), None)
    if field is None or constraint.constraint is None:
        yield FIELD.broken(f"{path}.field", value=constraint.field, bound=[field.key for field in data.fields])
    else:
        yield from constraint.constraint.violations(field.type, f"{path}.constraint")


def _nothing(_: Constraint, __: DataType, ___: str) -> Iterator[Violation]:
    yield from ()


_CHECKS: dict[ConstraintType, Callable[[Constraint, DataType, str], Iterator[Violation]]] = {
    ConstraintType.REGEX: _regex,
    ConstraintType.LENGTH: _sizes,
    ConstraintType.RANGE: _range,
    ConstraintType.ONE_OF: _one_of,
    ConstraintType.UUID: _nothing,
    ConstraintType.ARRAY_SIZE: _sizes,
    ConstraintType.ARRAY_UNIQUE: _nothing,
    ConstraintType.STRUCT_FIELD: _field,
}


def violations(constraints: tuple[Constraint, ...], data: DataType, path: str = "constraints") -> Iterator[Violation]:
    """What is wrong with the constraints as restrictions of the type."""
    if len(constraints) > CONSTRAINTS:
        yield COUNT.broken(path, value=len(constraints), bound=CONSTRAINTS)
    seen: set[tuple[object, ...]] = set()
    for constraint in constraints:
        place = f"{path}[{constraint.identifier}]"
        nested = constraint.constraint
        mark = (constraint.type, constraint.field, nested.type if nested else None)
        if mark in seen:
            yield UNIQUE.broken(place, f"{constraint.type} stands twice.", value=constraint.type)
        seen.add(mark)
        yield from constraint.violations(data, place)


Constraint.model_rebuild()


def narrower(new: tuple[Constraint, ...], old: tuple[Constraint, ...]) -> Iterator[Constraint]:
    """The new constraints that refuse something which the old ones allowed."""
    before = {_mark(constraint): constraint for constraint in old}
    for constraint in new:
        earlier = before.get(_mark(constraint))
        if earlier is None or _narrows(constraint, earlier):
            yield constraint


def _mark(constraint: Constraint) -> tuple[object, ...]:
    return (constraint.type, constraint.field, constraint.constraint.type if constraint.constraint else None)


def _narrows(new: Constraint, old: Constraint) -> bool:
    if new.type is ConstraintType.REGEX:
        return new.pattern != old.pattern
    if new.type is ConstraintType.ONE_OF:
        return any(value not in new.values for value in old.values)
    if new.constraint is not None and old.constraint is not None:
        return _narrows(new.constraint, old.constraint)
    if new.min is not None and (old.min is None or above(new.min, old.min)):
        return True
    return new.max is not None and (old.max is None or above(old.max, new.max))
