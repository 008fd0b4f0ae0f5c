"""How leaves become JSON: what is of the plain type already goes as it is, everything else the way of its GraphQL type."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLEnumType, Undefined

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLLeafType

GREATEST_INT: Final = 2**31 - 1
TEXTS = frozenset({"String", "ID", "Rid"})
# What a resolver may return for a leaf; anything else may be awaitable, or an exception, and is for the inherited way.
_VALUES: Final = frozenset({str, int, float, bool, list, dict, datetime, date})


class Unusual(Exception):
    """Something that the plan does not foresee: the operation is executed the inherited way."""


class _Enum(dict[Any, str]):
    """The names of an enum's values, each found once."""

    def __init__(self, kind: GraphQLEnumType) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, value: object) -> str:
        if not isinstance(value, (str, Enum)):
            raise Unusual
        found = self[value] = self._kind.coerce_output_value(value)
        return found


def leaf(kind: GraphQLLeafType, *, nullable: bool) -> Callable[[Any], Any]:
    """The JSON of a value; Unusual, or what the type raises, for one that it cannot be."""
    names = _Enum(kind) if isinstance(kind, GraphQLEnumType) else None
    if names is not None and not nullable:
        return names.__getitem__
    coerce = kind.coerce_output_value

    def completed(value: Any) -> Any:
        if value is None:
            if nullable:
                return None
            raise Unusual
        if names is not None:
            return names[value]
        if value.__class__ not in _VALUES:
            raise Unusual
        found = coerce(value)
        if found is None or found is Undefined:
            raise Unusual
        return found

    return completed


def inline(kind: GraphQLLeafType, value: str, completed: str) -> str:
    """An expression for the JSON of the expression `value`; `completed` names the function for what is not plain."""
    if kind.name in TEXTS:
        return f"(v if (v := {value}).__class__ is str else {completed}(v))"
    if kind.name == "Boolean":
        return f"(v if (v := {value}).__class__ is bool else {completed}(v))"
    if kind.name == "Int":
        return f"(v if (v := {value}).__class__ is int and -{GREATEST_INT} <= v <= {GREATEST_INT} else {completed}(v))"
    return f"{completed}({value})"
