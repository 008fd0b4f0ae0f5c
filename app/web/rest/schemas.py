"""The JSON of the REST face as OpenAPI describes it, made from the models of the kinds."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from inspect import getdoc
from typing import Any

from pydantic.alias_generators import to_camel
from pydantic.json_schema import models_json_schema

from app.domain.change_set import ChangeSet, ChangeSetStatus, Choice, Operation, Origin, ReviewStatus, Verb
from app.domain.entity import Action
from app.domain.errors import ErrorCode
from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.domain.merge import Conflict
from app.domain.nested import NESTED
from app.domain.rid import LONGEST, PATTERN
from app.domain.rules import Violation
from app.web.rest.call import LARGEST_VERSION

Schema = dict[str, Any]

ANY: Schema = {}
TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
RID: Schema = {"type": "string", "pattern": f"^{PATTERN.pattern.replace('(?:', '(')}$", "maxLength": LONGEST}
MOMENT: Schema = {"type": "string", "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
VERSION: Schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_VERSION}
_BY_ANNOTATION = {
    "str": TEXT, "int": COUNT, "bool": TRUTH, "datetime": MOMENT, "Any": ANY, "tuple[str, ...]": {"type": "array", "items": TEXT},
    "Kind": {"enum": [kind.value for kind in Kind]}, "Verb": {"enum": [verb.value for verb in Verb]},
    "ChangeSetStatus": {"enum": [each.value for each in ChangeSetStatus]}, "ReviewStatus": {"enum": [each.value for each in ReviewStatus]},
    "Origin": {"enum": [each.value for each in Origin]}, "dict[str, Any]": {"type": "object"},
    "tuple[Operation, ...]": {"type": "array", "items": {"type": "object"}},
}  # fmt: skip


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def record(properties: dict[str, Schema], *needed: str, description: str = "", strict: bool = True) -> Schema:
    """An object; `strict` refuses other properties, as bodies do."""
    made: Schema = {"type": "object", "properties": properties}
    if needed:
        made["required"] = list(needed)
    if description:
        made["description"] = description
    return made | ({"additionalProperties": False} if strict else {})


def page(items: Schema, **more: Schema) -> Schema:
    """A page of a list."""
    return record({"items": many(items), "nextCursor": _optional(TEXT), **more}, "items", "nextCursor", strict=False)


@cache
def definitions() -> dict[str, Schema]:
    """The definitions of the kinds and their parts, by the names of their models."""
    _, top = models_json_schema(
        [(model, "validation") for model in KINDS.values()], by_alias=True, ref_template="#/components/schemas/{model}"
    )
    found: dict[str, Schema] = top["$defs"]
    for schema in found.values():
        _untitled(schema)
        if "key" in schema.get("properties", {}):  # made from the apiName, or the place, where it is left out
            schema["required"] = [name for name in schema["required"] if name != "key"]
    return found


def named(kind: Kind) -> str:
    """The name of a kind's schemas: `ObjectType`."""
    return KINDS[kind].__name__.removesuffix("Definition")


def schemas() -> dict[str, Schema]:
    """Every schema of the document."""
    made = {
        "Error": record(
            {"code": {"enum": [code.value for code in ErrorCode]}, "message": TEXT, "requestId": TEXT}, "code", "message", "requestId",
            description="Why the request was refused; nothing was stored.", strict=False,
        ),
        "Violation": _of(Violation), "Conflict": _of(Conflict),
        "ValidationFailed": _problem(
            {"violations": many(ref("Violation")), "violationCount": COUNT}, "Every rule that the outcome would break."
        ),
        "Problem": _problem(
            {
                "conflicts": many(ref("Conflict")), "current": _optional({"type": "object"}), "violations": many(ref("Violation")),
                "by": many(RID), "blockers": many(RID), "violationCount": COUNT, "conflictCount": COUNT,
            },
            "What stands in the way, by its code: VERSION_CONFLICT (conflicts, current), MERGE_CONFLICT (conflicts), NAME_TAKEN"
            " (violations), STILL_REFERENCED (violations, by), ROLLBACK_BLOCKED (blockers).",
        ),
        "ChangeSet": _of(ChangeSet), "Operation": _of(Operation, "restores"),
        "NewOperation": _new_operation(), "Change": _change(), "Written": record(_written(), *_written(), strict=False),
        "Resolution": record(
            {
                "rid": TEXT, "path": TEXT, "choice": {"enum": [choice.value for choice in Choice]}, "theirsVersion": COUNT,
                "value": ANY,
            },
            "rid", "choice", "theirsVersion", description="An answer to one conflict.",
        ),
        "Merged": record(
            {"changeSet": ref("ChangeSet"), "ontology": TEXT, "ontologyRevision": COUNT, "refs": _texts(), "changes": many(ref("Change"))},
            "changeSet", "ontology", "ontologyRevision", "changes", strict=False,
        ),
    }  # fmt: skip
    for kind in Kind:
        made |= _of_kind(kind)
    return made | definitions()


def _of_kind(kind: Kind) -> dict[str, Schema]:
    definition = definitions()[KINDS[kind].__name__]
    needed, name = definition.get("required", []), named(kind)
    new = {**definition["properties"], "ref": TEXT}
    if kind in NESTED:
        place, part, owner = NESTED[kind]
        own = definitions()[KINDS[part].__name__]
        words = {key: schema for key, schema in own["properties"].items() if key != owner}
        made = {f"Nested{named(part)}": record({**words, "ref": TEXT}, *(key for key in own["required"] if key != owner))}
        new[place] = many(ref(f"Nested{named(part)}"))
    else:
        made = {}
    patch = {key: _optional(schema) for key, schema in definition["properties"].items()} | {"expectedVersion": _optional(VERSION)}
    shown = record({**_envelope(), **definition["properties"]}, *_envelope(), *needed, strict=False)
    return made | {
        name: {**shown, "description": definition.get("description", "")},
        f"New{name}": record(new, *needed, description="A definition as it is created."),
        f"{name}Patch": record(patch, description="What changes: what is absent stays, null clears."),
        f"{name}Written": {"allOf": [ref(name), ref("Written")]},
    }


def _envelope() -> dict[str, Schema]:
    kind = {"enum": [kind.value for kind in Kind]}
    return {
        "rid": RID,
        "kind": kind,
        "version": VERSION,
        "revision": COUNT,
        "createdAt": MOMENT,
        "createdBy": TEXT,
        "updatedAt": MOMENT,
        "updatedBy": TEXT,
    }


def _written() -> dict[str, Schema]:
    return {"ontology": TEXT, "ontologyRevision": COUNT, "changeSet": RID, "changes": many(ref("Change"))}


def _change() -> Schema:
    properties = {"rid": RID, "kind": _BY_ANNOTATION["Kind"], "action": {"enum": [action.value for action in Action]}}
    return record({**properties, "entity": {"type": "object"}}, *properties, description="What a revision did to one entity.", strict=False)


def _new_operation() -> Schema:
    kinds = sorted({name for kind in Kind for name in (kind.value, kind.slug, kind.name)})
    properties = {
        "verb": {"enum": [verb.value for verb in Verb]}, "kind": {"enum": kinds}, "rid": TEXT, "ref": TEXT, "expectedVersion": VERSION,
        "cascade": TRUTH, "fields": {"type": "object"},
    }  # fmt: skip
    return record(properties, "verb", description="One operation; wherever a rid is expected, `ref:NAME` of a creation is accepted.")


def _problem(own: dict[str, Schema], description: str) -> Schema:
    return {"allOf": [ref("Error"), record(own, strict=False)], "description": description}


def _of(cls: type, *left_out: str) -> Schema:
    """A frozen dataclass of the domain by the annotations of its fields."""
    properties: dict[str, Schema] = {}
    for each in fields(cls):
        if each.name not in left_out:
            annotation, _, rest = str(each.type).partition(" | ")
            schema = _BY_ANNOTATION[annotation]
            properties[to_camel(each.name)] = _optional(schema) if rest else schema
    return record(properties, *properties, description=(getdoc(cls) or "").splitlines()[0], strict=False)


def _optional(schema: Schema) -> Schema:
    return schema if not schema or {"type": "null"} in schema.get("anyOf", ()) else {"anyOf": [schema, {"type": "null"}]}


def _texts() -> Schema:
    return {"type": "object", "additionalProperties": TEXT}


def _untitled(schema: Any) -> None:
    if isinstance(schema, dict):
        if isinstance(schema.get("title"), str):
            del schema["title"]
        for each in schema.values():
            _untitled(each)
    elif isinstance(schema, list):
        for each in schema:
            _untitled(each)
