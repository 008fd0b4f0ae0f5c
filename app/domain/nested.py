"""Nested input: an object type written together with its properties becomes one creation each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.change_set import Operation, Verb
from app.domain.errors import BadInput
from app.domain.kind import Kind
from app.domain.rid import REF

NESTED = {Kind.OBJECT_TYPE: ("properties", Kind.PROPERTY, "objectType")}
"""Of each kind that is written with parts: the field that holds them, their kind, and their field that names the whole."""

LONGEST_IMPLIED = 100  # characters; a longer apiName breaks a rule and is answered as such


def creations(kind: Kind, fields: Mapping[str, Any], *, ref: str | None = None, qualified: bool = False) -> tuple[Operation, ...]:
    """The operations that create an entity with its parts, the entity first.

    The ref of a part is its own or its apiName, `Type.part` where `qualified` says that other creations stand beside
    this one. Inside, a part is named by its apiName, its `ref:NAME` or `ref:` and its apiName. Names that are wrong or
    taken twice are left to the rules, so that a form hears of all of them at once.
    """
    words = dict(fields)
    ref = _given(words, "ref") or ref
    if kind not in NESTED:
        return (Operation(Verb.CREATE, kind, ref=ref, fields=words),)
    place, part_kind, owner = NESTED[kind]
    parts = words.pop(place, None)
    if parts is None:
        parts = ()
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, Mapping) for part in parts):
        raise BadInput(f"{place} must be a list of objects.", path=place)
    whole = ref or _implied(words) or kind.slug
    operations: list[Operation] = []
    refs: dict[str, str] = {}
    used = {whole}
    for position, part in enumerate(parts, start=1):
        own = dict(part)
        called = _implied(own)
        implied = f"{called or part_kind.slug}"
        if implied in refs or not called:
            implied = f"{implied}.{position}"
        mark = _given(own, f"{place}[{position - 1}].ref") or (f"{whole}.{implied}" if qualified or implied in used else implied)
        refs.setdefault(called or implied, mark)
        used.add(mark)
        operations.append(Operation(Verb.CREATE, part_kind, ref=mark, fields={**own, owner: f"{REF}{whole}"}))
    return (Operation(Verb.CREATE, kind, ref=whole, fields=_resolved(words, refs)), *operations)


def _given(words: dict[str, Any], path: str) -> str | None:
    """The ref, taken out of the words."""
    ref = words.pop("ref", None)
    if ref is not None and not isinstance(ref, str):
        raise BadInput("A ref is a text.", path=path)
    return ref


def _implied(words: Mapping[str, Any]) -> str | None:
    name = words.get("apiName")
    return name if isinstance(name, str) and 0 < len(name) <= LONGEST_IMPLIED else None


def _resolved(words: dict[str, Any], refs: Mapping[str, str]) -> dict[str, Any]:
    """The words of the whole with its parts' names turned into refs, in the fields that may name a part."""
    if not refs:
        return words

    def part(value: Any) -> Any:
        found = refs.get(value.removeprefix(REF)) if isinstance(value, str) else None
        return value if found is None else f"{REF}{found}"

    for field in ("primaryKey", "titleProperty"):
        if field in words:
            words[field] = part(words[field])
    if isinstance(words.get("implements"), list):
        words["implements"] = [_mapped(each, part) for each in words["implements"]]
    return words


def _mapped(implementation: Any, part: Callable[[Any], Any]) -> Any:
    if not isinstance(implementation, Mapping) or not isinstance(implementation.get("mapping"), list):
        return implementation
    mapping = [
        {**each, "property": part(each.get("property"))} if isinstance(each, Mapping) else each for each in implementation["mapping"]
    ]
    return {**implementation, "mapping": mapping}
