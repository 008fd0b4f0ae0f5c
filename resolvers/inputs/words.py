"""Inputs that become a definition's JSON: what was not sent stays absent, null stays null, nothing is built in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import strawberry
from strawberry.types.base import StrawberryContainer, StrawberryObjectDefinition

if TYPE_CHECKING:
    from strawberry.types.field import StrawberryField

T = TypeVar("T", bound="Words")

IDEMPOTENCY_KEY = "A second request with the same key and the same input is answered like the first; for 24 hours."


class Words:
    """An author's words about one entity, or a part of them, as the client sent them.

    The fields of a subclass are read by Strawberry to make the schema; of a value only `json()` is meant to be used.
    `maps` names the fields that are lists in GraphQL and maps by a key in a definition.
    """

    maps: ClassVar[Mapping[str, ByKey]] = {}
    _sent: Mapping[str, Any]

    def json(self) -> dict[str, Any]:
        """The definition's JSON; a null at the top stays, for an update that clears, and goes further down."""
        return _json(type(self), self._sent)

    def created(self) -> dict[str, Any]:
        """The definition's JSON of a creation: null is as good as absent."""
        return present(self.json())

    @classmethod
    def chosen(cls, sent: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Of a one-of input: the field that was sent, and its JSON as `json()` has it."""
        ((name, value),) = sent.items()
        return name, _json(_nested(cls)[name], value)


@dataclass(frozen=True, slots=True)
class ByKey:
    """How a list becomes a map: the item's field that is the key, and the one that is the value (None for the rest)."""

    key: str
    value: str | None = None

    def folded(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """The map; of items with one key the last one counts."""
        if self.value is not None:
            return {item[self.key]: item[self.value] for item in items}
        return {item[self.key]: {name: value for name, value in item.items() if name != self.key} for item in items}


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not null."""
    return {name: value for name, value in fields.items() if value is not None}


def words(*, description: str, name: str | None = None, one_of: bool = False) -> Callable[[type[T]], type[T]]:
    """Declare an input whose values are kept as they were sent."""

    def declared(cls: type[T]) -> type[T]:
        made = strawberry.input(cls, name=name, description=description, one_of=one_of or None)
        definition = cast("StrawberryObjectDefinition", made.__strawberry_definition__)  # type: ignore[attr-defined]  # set just now
        definition.from_input = _kept
        return made

    return declared


def _kept(cls: type, sent: Mapping[str, Any], _: object) -> Words:
    value = cast("Words", object.__new__(cls))
    value._sent = sent  # noqa: SLF001 - our own value, made without the constructor that would need every field
    return value


def absent(description: str, **options: Any) -> Any:
    """A field that may be left out; then the definition's default holds, or what is stored stays."""
    return strawberry.field(description=description, default=strawberry.UNSET, **options)


def needed(description: str, **options: Any) -> Any:
    """A field that must be sent."""
    return strawberry.field(description=description, **options)


def _nested(cls: type[Words]) -> dict[str, type[Words]]:
    """The fields of an input that hold inputs, by their GraphQL names; found once a class."""
    if cls not in _NESTED:
        definition = cast("StrawberryObjectDefinition", cls.__strawberry_definition__)  # type: ignore[attr-defined]  # every input has one
        held = {graphql_name(field): _input(field.resolve_type(type_definition=definition)) for field in definition.fields}
        _NESTED[cls] = {name: type_ for name, type_ in held.items() if type_ is not None}
    return _NESTED[cls]


_NESTED: dict[type[Words], dict[str, type[Words]]] = {}


def _input(type_: Any) -> type[Words] | None:
    while isinstance(type_, StrawberryContainer):
        type_ = type_.of_type
    return type_ if isinstance(type_, type) and issubclass(type_, Words) else None


def _json(cls: type[Words], sent: Mapping[str, Any], *, top: bool = True) -> dict[str, Any]:
    nested = _nested(cls)
    result: dict[str, Any] = {}
    for name, value in sent.items():
        if value is None:
            if top:
                result[name] = None
        elif name in nested:
            result[name] = _part(nested[name], value, cls.maps.get(name))
        else:
            result[name] = _leaf(value)
    return result


def _part(cls: type[Words], value: Any, by_key: ByKey | None) -> Any:
    if not isinstance(value, list):
        return _json(cls, value, top=False)
    items = [_json(cls, item, top=False) for item in value]
    return items if by_key is None else by_key.folded(items)


def _leaf(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value


def graphql_name(field: StrawberryField) -> str:
    """The name of an input's field in the schema."""
    first, *rest = field.python_name.split("_")
    return field.graphql_name or first + "".join(part.capitalize() for part in rest)
