"""Creating, changing and deleting entities of every kind through GraphQL."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from app.domain.kind import Kind
from app.persistence.database import Database
from tests import given
from tests.resolvers.asking import WRITTEN, Asking

EMPLOYEE: dict[str, Any] = {
    "apiName": "Employee",
    "displayName": "Employee",
    "primaryKey": "number",
    "titleProperty": "ref:name",
    "properties": [
        {"apiName": "number", "displayName": "Number", "type": {"base": "STRING"}},
        {"apiName": "name", "displayName": "Name", "type": {"base": "STRING"}},
    ],
}


@pytest_asyncio.fixture
async def asking(database: Database):
    opened = Asking(database)
    yield opened
    assert opened.faults == []


async def stored(database: Database) -> list[int]:
    """How many rows each write leaves; the same before and after a refusal."""
    tables = (
        "entity",
        "entity_version",
        "entity_name",
        "entity_reference",
        "change_set",
        "operation",
        "revision",
        "change",
        "audit_log",
        "outbox",
    )
    return [await database.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def test_an_object_type_is_created_with_its_properties_in_one_revision(asking: Asking) -> None:
    made = await asking.mutate(
        "createObjectType",
        {"object": EMPLOYEE, "clientMutationId": "7"},
        f"{WRITTEN} objectType {{ rid version revision createdBy primaryKey {{ apiName }} titleProperty {{ apiName }}"
        " properties { totalCount nodes { rid apiName baseType objectType { apiName } } } }",
    )

    assert made["__typename"] == "CreateObjectTypePayload"
    assert (made["clientMutationId"], made["dryRun"], made["revision"], made["affectedCount"], made["http"]) == ("7", False, 1, 3, None)
    assert [each["action"] for each in made["affected"]] == ["CREATED"] * 3
    object_type = made["objectType"]
    assert (object_type["version"], object_type["revision"], object_type["createdBy"]) == (1, 1, "edith")
    assert (object_type["primaryKey"]["apiName"], object_type["titleProperty"]["apiName"]) == ("number", "name")
    assert [each["apiName"] for each in object_type["properties"]["nodes"]] == ["number", "name"]
    assert made["refs"] == {
        "Employee": object_type["rid"],
        **{each["apiName"]: each["rid"] for each in object_type["properties"]["nodes"]},
    }
    assert (made["changeSet"]["status"], made["changeSet"]["origin"], made["changeSet"]["mergedRevision"]) == ("MERGED", "DIRECT", 1)


async def test_all_broken_rules_are_told_with_the_creation_that_each_is_about_and_nothing_is_stored(
    asking: Asking, database: Database
) -> None:
    before = await stored(database)
    wrong = {
        **EMPLOYEE,
        "displayName": "",
        "properties": [
            {**EMPLOYEE["properties"][0], "apiName": "number", "displayName": "\u202e"},
            {"apiName": "Bad", "displayName": "Bad", "type": {"base": "VECTOR"}},
        ],
        "titleProperty": None,
    }

    refused = await asking.mutate("createObjectType", {"object": wrong})

    assert (refused["__typename"], refused["code"], refused["http"]) == ("ValidationFailed", "VALIDATION_FAILED", 422)
    assert {(each["rule"], each["ref"]) for each in refused["violations"]} == {
        ("display-name.length", "Employee"),
        ("text.characters", "number"),
        ("api-name.form", "Bad"),
        ("type.vector.dimension", "Bad"),
        ("type.vector.similarity", "Bad"),
    }
    assert await stored(database) == before


STRING = {"base": "STRING"}
ALWAYS = {
    "message": "Not allowed.",
    "condition": {"operator": "EQUAL", "left": {"source": "CONSTANT", "constant": 1}, "right": {"source": "CONSTANT", "constant": 1}},
}


async def object_type(asking: Asking, name: str = "Employee", **fields: Any) -> dict[str, Any]:
    """A new object type with a key `number` and a property `name`; its rid and those of its properties by name."""
    made = await asking.mutate("createObjectType", {"object": {**EMPLOYEE, "apiName": name, **fields}})
    return {**made["refs"], "rid": made["refs"][name]}


async def inputs(asking: Asking) -> dict[str, tuple[dict[str, Any], dict[str, Any], str, Any]]:
    """Of each kind: what creates one, what changes it, and a leaf of the payload with its value after the change."""
    one, other = await object_type(asking), await object_type(asking, "Office")
    backing = {"type": "JOIN"}
    sides = {"a": {"objectType": one["rid"], "apiName": "offices"}, "b": {"objectType": other["rid"], "apiName": "staff"}}
    return {
        "objectType": ({**EMPLOYEE, "apiName": "Guest"}, {"pluralDisplayName": "Guests"}, "pluralDisplayName", "Guests"),
        "property": (
            {"objectType": one["rid"], "apiName": "salary", "displayName": "Pay", "type": {"base": "DECIMAL", "precision": 9, "scale": 2}},
            {"required": True}, "required", True,
        ),
        "sharedProperty": (
            {"apiName": "email", "displayName": "E-mail", "type": STRING, "constraints": [{"type": "LENGTH", "min": 3}]},
            {"format": {"unit": "kg"}}, "format { unit }", {"unit": "kg"},
        ),
        "linkType": (
            {"apiName": "worksIn", "displayName": "Works in", "cardinality": "MANY_TO_MANY", "backing": backing, **sides},
            {"b": {"objectType": other["rid"], "apiName": "people"}}, "b { apiName }", {"apiName": "people"},
        ),
        "interface": (
            {"apiName": "Named", "displayName": "Named", "properties": [{"apiName": "label", "type": STRING, "required": True}]},
            {"links": [{"apiName": "parts", "target": one["rid"]}]}, "description", "",
        ),
        "actionType": (
            {"apiName": "hire", "displayName": "Hire", "criteria": [ALWAYS], "parameters": [{"apiName": "name", "type": STRING}]},
            {"description": "Hires."}, "description", "Hires.",
        ),
        "valueType": (
            {"apiName": "colour", "displayName": "Colour", "type": STRING, "constraints": [{"type": "ONE_OF", "values": ["red"]}]},
            {"constraints": [{"type": "ONE_OF", "values": ["red", "blue"]}]}, "constraints { values }", [{"values": ["red", "blue"]}],
        ),
        "typeGroup": ({"apiName": "people", "displayName": "People", "colour": "#112233"}, {"colour": None}, "colour", None),
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(Kind))
async def test_every_kind_is_created_changed_and_deleted(asking: Asking, kind: Kind) -> None:
    name = "".join(part.capitalize() for part in kind.value.split("_"))
    field = name[0].lower() + name[1:]
    new, patch, leaf, expected = (await inputs(asking))[field]
    argument = "object" if kind is Kind.OBJECT_TYPE else field

    made = await asking.mutate(f"create{name}", {argument: new}, f"{WRITTEN} {field} {{ rid version apiName displayName }}")
    assert made["__typename"] == f"Create{name}Payload", made
    rid = made[field]["rid"]
    assert (made[field]["version"], made[field]["apiName"], made[field]["displayName"]) == (1, new["apiName"], new["displayName"])

    changed = await asking.mutate(
        f"update{name}", {"rid": rid, "expectedVersion": 1, argument: patch}, f"{WRITTEN} {field} {{ version displayName {leaf} }}"
    )
    assert changed["__typename"] == f"Update{name}Payload", changed
    assert (changed[field]["version"], changed[field]["displayName"]) == (2, new["displayName"])
    assert changed[field][leaf.split(" ")[0]] == expected

    gone = await asking.mutate(f"delete{name}", {"rid": rid, "expectedVersion": 2, "cascade": True}, f"{WRITTEN} rid")
    assert (gone["__typename"], gone["rid"]) == (f"Delete{name}Payload", rid), gone
    assert {"rid": rid, "kind": kind.name, "apiName": new["apiName"], "action": "DELETED", "version": None} in gone["affected"]


async def test_what_an_update_leaves_out_stays_and_what_is_null_goes(asking: Asking) -> None:
    group = {"apiName": "people", "displayName": "People", "description": "All of them.", "colour": "#112233"}
    rid = (await asking.mutate("createTypeGroup", {"typeGroup": group}, "typeGroup { rid }"))["typeGroup"]["rid"]

    changed = await asking.mutate(
        "updateTypeGroup", {"rid": rid, "expectedVersion": 1, "typeGroup": {"colour": None}}, "typeGroup { description colour version }"
    )

    assert changed["typeGroup"] == {"description": "All of them.", "colour": None, "version": 2}


async def test_translations_and_annotations_are_lists_that_come_back_as_they_were_sent(asking: Asking) -> None:
    texts = {
        "translations": [{"language": "ko", "displayName": "사람"}],
        "annotations": [{"key": "seeAlso", "texts": [{"text": "Staff", "language": "en"}, {"text": "x"}]}],
        "status": "DEPRECATED",
        "deprecation": {"message": "Use teams.", "deadline": "2027-01-31"},
    }
    made = await asking.mutate(
        "createTypeGroup",
        {"typeGroup": {"apiName": "people", "displayName": "People", **texts}},
        "typeGroup { status deprecation { message deadline } translations { language displayName }"
        " annotations { key texts { text language } } }",
    )

    assert made["typeGroup"] == {
        **texts,
        "annotations": [{"key": "seeAlso", "texts": [{"text": "Staff", "language": "en"}, {"text": "x", "language": None}]}],
    }


async def test_a_loser_sees_the_winner_and_nothing_of_it_is_stored(asking: Asking, database: Database) -> None:
    rid = (await object_type(asking))["rid"]
    won = await asking.mutate(
        "updateObjectType", {"rid": rid, "expectedVersion": 1, "object": {"displayName": "Winner"}}, by=given.REVIEWER
    )
    before = await stored(database)

    lost = await asking.mutate("updateObjectType", {"rid": rid, "expectedVersion": 1, "object": {"description": "Loser"}})

    assert won["revision"] == 2
    assert (lost["__typename"], lost["http"]) == ("VersionConflict", 409)
    assert lost["current"] == {"rid": rid, "version": 2, "displayName": "Winner", "updatedBy": "rosa"}
    assert await stored(database) == before


async def test_a_taken_name_says_who_bears_it(asking: Asking, database: Database) -> None:
    first = await object_type(asking)
    before = await stored(database)

    refused = await asking.mutate("createInterface", {"interface": {"apiName": "employee".capitalize(), "displayName": "Again"}})

    assert (refused["__typename"], refused["http"], refused["code"], refused["path"]) == ("NameTaken", 409, "NAME_TAKEN", "apiName")
    assert refused["takenBy"] == [{"rid": first["rid"], "apiName": "Employee"}]
    assert await stored(database) == before


async def test_what_is_referred_to_stays_and_a_dry_run_of_the_cascade_tells_what_would_go(asking: Asking, database: Database) -> None:
    shared = (
        await asking.mutate(
            "createSharedProperty", {"sharedProperty": {"apiName": "email", "displayName": "E", "type": STRING}}, "sharedProperty { rid }"
        )
    )["sharedProperty"]["rid"]
    await object_type(
        asking, properties=[*EMPLOYEE["properties"], {"apiName": "email", "displayName": "E", "type": STRING, "sharedProperty": shared}]
    )
    before = await stored(database)

    refused = await asking.mutate("deleteSharedProperty", {"rid": shared, "expectedVersion": 1})
    told = await asking.mutate("deleteSharedProperty", {"rid": shared, "expectedVersion": 1, "cascade": True, "dryRun": True})

    assert (refused["__typename"], refused["http"], refused["byCount"]) == ("StillReferenced", 409, 1)
    assert [each["apiName"] for each in refused["by"]] == ["email"]
    assert (told["__typename"], told["dryRun"], told["changeSet"]) == ("DeleteSharedPropertyPayload", True, None)
    assert ("DELETED", "email") in {(each["action"], each["apiName"]) for each in told["affected"]}
    assert await stored(database) == before


@pytest.mark.parametrize("rid", ["ri.ontology.main.object-type.none", "nothing", "ri.ontology.main.object-type.\u0000", ""])
async def test_an_entity_that_never_was_is_not_found(asking: Asking, rid: str) -> None:
    code, extensions = await asking.refused("updateObjectType", {"rid": rid, "expectedVersion": 1, "object": {}})

    assert (code, extensions["what"]) == ("NOT_FOUND", "object type")


async def test_an_entity_of_another_kind_is_not_found(asking: Asking) -> None:
    rid = (await object_type(asking))["rid"]

    assert (await asking.refused("deleteTypeGroup", {"rid": rid, "expectedVersion": 1}))[0] == "NOT_FOUND"


@pytest.mark.parametrize("ontology", ["none", "ma\u0000in", "", "x" * 5_000])
async def test_an_ontology_that_is_not_there_is_not_found(asking: Asking, ontology: str) -> None:
    code, _ = await asking.refused("createTypeGroup", {"ontology": ontology, "typeGroup": {"apiName": "a", "displayName": "A"}})

    assert code == "NOT_FOUND"


async def test_a_viewer_writes_nothing(asking: Asking, database: Database) -> None:
    before = await stored(database)

    code, extensions = await asking.refused("createObjectType", {"object": EMPLOYEE}, by=given.VIEWER)

    assert (code, extensions["needs"]) == ("FORBIDDEN", "Editor")
    assert await stored(database) == before


async def test_what_is_read_below_a_payload_is_of_its_revision(asking: Asking) -> None:
    one = await object_type(asking)
    document = """
        mutation ($a: UpdateObjectTypeInput!, $b: CreatePropertyInput!) {
            first: updateObjectType(input: $a) { ... on UpdateObjectTypePayload { revision objectType { properties { totalCount } } } }
            second: createProperty(input: $b) {
                ... on CreatePropertyPayload { revision property { objectType { version properties { totalCount } } } }
            }
        }
    """
    told = await asking.data(
        document,
        {
            "a": {"rid": one["rid"], "expectedVersion": 1, "object": {"description": "New"}},
            "b": {"property": {"objectType": one["rid"], "apiName": "more", "displayName": "More", "type": STRING}},
        },
    )

    assert told == {
        "first": {"revision": 2, "objectType": {"properties": {"totalCount": 2}}},
        "second": {"revision": 3, "property": {"objectType": {"version": 2, "properties": {"totalCount": 3}}}},
    }
