"""Fixes over the whole way: told with a violation, staged, and judged anew."""

from __future__ import annotations

from typing import Any

from app.domain.kind import Kind
from app.persistence.database import Database
from app.services.locks import Locks
from tests import given
from tests.asking import Asking
from tests.given import EDITOR, REVIEWER, VIEWER
from tests.web.rest_face import face_of

VIOLATIONS = "rule rid path message ref fix { verb kind rid ref expectedVersion cascade fields }"
OPEN = 'mutation($operations: [OperationInput!]!) { openChangeSet(input: {title: "x", operations: $operations}) { ... on ChangeSetPayload { changeSet { rid version } } ... on Error { code message } } }'
VALIDATE = (
    f"mutation($rid: ID!) {{ validateChangeSet(input: {{rid: $rid}}) {{ judgement {{ mergeable violations {{ {VIOLATIONS} }} }} }} }}"
)
STAGE = "mutation($rid: ID!, $operations: [OperationInput!]!) { stageOperations(input: {rid: $rid, operations: $operations}) { ... on StageOperationsPayload { changeSet { version } } ... on Error { code message } } }"
APPLY = f"""mutation($rid: ID!, $violations: [ViolationInput!], $version: Int, $tokens: [BigInt!]) {{
    applyFixes(input: {{rid: $rid, violations: $violations, expectedVersion: $version, lockTokens: $tokens}}) {{
        ... on ApplyFixesPayload {{ operations {{ rid }} changeSet {{ version operationCount }} judgement {{ mergeable violations {{ {VIOLATIONS} }} }} }}
        ... on VersionConflict {{ code }}
    }}
}}"""
MERGE = (
    "mutation($rid: ID!) { mergeChangeSet(input: {rid: $rid}) { ... on MergeChangeSetPayload { revision } ... on Error { code message } } }"
)


def sent(*operations: Any) -> list[dict[str, Any]]:
    return [
        {
            "verb": each.verb.value,
            "kind": each.kind.name,
            "fields": each.fields,
            **({"ref": each.ref} if each.ref else {}),
            **({"rid": each.rid} if each.rid else {}),
        }
        for each in operations
    ]


async def opened(ask: Asking, *operations: Any) -> str:
    made = await ask.data(OPEN, actor=EDITOR, operations=sent(*operations))
    return str(made["openChangeSet"]["changeSet"]["rid"])


BROKEN = (
    given.type_group("Wrong Name", ref="one", colour="#abc"),
    given.shared_property("seal", type={"base": "MARKING"}),
    given.value_type("code", constraints=[{"key": "c", "type": "REGEX", "pattern": "("}]),
)


async def test_what_validation_proposes_can_be_staged_as_it_is(database: Database) -> None:
    ask = Asking(database)
    rid = await opened(ask, *BROKEN[:2])
    found = (await ask.data(VALIDATE, actor=EDITOR, rid=rid))["validateChangeSet"]["judgement"]["violations"]
    assert {each["rule"]: each["fix"][0]["fields"] for each in found} == {
        "api-name.form": {"apiName": "wrong-name"}, "colour.form": {"colour": "#aabbcc"}, "property.marking-required": {"required": True},
    }  # fmt: skip

    proposed = [{key: value for key, value in each.items() if value is not None} for violation in found for each in violation["fix"]]
    await ask.data(STAGE, actor=EDITOR, rid=rid, operations=proposed)

    assert (await ask.data(VALIDATE, actor=EDITOR, rid=rid))["validateChangeSet"]["judgement"] == {"mergeable": True, "violations": []}
    assert (await ask.data(MERGE, actor=EDITOR, rid=rid))["mergeChangeSet"] == {"revision": 1}


async def test_apply_fixes_stages_what_has_one_and_tells_what_is_left(database: Database) -> None:
    ask = Asking(database)
    rid = await opened(ask, *BROKEN)

    applied = (await ask.data(APPLY, actor=EDITOR, rid=rid))["applyFixes"]

    assert applied["changeSet"] == {"version": 2, "operationCount": 6}
    assert len(applied["operations"]) == 3
    [left] = applied["judgement"]["violations"]
    assert (left["rule"], left["fix"], applied["judgement"]["mergeable"]) == ("constraint.regex", None, False)
    again = (await ask.data(APPLY, actor=EDITOR, rid=rid))["applyFixes"]
    assert (again["operations"], again["changeSet"]) == ([], {"version": 2, "operationCount": 6})


async def test_more_than_a_thousand_fixes_are_staged_in_one_call(database: Database) -> None:
    ask = Asking(database)
    rid = await opened(ask, *(given.type_group(f"group-{number}", colour="#abc") for number in range(1_200)))

    applied = (await ask.data(APPLY, actor=EDITOR, rid=rid))["applyFixes"]

    assert applied["changeSet"] == {"version": 2, "operationCount": 2_400}
    assert applied["judgement"] == {"mergeable": True, "violations": []}


async def test_what_ten_rounds_leave_is_told_and_mended_by_the_next_call(database: Database) -> None:
    ask = Asking(database)
    fields = [{"key": f"k{number}", "apiName": f"Name {number} x", "type": {"base": "STRING"}} for number in range(12)]
    rid = await opened(ask, given.value_type("parts", type={"base": "STRUCT", "fields": fields}))

    first = (await ask.data(APPLY, actor=EDITOR, rid=rid))["applyFixes"]
    second = (await ask.data(APPLY, actor=EDITOR, rid=rid))["applyFixes"]

    assert [len(first["operations"]), len(first["judgement"]["violations"])] == [10, 2]
    assert [len(second["operations"]), len(second["judgement"]["violations"])] == [2, 0]


async def test_fixes_for_which_a_change_set_has_no_room_are_not_staged(database: Database) -> None:
    ask = Asking(database)
    rid = await opened(ask, *(given.type_group(f"group-{number}", colour="#abc" if number < 600 else None) for number in range(9_500)))

    assert await ask.codes(APPLY, actor=EDITOR, rid=rid) == ["CHANGESET_TOO_LARGE"]
    assert await database.pool.fetchval("SELECT count(*) FROM operation WHERE change_set = $1", rid) == 9_500


async def test_only_the_fixes_that_are_named_are_staged(database: Database) -> None:
    ask = Asking(database)
    rid = await opened(ask, *BROKEN)
    found = (await ask.data(VALIDATE, actor=EDITOR, rid=rid))["validateChangeSet"]["judgement"]["violations"]
    colour = next(each for each in found if each["rule"] == "colour.form")

    applied = (await ask.data(APPLY, actor=EDITOR, rid=rid, violations=[{key: colour[key] for key in ("rule", "rid", "path")}]))[
        "applyFixes"
    ]

    assert len(applied["operations"]) == 1
    assert {each["rule"] for each in applied["judgement"]["violations"]} == {each["rule"] for each in found} - {"colour.form"}


async def test_fixes_of_one_field_go_one_after_another(database: Database) -> None:
    ask = Asking(database)
    structure = {"base": "STRUCT", "fields": [{"key": f"k{n}", "apiName": f"Name {n} x", "type": {"base": "DECIMAL"}} for n in range(3)]}
    rid = await opened(ask, given.value_type("parts", type=structure))

    applied = (await ask.data(APPLY, actor=EDITOR, rid=rid))["applyFixes"]

    assert applied["judgement"] == {"mergeable": True, "violations": []}
    assert (await ask.data(MERGE, actor=EDITOR, rid=rid))["mergeChangeSet"] == {"revision": 1}


async def test_a_missing_property_of_an_interface_is_made_and_mapped(database: Database) -> None:
    ask = Asking(database)
    member = {"key": "name", "apiName": "name", "type": {"base": "STRING"}, "required": True}
    rid = await opened(
        ask, given.interface("Named", properties=[member]), *given.object_type("Person", implements=[{"interface": "ref:Named"}])
    )

    applied = (await ask.data(APPLY, actor=EDITOR, rid=rid))["applyFixes"]

    assert applied["judgement"]["mergeable"]
    await ask.data(MERGE, actor=EDITOR, rid=rid)
    person = (
        await ask.data(
            '{ objectType(apiName: "Person") { properties { nodes { apiName required } } implementations { mapping { interfaceProperty property { apiName } } } } }'
        )
    )["objectType"]
    assert {"apiName": "name", "required": True} in person["properties"]["nodes"]
    assert person["implementations"] == [{"mapping": [{"interfaceProperty": "name", "property": {"apiName": "name"}}]}]


async def test_fixes_are_staged_by_an_editor_at_the_version_that_was_seen_and_beside_no_lock(database: Database) -> None:
    ask = Asking(database)
    made = await ask.data(
        "mutation($operations: [OperationInput!]!) { applyChanges(input: {operations: $operations}) { ... on ApplyChangesPayload { refs } } }",
        actor=EDITOR, operations=sent(given.type_group("one", ref="one")),
    )  # fmt: skip
    group = made["applyChanges"]["refs"]["one"]
    rid = await opened(ask, given.update(Kind.TYPE_GROUP, group, 1, colour="red"))
    assert await ask.codes(APPLY, actor=VIEWER, rid=rid) == ["FORBIDDEN"]
    assert (await ask.data(APPLY, actor=EDITOR, rid=rid, version=7))["applyFixes"] == {"code": "VERSION_CONFLICT"}
    await Locks(database).acquire(REVIEWER, group)
    assert await ask.codes(APPLY, actor=EDITOR, rid=rid) == ["LOCKED"]
    assert await ask.codes(APPLY, actor=EDITOR, rid="ri.ontology.main.changeset.none") == ["NOT_FOUND"]
    assert await database.pool.fetchval("SELECT count(*) FROM operation WHERE change_set = $1", rid) == 1


async def test_of_what_a_refused_write_would_have_created_a_fix_names_the_ref(database: Database) -> None:
    ask = Asking(database)
    asked = f"mutation($operations: [OperationInput!]!) {{ applyChanges(input: {{operations: $operations}}) {{ ... on ValidationFailed {{ violations {{ {VIOLATIONS} }} }} }} }}"

    named = (await ask.data(asked, actor=EDITOR, operations=sent(BROKEN[1])))["applyChanges"]["violations"]
    nameless = [{key: value for key, value in sent(BROKEN[1])[0].items() if key != "ref"}]
    unnamed = (await ask.data(asked, actor=EDITOR, operations=nameless))["applyChanges"]["violations"]

    assert named[0]["fix"][0]["rid"] == "ref:seal"
    assert unnamed[0]["fix"] is None
    async with face_of(database) as face:
        refused = (
            await face.ask("POST", "/api/shared-property", {"apiName": "seal", "displayName": "Seal", "type": {"base": "MARKING"}})
        ).json()
        assert [each["fix"] for each in refused["violations"]] == [[]]
        rid = await opened(ask, BROKEN[1])
        told = (await face.ask("POST", f"/api/changeset/{rid}/validate")).json()["violations"]
        assert [each["fix"][0]["fields"] for each in told] == [{"required": True}]
