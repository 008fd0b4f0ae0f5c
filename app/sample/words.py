"""A short notation for object types and their properties, so that the sample reads like a catalogue.

A property is `name:TYPE`, with `!` where it is required and `*` where it is the title. A type is a base type in lower
case, `decimal(10,2)`, `vector(8)`, `series(double)`, `string[]`, `struct(field:type,…)`, `@valueType` or `~sharedProperty`.
The first property is the key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind

_PROPERTY = re.compile(r"(?P<name>\w+):(?P<type>[^!*\s]+)(?P<marks>[!*]*)")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Vocabulary:
    """The value types and shared properties by name, with the types that they hold."""

    value_types: dict[str, dict[str, Any]]
    shared: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Type:
    """One object type of the catalogue."""

    name: str
    plural: str
    group: str
    description: str
    properties: str
    more: dict[str, Any] = field(default_factory=dict)
    tuned: dict[str, dict[str, Any]] = field(default_factory=dict)  # more words for single properties


def spoken(name: str) -> str:
    """`rollingStock` as people say it: `Rolling stock`."""
    words = _WORDS.sub(" ", name.replace("-", " ")).split()
    return (
        " ".join(word if word.isupper() else word.lower() for word in words)[:1].upper()
        + " ".join(word if word.isupper() else word.lower() for word in words)[1:]
    )


def create(kind: Kind, ref: str, **words: Any) -> Operation:
    """A creation under a ref; the display name is made from the apiName unless it is given."""
    return Operation(Verb.CREATE, kind, ref=ref, fields={"displayName": spoken(words["apiName"]), **words})


def operations(given: Type, vocabulary: Vocabulary) -> list[Operation]:
    """The creations of an object type and its properties; refs are `Type` and `Type.property`."""
    made: list[Operation] = []
    title, key = None, None
    for match in _PROPERTY.finditer(given.properties):
        name, marks = match["name"], match["marks"]
        ref = f"{given.name}.{name}"
        key = key or ref
        title = ref if "*" in marks else title
        words = {"apiName": name, "objectType": f"ref:{given.name}", **typed(match["type"], vocabulary)}
        if "!" in marks or key == ref:
            words["required"] = True
        if "status" in given.more:
            words["status"] = given.more["status"]
            if given.more["status"] == "DEPRECATED":
                words["deprecation"] = {"message": "Goes with its object type."}
        made.append(create(Kind.PROPERTY, ref, **words, **given.tuned.get(name, {})))
    head = {
        "apiName": given.name, "pluralDisplayName": given.plural, "description": given.description, "primaryKey": f"ref:{key}",
        "typeGroups": [f"ref:{given.group}"], **({"titleProperty": f"ref:{title}"} if title else {}), **given.more,
    }  # fmt: skip
    return [create(Kind.OBJECT_TYPE, given.name, **head), *made]


def typed(text: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """The fields of a property that say what it holds."""
    if text.startswith("@"):
        return {"type": vocabulary.value_types[text[1:]], "valueType": f"ref:{text[1:]}"}
    if text.startswith("~"):
        return {"type": vocabulary.shared[text[1:]], "sharedProperty": f"ref:{text[1:]}"}
    return {"type": data_type(text)}


def data_type(text: str) -> dict[str, Any]:
    """A base type with its parameters."""
    if text.endswith("[]"):
        return {"base": "ARRAY", "of": data_type(text.removesuffix("[]"))}
    name, _, inside = text.removesuffix(")").partition("(")
    base = {"base": {"series": "TIME_SERIES"}.get(name, name.upper())}
    if name == "decimal":
        precision, scale = inside.split(",")
        return base | {"precision": int(precision), "scale": int(scale)}
    if name == "vector":
        return base | {"dimension": int(inside), "similarity": "COSINE"}
    if name == "series":
        return base | {"of": data_type(inside)}
    if name == "struct":
        fields = [part.split("=") for part in inside.split(",")]
        return base | {
            "fields": [{"key": own, "apiName": own, "displayName": spoken(own), "type": data_type(kind)} for own, kind in fields]
        }
    return base
