"""Builders: each names only what matters to the test and makes the rest up."""

from __future__ import annotations

from itertools import count
from typing import Any

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind

VIEWER = Actor("vera", "Vera Viewer", frozenset({Role.VIEWER}), request_id="test")
EDITOR = Actor("edith", "Edith Editor", frozenset({Role.EDITOR}), request_id="test")
REVIEWER = Actor("rosa", "Rosa Reviewer", frozenset({Role.EDITOR}), request_id="test")
ADMIN = Actor("ada", "Ada Admin", frozenset({Role.ADMIN}), request_id="test")

_numbers = count(1)


def object_type(
    name: str | None = None, *, ref: str | None = None, properties: dict[str, Any] | None = None, **fields: Any
) -> list[Operation]:
    """The creation of an object type with its key `id` and more properties (name → base type or JSON fields)."""
    name = name or f"Thing{next(_numbers)}"
    ref = ref or name
    words = {"apiName": name, "displayName": name, "primaryKey": f"ref:{ref}.id", **fields}
    made = [Operation(Verb.CREATE, Kind.OBJECT_TYPE, ref=ref, fields=words)]
    for own, given in {"id": "STRING", **(properties or {})}.items():
        made.append(
            property_(own, owner=f"ref:{ref}", ref=f"{ref}.{own}", **(given if isinstance(given, dict) else {"type": {"base": given}}))
        )
    return made


def property_(name: str = "name", *, owner: str, ref: str | None = None, **fields: Any) -> Operation:
    """The creation of a STRING property."""
    words = {"apiName": name, "displayName": name, "objectType": owner, "type": {"base": "STRING"}, **fields}
    return Operation(Verb.CREATE, Kind.PROPERTY, ref=ref, fields=words)


def shared_property(name: str | None = None, *, ref: str | None = None, **fields: Any) -> Operation:
    """The creation of a STRING shared property."""
    name = name or f"shared{next(_numbers)}"
    return Operation(
        Verb.CREATE,
        Kind.SHARED_PROPERTY,
        ref=ref or name,
        fields={"apiName": name, "displayName": name, "type": {"base": "STRING"}, **fields},
    )


def value_type(name: str | None = None, *, ref: str | None = None, **fields: Any) -> Operation:
    """The creation of a STRING value type."""
    name = name or f"value{next(_numbers)}"
    return Operation(
        Verb.CREATE, Kind.VALUE_TYPE, ref=ref or name, fields={"apiName": name, "displayName": name, "type": {"base": "STRING"}, **fields}
    )


def link_type(a: str, b: str, name: str | None = None, *, ref: str | None = None, **fields: Any) -> Operation:
    """The creation of a many-to-many link between two object types (rids or refs)."""
    name = name or f"link{next(_numbers)}"
    words = {
        "apiName": name, "displayName": name, "cardinality": "MANY_TO_MANY", "backing": {"type": "JOIN"},
        "a": {"objectType": a, "apiName": name}, "b": {"objectType": b, "apiName": f"{name}Of"}, **fields,
    }  # fmt: skip
    return Operation(Verb.CREATE, Kind.LINK_TYPE, ref=ref or name, fields=words)


def interface(name: str | None = None, *, ref: str | None = None, **fields: Any) -> Operation:
    """The creation of an interface without members."""
    name = name or f"Interface{next(_numbers)}"
    return Operation(Verb.CREATE, Kind.INTERFACE, ref=ref or name, fields={"apiName": name, "displayName": name, **fields})


def type_group(name: str | None = None, *, ref: str | None = None, **fields: Any) -> Operation:
    """The creation of a type group."""
    name = name or f"group-{next(_numbers)}"
    return Operation(Verb.CREATE, Kind.TYPE_GROUP, ref=ref or name, fields={"apiName": name, "displayName": name, **fields})


def action_type(name: str | None = None, *, ref: str | None = None, **fields: Any) -> Operation:
    """The creation of an action type with one criterion that always holds."""
    name = name or f"action-{next(_numbers)}"
    always = {
        "message": "Not allowed.",
        "condition": {
            "operator": "EQUAL",
            "left": {"source": "CONSTANT", "constant": 1},
            "right": {"source": "CONSTANT", "constant": 1},
        },
    }
    return Operation(
        Verb.CREATE, Kind.ACTION_TYPE, ref=ref or name, fields={"apiName": name, "displayName": name, "criteria": [always], **fields}
    )


def update(kind: Kind, rid: str, version: int | None, **fields: Any) -> Operation:
    """An update of the given fields."""
    return Operation(Verb.UPDATE, kind, rid, expected_version=version, fields=fields)


def deletion(kind: Kind, rid: str, version: int | None, *, cascade: bool = False) -> Operation:
    """A deletion."""
    return Operation(Verb.DELETE, kind, rid, expected_version=version, cascade=cascade)
