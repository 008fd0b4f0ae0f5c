"""A walk over a definition's JSON beside its types, which knows every place where a rid stands."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from app.domain.rid import Rid

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Change = Callable[[str, str, str], Any]
"""Called with the field's name, the text that stands there and its path; answers what is to stand there."""

_RID = get_args(Rid)[1]


def rewritten(model: type[BaseModel], data: Any, change: Change, path: str = "") -> Any:
    """The JSON with every rid changed and every free map in the order of its keys; what has the wrong shape is left as it is."""
    if not isinstance(data, dict):
        return data
    fields = _fields(model)
    made: dict[str, Any] = {}
    for key, value in data.items():
        place = f"{path}.{key}" if path else str(key)
        known = fields.get(key)
        made[key] = ordered(value) if known is None else _walk(known[0], known[1], value, change, place)
    return made


def ordered(value: Any) -> Any:
    """Free JSON with its maps in the order of their keys."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value, key=str)}
    return [ordered(item) for item in value] if isinstance(value, list) else value


def rid_fields(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> Iterator[str]:
    """The names of all fields below the model that hold rids; tests compare them with the table of fields."""
    for name, annotation in _fields(model).values():
        for part in _parts(annotation):
            if part is Rid:
                yield name
            elif isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
                yield from rid_fields(part, seen | {part})


def fields_below(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> Iterator[str]:
    """The names, as JSON has them, of all fields of the model and of what it is made of."""
    for alias, (_, annotation) in _fields(model).items():
        yield alias
        for part in _parts(annotation):
            if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
                yield from fields_below(part, seen | {model, part})


@cache
def _fields(model: type[BaseModel]) -> dict[str, tuple[str, Any]]:
    return {info.alias or name: (name, _annotation(info)) for name, info in model.model_fields.items()}


def _annotation(info: FieldInfo) -> Any:
    return Rid if _RID in info.metadata else info.annotation


def _parts(annotation: Any) -> Iterator[Any]:
    """A type and all types inside it."""
    if get_origin(annotation) is Annotated:
        yield from [Rid] if _RID in annotation.__metadata__ else _parts(annotation.__origin__)
    elif get_origin(annotation) is not None:
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation


def _walk(name: str, annotation: Any, value: Any, change: Change, path: str) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        is_rid = _RID in annotation.__metadata__ and isinstance(value, str)
        return change(name, value, path) if is_rid else _walk(name, annotation.__origin__, value, change, path)
    if origin in {Union, types.UnionType}:
        return _union(name, annotation, value, change, path)
    if origin is tuple and isinstance(value, list):
        return [_walk(name, get_args(annotation)[0], item, change, f"{path}[{place}]") for place, item in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        of = get_args(annotation)[1]
        return {key: _walk(name, of, value[key], change, f"{path}.{key}") for key in sorted(value, key=str)}
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return rewritten(annotation, value, change, path) if is_model else ordered(value)


def _union(name: str, annotation: Any, value: Any, change: Change, path: str) -> Any:
    """Of several models the one whose `type` the value bears; otherwise whatever is not None."""
    choices = [each for each in get_args(annotation) if each is not types.NoneType]
    models = [each for each in choices if isinstance(each, type) and issubclass(each, BaseModel)]
    if len(models) > 1 and isinstance(value, dict):
        for model in models:
            if value.get("type") in get_args(model.model_fields["type"].annotation):
                return rewritten(model, value, change, path)
        return value
    return _walk(name, choices[0], value, change, path) if len(choices) == 1 else ordered(value)
