"""Leaves that are read from a definition's JSON when they are first selected: plain attributes, and nothing is built in vain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

import strawberry
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticUndefined
from strawberry.types.base import StrawberryList, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition

from app.domain.merge import plain
from app.persistence.reads import words

if TYPE_CHECKING:
    from pydantic import BaseModel

    from app.persistence.reads.selection import At

T = TypeVar("T", bound="Read")
_READERS: dict[type, Mapping[str, Reader]] = {}


@dataclass(frozen=True, slots=True)
class Reader:
    """How one field is read: its key, what stands for what was left out, the form it gets, and of which parts it is made.

    `word` names a column that has the same value where the row is an entity's: a text, or yes or no, that stands alone in the definition.
    """

    key: str
    default: Any
    form: Callable[[Any], Any] | None
    of: type[Read] | None
    many: bool
    word: str | None = None

    def __call__(self, json: Mapping[str, Any], at: At) -> Any:
        """The value of the field."""
        found = json.get(self.key, self.default)
        if self.form is not None:
            found = self.form(found)
        if self.of is None:
            return found
        if self.many:
            return [self.of.over(item, at) for item in found or ()]
        return None if found is None else self.of.over(found, at)


class Read:
    """A value over JSON; `_at` says as of when what it refers to is read."""

    _model: ClassVar[type[BaseModel] | None] = None
    _json: Mapping[str, Any]
    _at: At

    def __getattr__(self, name: str) -> Any:
        reader = None if name.startswith("_") else readers(type(self)).get(name)
        if reader is None:
            raise AttributeError(name)
        value = reader(self._json, self._at)
        self.__dict__[name] = value
        return value

    @classmethod
    def over(cls, json: Mapping[str, Any], at: At) -> Self:
        """The value that the JSON holds."""
        made = object.__new__(cls)
        made.__dict__.update(_json=json, _at=at)
        return made


class Row:
    """A value over a row: each leaf stands in a column. `_at` says as of when what it refers to is read."""

    LEAVES: ClassVar[Mapping[str, str]]  # columns by the names of leaves, and of fields that lead on from one column
    _record: Mapping[str, Any]
    _at: At

    def __getattr__(self, name: str) -> Any:
        column = type(self).LEAVES.get(name)
        if column is None:
            raise AttributeError(name)
        return self._record[column]

    @classmethod
    def over(cls, record: Mapping[str, Any], at: At | None) -> Self:
        """The value of the row."""
        made = object.__new__(cls)
        made.__dict__.update(_record=record, _at=at)
        return made


def leaf(
    description: str, read: Callable[[Any], Any] | None = None, *, key: str | None = None, path: tuple[str, ...] | None = None
) -> Any:  # fmt: skip
    """A field that is read from the JSON under its own name or another key; `read` makes another form of it: maybe what stands at `path`."""
    return strawberry.field(description=description, metadata={"read": read, "key": key, "path": path})


def base_type(description: str) -> Any:
    """A field for the base type of what stands under `type`."""
    return leaf(description, base_of, key="type", path=("type", "base"))


def base_of(data_type: Mapping[str, Any] | None) -> Any:
    """The base type of a type, which stands in every definition of one."""
    return None if data_type is None else data_type["base"]


def part(model: type[BaseModel] | None, *, description: str, name: str | None = None) -> Callable[[type[T]], type[T]]:
    """Declare a part of definitions; what the JSON leaves out has the model's default."""

    def declared(cls: type[T]) -> type[T]:
        made = strawberry.type(cls, name=name, description=description)
        made._model = model  # noqa: SLF001 - of our own class
        return made

    return declared


def readers(cls: type[Read]) -> Mapping[str, Reader]:
    """How each field of a class is read; found out when it is first read, since the types refer to each other in circles."""
    found = _READERS.get(cls)
    if found is None:
        definition = cls.__strawberry_definition__  # type: ignore[attr-defined]  # every subclass is declared
        found = {field.python_name: _reader(cls, field) for field in definition.fields if field.base_resolver is None}
        _READERS[cls] = found
    return found


def _reader(cls: type[Read], field: Any) -> Reader:
    key = field.metadata.get("key") or to_camel(field.python_name)
    form, (of, many) = field.metadata.get("read"), _stripped(field.type)
    path = field.metadata.get("path") or ((key,) if form is None else None)
    return Reader(key, _default(cls._model, key), form, of, many, None if path is None else _word(field.type, path))


def _word(kind: Any, path: tuple[str, ...]) -> str | None:
    kind = kind.of_type if isinstance(kind, StrawberryOptional) else kind
    if kind is bool:
        return words.flag(path)
    return words.text(path) if kind is str or isinstance(kind, StrawberryEnumDefinition) else None


def _stripped(kind: Any) -> tuple[type[Read] | None, bool]:
    many = False
    while isinstance(kind, (StrawberryOptional, StrawberryList)):
        many = many or isinstance(kind, StrawberryList)
        kind = kind.of_type
    return (cast("type[Read]", kind), many) if has_object_definition(kind) else (None, many)


def _default(model: type[BaseModel] | None, key: str) -> Any:
    field = next((field for field in model.model_fields.values() if field.alias == key), None) if model else None
    if field is None:
        return None
    value = field.get_default(call_default_factory=True)
    return None if value is PydanticUndefined else plain(value)


def listed(mapping: Mapping[str, Any] | None, key: str, value: str | None = None) -> list[dict[str, Any]]:
    """A map of a definition as a list: its key under one name, the rest beside it or under another."""
    return [{key: name, **({value: item} if value else item)} for name, item in (mapping or {}).items()]
