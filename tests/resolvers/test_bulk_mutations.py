"""applyChanges, and idempotency keys."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from app.persistence.database import Database
from tests import given
from tests.resolvers.asking import WRITTEN, Asking

GROUP = {"apiName": "people", "displayName": "People"}
STRING = {"base": "STRING"}


@pytest_asyncio.fixture
async def asking(database: Database):
    opened = Asking(database)
    yield opened
    assert opened.faults == []


async def revision(database: Database) -> int:
    return await database.pool.fetchval("SELECT head_revision FROM ontology")


def employee(**fields: Any) -> dict[str, Any]:
    return {
        "apiName": "Employee", "displayName": "Employee", "primaryKey": "id",
        "properties": [{"apiName": "id", "displayName": "Id", "type": STRING}], **fields,
    }  # fmt: skip


async def test_typed_and_json_operations_stand_in_one_list_and_refer_to_each_other(asking: Asking) -> None:
    link = {
        "apiName": "worksIn", "displayName": "Works in", "cardinality": "MANY_TO_MANY", "backing": {"type": "JOIN"},
        "a": {"objectType": "ref:Employee", "apiName": "offices"}, "b": {"objectType": "ref:Office", "apiName": "staff"},
    }  # fmt: skip
    made = await asking.mutate(
        "applyChanges",
        {
            "title": "Staff and offices",
            "operations": [
                {"create": {"objectType": employee(primaryKey="ref:id")}},
                {"verb": "CREATE", "kind": "OBJECT_TYPE", "fields": employee(apiName="Office", displayName="Office")},
                {"ref": "link", "create": {"linkType": link}},
                {"rid": "ref:Office", "kind": "OBJECT_TYPE", "verb": "UPDATE", "fields": {"description": "A place."}},
            ],
        },
        f"{WRITTEN} entities {{ apiName description }}",
    )

    assert made["__typename"] == "ApplyChangesPayload", made
    assert set(made["refs"]) == {"Employee", "Employee.id", "Office", "Office.id", "link"}
    assert made["affectedCount"] == 5
    assert {each["apiName"]: each["description"] for each in made["entities"]}["Office"] == "A place."


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ({}, "operations[0].verb"),
        ({"verb": "CREATE", "fields": {}}, "operations[0].kind"),
        ({"verb": "UPDATE", "fields": {}}, "operations[0].rid"),
        ({"verb": "DELETE", "rid": "nothing"}, "operations[0].rid"),
        ({"verb": "DELETE", "rid": "ri.ontology.main.object-type.\u0000"}, "operations[0].rid"),
        ({"verb": "DELETE", "rid": "ri.ontology.main.ontology.x"}, "operations[0].kind"),
        ({"verb": "DELETE", "rid": "ri.ontology.main.type-group.x"}, "operations[0].expectedVersion"),
        ({"verb": "UPDATE", "create": {"typeGroup": GROUP}}, "operations[0].verb"),
        ({"fields": {}, "create": {"typeGroup": GROUP}}, "operations[0]"),
        ({"verb": "CREATE", "kind": "TYPE_GROUP", "fields": []}, "operations[0].fields"),
        ({"verb": "CREATE", "kind": "OBJECT_TYPE", "fields": {"properties": {}}}, "properties"),
        ({"ref": "", "create": {"typeGroup": GROUP}}, "operations[0].ref"),
        ({"verb": "CREATE", "kind": "TYPE_GROUP", "fields": {"ref": 5}}, "ref"),
        ({"verb": "CREATE", "kind": "OBJECT_TYPE", "fields": {"properties": [{"ref": []}]}}, "properties[0].ref"),
        ({"ref": "x" * 201, "create": {"typeGroup": GROUP}}, "operations[0].ref"),
        ({"rid": "ri.ontology.main.type-group.x", "ref": "a", "update": {"typeGroup": {}}}, "operations[0].ref"),
    ],
)
async def test_an_operation_that_says_nothing_is_refused_by_its_place(
    asking: Asking, database: Database, operation: dict[str, Any], path: str
) -> None:
    code, extensions = await asking.refused("applyChanges", {"operations": [operation]})

    assert (code, extensions["path"]) == ("BAD_USER_INPUT", path)
    assert await revision(database) == 0


async def test_more_operations_than_a_change_set_holds_are_refused(asking: Asking, database: Database) -> None:
    code, extensions = await asking.refused("applyChanges", {"operations": [{"create": {"typeGroup": GROUP}}] * 10_001})

    assert (code, extensions["given"], extensions["limit"]) == ("CHANGESET_TOO_LARGE", 10_001, 10_000)
    assert await revision(database) == 0


async def test_no_operations_are_no_harm(asking: Asking) -> None:
    made = await asking.mutate("applyChanges", {"operations": []})

    assert (made["__typename"], made["affectedCount"]) == ("ApplyChangesPayload", 0)


async def test_a_dry_run_tells_what_would_happen_and_stores_nothing(asking: Asking, database: Database) -> None:
    told = await asking.mutate("applyChanges", {"operations": [{"create": {"objectType": employee()}}], "dryRun": True})

    assert (told["dryRun"], told["revision"], told["affectedCount"], told["changeSet"]) == (True, 0, 2, None)
    assert await revision(database) == 0
    assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 0


async def test_others_are_served_while_ten_thousand_operations_are_merged(asking: Asking) -> None:
    operations = [
        {"verb": "CREATE", "kind": "TYPE_GROUP", "fields": {"apiName": f"group-{number}", "displayName": "Group"}}
        for number in range(10_000)
    ]
    served, running = 0, True

    async def watch() -> None:
        nonlocal served
        while running:
            await asyncio.sleep(0.002)
            served += 1

    watching = asyncio.create_task(watch())
    made = await asking.mutate("applyChanges", {"operations": operations}, "revision affectedCount")
    running = False
    await watching

    assert (made["revision"], made["affectedCount"]) == (1, 10_000)
    assert served > 50  # how long each has to wait is measured by bench/


async def test_the_same_request_again_is_answered_like_the_first(asking: Asking, database: Database) -> None:
    sent = {"typeGroup": GROUP, "idempotencyKey": "first", "clientMutationId": "a"}

    first = await asking.mutate("createTypeGroup", sent)
    again = await asking.mutate("createTypeGroup", {**sent, "clientMutationId": "b"})

    assert again == {**first, "clientMutationId": "b"}
    assert await revision(database) == 1


async def test_a_deletion_again_is_answered_like_the_first(asking: Asking, database: Database) -> None:
    rid = (await asking.mutate("createTypeGroup", {"typeGroup": GROUP}, "typeGroup { rid }"))["typeGroup"]["rid"]
    sent = {"rid": rid, "expectedVersion": 1, "idempotencyKey": "gone"}

    first = await asking.mutate("deleteTypeGroup", sent)
    again = await asking.mutate("deleteTypeGroup", sent)

    assert first["__typename"] == "DeleteTypeGroupPayload"
    assert again == first
    assert await revision(database) == 2


async def test_a_key_with_another_request_is_refused(asking: Asking, database: Database) -> None:
    await asking.mutate("createTypeGroup", {"typeGroup": GROUP, "idempotencyKey": "first"})

    code, _ = await asking.refused("createTypeGroup", {"typeGroup": {**GROUP, "apiName": "others"}, "idempotencyKey": "first"})

    assert code == "IDEMPOTENCY_KEY_REUSED"
    assert await revision(database) == 1


async def test_a_key_is_of_one_subject_and_one_field(asking: Asking, database: Database) -> None:
    await asking.mutate("createTypeGroup", {"typeGroup": GROUP, "idempotencyKey": "first"})
    await asking.mutate("createTypeGroup", {"typeGroup": {**GROUP, "apiName": "others"}, "idempotencyKey": "first"}, by=given.REVIEWER)
    await asking.mutate("createValueType", {"valueType": {"apiName": "x", "displayName": "X", "type": STRING}, "idempotencyKey": "first"})

    assert await revision(database) == 3


async def test_the_header_counts_for_each_field_of_a_document_by_its_response_name(asking: Asking, database: Database) -> None:
    document = """
        mutation ($a: CreateTypeGroupInput!, $b: CreateTypeGroupInput!) {
            one: createTypeGroup(input: $a) { ... on CreateTypeGroupPayload { revision } }
            two: createTypeGroup(input: $b) { ... on CreateTypeGroupPayload { revision } }
        }
    """
    sent = {"a": {"typeGroup": GROUP}, "b": {"typeGroup": {**GROUP, "apiName": "others"}}}

    first = await asking.answer(document, sent, key="header")
    again = await asking.answer(document, sent, key="header")

    assert (first.errors, first.data) == (again.errors, again.data)
    assert first.data == {"one": {"revision": 1}, "two": {"revision": 2}}
    assert await revision(database) == 2


async def test_requests_with_one_key_at_once_write_once(asking: Asking, database: Database) -> None:
    sent = {"typeGroup": GROUP, "idempotencyKey": "at once"}
    document = "mutation ($input: CreateTypeGroupInput!) { createTypeGroup(input: $input) { __typename } }"

    answers = await asyncio.gather(*(asking.answer(document, {"input": sent}) for _ in range(6)))

    told = {answer.data["createTypeGroup"]["__typename"] if answer.data else answer.errors[0]["extensions"]["code"] for answer in answers}
    assert "CreateTypeGroupPayload" in told
    assert told <= {"CreateTypeGroupPayload", "IDEMPOTENCY_IN_PROGRESS"}
    assert await revision(database) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "\u0000"])
async def test_a_key_that_is_none_is_refused(asking: Asking, database: Database, key: str) -> None:
    code, _ = await asking.refused("createTypeGroup", {"typeGroup": GROUP, "idempotencyKey": key})

    assert code == "BAD_USER_INPUT"
    assert await revision(database) == 0
