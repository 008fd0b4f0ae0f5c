"""The REST face of change sets, bulk writes and the audit log, and its OpenAPI document."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import pytest_asyncio

from app.domain.ontology import OntologySettings
from app.persistence.database import Database
from app.services.ontologies import Ontologies
from app.web.openapi import document
from tests import given
from tests.web.rest_face import Face, face_of

GROUP = {"verb": "CREATE", "kind": "type_group", "ref": "people", "fields": {"apiName": "people", "displayName": "People"}}


@pytest_asyncio.fixture
async def face(database: Database):
    async with face_of(database) as opened:
        yield opened


async def opened(face: Face, *operations: dict[str, Any]) -> str:
    made = await face.ask("POST", "/api/changeset", {"title": "Work", "operations": list(operations)})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/api/changeset/{made.json()['rid']}"
    assert (made.json()["status"], made.json()["operationCount"]) == ("OPEN", len(operations))
    return made.json()["rid"]


async def revision(database: Database) -> int:
    return await database.pool.fetchval("SELECT head_revision FROM ontology")


async def test_a_change_set_goes_from_the_first_operation_to_the_merge_and_back(face: Face, database: Database) -> None:
    rid = await opened(face)
    staged = await face.ask("POST", f"/api/changeset/{rid}/operations", {"operations": [GROUP], "expectedVersion": 1})
    judged = await face.ask("POST", f"/api/changeset/{rid}/validate")
    diff = await face.ask("GET", f"/api/changeset/{rid}/diff")
    impact = await face.ask("GET", f"/api/changeset/{rid}/impact")
    told = await face.ask("POST", f"/api/changeset/{rid}/merge", {"dryRun": True})
    merged = await face.ask("POST", f"/api/changeset/{rid}/merge", headers={"if-match": '"2"'})
    undone = await face.ask("POST", f"/api/changeset/{rid}/rollback", {"title": "Never mind"})

    assert (staged.status_code, staged.json()["changeSet"]["version"], staged.json()["operations"][0]["ref"]) == (200, 2, "people")
    assert judged.json() == {"violations": [], "conflicts": [], "violationCount": 0, "conflictCount": 0}
    assert [(each["action"], each["apiName"]) for each in diff.json()["items"]] == [("created", "people")]
    assert impact.json() == {"items": [], "nextCursor": None}
    assert (told.status_code, told.json()["ontologyRevision"]) == (200, 0)
    assert (merged.status_code, merged.json()["ontologyRevision"], merged.json()["changeSet"]["status"]) == (200, 1, "MERGED")
    assert merged.json()["refs"] == {"people": staged.json()["operations"][0]["rid"]}
    assert (undone.json()["ontologyRevision"], undone.json()["changes"][0]["action"]) == (2, "deleted")
    assert await face.code("POST", f"/api/changeset/{rid}/merge") == (409, "CHANGESET_ALREADY_MERGED")
    assert await revision(database) == 2


async def test_fixes_are_staged_and_what_is_left_is_told(face: Face) -> None:
    broken = {**GROUP, "fields": {"apiName": "Wrong Name", "displayName": "People", "colour": "#abc"}}
    lost = {"verb": "CREATE", "kind": "value_type", "fields": {"apiName": "code", "displayName": "Code", "type": {"base": "STRING"},
            "constraints": [{"key": "c", "type": "REGEX", "pattern": "("}]}}  # fmt: skip
    rid = await opened(face, broken, lost)
    path = f"/api/changeset/{rid}/fix"
    found = (await face.ask("POST", f"/api/changeset/{rid}/validate")).json()["violations"]
    colour = next({key: each[key] for key in ("rule", "rid", "path")} for each in found if each["rule"] == "colour.form")

    first = await face.ask("POST", path, {"violations": [colour], "expectedVersion": 1}, headers={"idempotency-key": "once"})
    again = await face.ask("POST", path, {"violations": [colour], "expectedVersion": 1}, headers={"idempotency-key": "once"})
    rest = await face.ask("POST", path)

    assert (first.status_code, [each["fields"] for each in first.json()["operations"]]) == (200, [{"colour": "#aabbcc"}])
    assert (first.json()["violationCount"], first.json()["changeSet"]["operationCount"]) == (2, 3)
    assert again.json()["operations"] == first.json()["operations"]
    assert [each["fields"] for each in rest.json()["operations"]] == [{"apiName": "wrong-name"}]
    assert [each["rule"] for each in rest.json()["violations"]] == ["constraint.regex"]
    assert rest.json()["changeSet"]["operationCount"] == 4


async def test_fixes_are_refused_as_a_whole(face: Face, database: Database) -> None:
    rid = await opened(face, {**GROUP, "fields": {**GROUP["fields"], "colour": "#abc"}})
    path = f"/api/changeset/{rid}/fix"
    mark = {"rule": "colour.form", "rid": "x"}

    assert await face.code("POST", path, {"violations": {}}) == (400, "BAD_USER_INPUT")
    assert await face.code("POST", path, {"violations": [{**mark, "fix": []}]}) == (400, "BAD_USER_INPUT")
    assert (await face.code("POST", path, {"violations": [mark] * 1_001}))[0] == 400
    assert await face.code("POST", path, {"expectedVersion": 7}) == (409, "VERSION_CONFLICT")
    assert await face.code("POST", "/api/changeset/ri.ontology.main.changeset.none/fix") == (404, "NOT_FOUND")
    assert await database.pool.fetchval("SELECT operation_count FROM change_set WHERE rid = $1", rid) == 1


async def test_operations_are_listed_amended_reordered_and_dropped(face: Face) -> None:
    groups = [{"verb": "CREATE", "kind": "type_group", "fields": {"apiName": name, "displayName": name}} for name in ("one", "two")]
    rid = await opened(face, *groups)
    path = f"/api/changeset/{rid}/operations"
    first, second = (each["id"] for each in (await face.ask("GET", path)).json()["items"])

    reordered = await face.ask("PUT", path, {"operationIds": [second, first]})
    amended = await face.ask("PATCH", f"{path}/{first}", {"fields": {"apiName": "three", "displayName": "3"}, "expectedVersion": 2})
    dropped = await face.ask("DELETE", f"{path}/{second}?expectedVersion=3")

    assert [each.status_code for each in (reordered, amended, dropped)] == [200, 200, 200]
    assert [each["fields"]["apiName"] for each in (await face.ask("GET", path)).json()["items"]] == ["three"]
    for operation in ("nothing", "00000000-0000-0000-0000-000000000000", "%00"):
        assert await face.code("DELETE", f"{path}/{operation}") == (404, "NOT_FOUND")
        assert await face.code("PATCH", f"{path}/{operation}", {"fields": {}}) == (404, "NOT_FOUND")


async def test_what_both_sides_changed_is_a_409_that_a_resolution_answers(face: Face, database: Database) -> None:
    group = (await face.ask("POST", "/api/type-group", GROUP["fields"])).json()["rid"]
    rid = await opened(face, {"verb": "UPDATE", "rid": group, "expectedVersion": 1, "fields": {"displayName": "Ours"}})
    await face.ask("PUT", f"/api/type-group/{group}", {"displayName": "Theirs", "expectedVersion": 1}, by="rosa")

    refused = await face.ask("POST", f"/api/changeset/{rid}/merge")
    [conflict] = refused.json()["conflicts"]
    head = await revision(database)
    answer = {"rid": group, "path": "displayName", "choice": "OURS", "theirsVersion": conflict["theirsVersion"]}
    merged = await face.ask("POST", f"/api/changeset/{rid}/merge", {"resolutions": [answer]})

    assert (refused.status_code, refused.json()["code"], head) == (409, "MERGE_CONFLICT", 2)
    assert {key: conflict[key] for key in ("base", "ours", "theirs", "theirsBy")} == {
        "base": "People", "ours": "Ours", "theirs": "Theirs", "theirsBy": "rosa",
    }  # fmt: skip
    assert merged.json()["changes"][0]["entity"]["displayName"] == "Ours"


async def test_a_protected_ontology_takes_what_somebody_else_approved(face: Face, database: Database) -> None:
    ontology = await database.pool.fetchrow("SELECT rid, version FROM ontology")
    settings = OntologySettings(require_review=True)
    await Ontologies(database).update(given.ADMIN, ontology["rid"], expected_version=ontology["version"], settings=settings)
    rid = await opened(face, GROUP)

    assert await face.code("POST", "/api/type-group", GROUP["fields"]) == (409, "REVIEW_REQUIRED")
    assert await face.code("POST", f"/api/changeset/{rid}/merge") == (409, "REVIEW_REQUIRED")
    assert await face.code("POST", f"/api/changeset/{rid}/review", {"approve": True}) == (409, "INVALID_STATE")
    asked = await face.ask("POST", f"/api/changeset/{rid}/request-review", {"reviewers": ["rosa"]})
    said = await face.ask("POST", f"/api/changeset/{rid}/comments", {"body": "Fine by me."}, by="rosa")
    approved = await face.ask("POST", f"/api/changeset/{rid}/review", {"approve": True, "expectedVersion": 2}, by="rosa")
    merged = await face.ask("POST", f"/api/changeset/{rid}/merge")
    comments = (await face.ask("GET", f"/api/changeset/{rid}/comments")).json()

    assert [each.status_code for each in (asked, said, approved, merged)] == [200, 201, 200, 200]
    assert (approved.json()["review"], approved.json()["approvedBy"]) == ("APPROVED", "rosa")
    assert [(each["author"], each["body"]) for each in comments["items"]] == [("rosa", "Fine by me.")]


async def test_change_sets_are_listed_and_closed(face: Face) -> None:
    one, two = await opened(face), await opened(face, GROUP)
    closed = await face.ask("POST", f"/api/changeset/{one}/close")
    listed = (await face.ask("GET", "/api/changeset?status=OPEN", by="vera")).json()
    first = (await face.ask("GET", "/api/changeset?pageSize=1")).json()
    second = (await face.ask("GET", f"/api/changeset?pageSize=1&cursor={first['nextCursor']}")).json()

    assert closed.json()["status"] == "CLOSED"
    assert [each["rid"] for each in listed["items"]] == [two]
    assert [each["rid"] for page in (first, second) for each in page["items"]] == [two, one]
    assert (await face.ask("GET", f"/api/changeset/{one}")).json()["closedBy"] == "edith"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/api/bulk", {}, (400, "BAD_USER_INPUT")),
        ("/api/bulk", "text", (400, "BAD_REQUEST")),
        ("/api/bulk", [5], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "CREATE"}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": 5, "kind": "type_group"}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "CREATE", "kind": ["type_group"]}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "CREATE", "kind": "type_group", "fields": []}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "CREATE", "kind": "type_group", "fields": {}, "ref": 5}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "CREATE", "kind": "type_group", "fields": {"ref": 5}}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "CREATE", "kind": "type_group", "fields": {}}], (422, "VALIDATION_FAILED")),
        ("/api/bulk", [{"verb": "DELETE", "rid": "\u0000", "expectedVersion": 1}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "DELETE", "rid": "ri.ontology.main.type-group.x"}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "DELETE", "rid": "ri.ontology.main.type-group.x", "expectedVersion": True}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", [{"verb": "DELETE", "rid": "ri.ontology.main.type-group.x", "expectedVersion": 1}], (422, "VALIDATION_FAILED")),
        ("/api/bulk", [{**GROUP, "nonsense": 1}], (400, "BAD_USER_INPUT")),
        ("/api/bulk", {"operations": [GROUP], "title": 5}, (400, "BAD_USER_INPUT")),
        ("/api/bulk", {"operations": [GROUP], "title": "\u202e"}, (400, "BAD_USER_INPUT")),
        ("/api/bulk", [GROUP, GROUP], (422, "VALIDATION_FAILED")),
        ("/api/bulk", [GROUP] * 10_001, (413, "CHANGESET_TOO_LARGE")),
        ("/api/bulk?ontology=none", [GROUP], (404, "NOT_FOUND")),
        ("/api/changeset", {}, (400, "BAD_USER_INPUT")),
        ("/api/changeset", {"title": ""}, (400, "BAD_USER_INPUT")),
        ("/api/changeset", {"title": "x" * 201}, (400, "BAD_USER_INPUT")),
        ("/api/changeset", {"title": "x", "labels": "x"}, (400, "BAD_USER_INPUT")),
        ("/api/changeset", {"title": "x", "labels": ["x"] * 51}, (400, "LIST_TOO_LONG")),
        ("/api/changeset", {"title": "x", "description": "x" * 10_001}, (400, "STRING_TOO_LONG")),
        ("/api/changeset", {"title": "x", "operations": {}}, (400, "BAD_USER_INPUT")),
        ("/api/changeset", {"title": "x", "nonsense": 1}, (400, "BAD_USER_INPUT")),
        ("/api/changeset/ri.ontology.main.changeset.none/merge", {}, (404, "NOT_FOUND")),
        ("/api/changeset/nothing/close", {}, (404, "NOT_FOUND")),
        ("/api/changeset/%00/close", {}, (404, "NOT_FOUND")),
        ("/api/changeset/nothing/nonsense", {}, (404, "NOT_FOUND")),
    ],
)
async def test_a_wrong_request_gets_the_status_that_says_so_and_stores_nothing(
    face: Face, database: Database, path: str, body: Any, expected: tuple[int, str]
) -> None:
    assert await face.code("POST", path, body) == expected
    assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 0


@pytest.mark.parametrize(
    "body",
    [
        {"resolutions": {}},
        {"resolutions": [5]},
        {"resolutions": [{"rid": "x"}]},
        {"resolutions": [{"rid": "x", "choice": "MINE", "theirsVersion": 1}]},
        {"resolutions": [{"rid": "x", "choice": ["OURS"], "theirsVersion": 1}]},
        {"resolutions": [{"rid": 5, "choice": "OURS", "theirsVersion": 1}]},
        {"dryRun": "yes"},
        {"nonsense": 1},
    ],
)
async def test_a_merge_that_is_asked_wrongly_is_refused(face: Face, database: Database, body: dict[str, Any]) -> None:
    rid = await opened(face, GROUP)

    assert await face.code("POST", f"/api/changeset/{rid}/merge", body) == (400, "BAD_USER_INPUT")
    assert await revision(database) == 0


async def test_a_comment_that_the_database_cannot_hold_is_refused(face: Face, database: Database) -> None:
    rid = await opened(face)

    for words in (
        {"body": "\u0000"},
        {"body": "x", "rid": "\u0000"},
        {"body": "x", "path": "\u0000"},
        {"body": ""},
        {"body": "x" * 10_001},
    ):
        assert (await face.ask("POST", f"/api/changeset/{rid}/comments", words)).status_code in {400, 404}, words
    assert await database.pool.fetchval("SELECT count(*) FROM change_set_comment") == 0


async def test_the_audit_log_shows_before_and_after_by_page_and_by_cursor(face: Face) -> None:
    group = (await face.ask("POST", "/api/type-group", GROUP["fields"])).json()["rid"]
    for version in (1, 2, 3):
        await face.ask("PUT", f"/api/type-group/{group}", {"displayName": f"Name {version}", "expectedVersion": version})

    path = f"/api/audit-log?entity=type_group&rid={group}"
    everything = (await face.ask("GET", path)).json()["items"]
    second = (await face.ask("GET", f"{path}&page=2&pageSize=1")).json()
    after = (await face.ask("GET", f"{path}&pageSize=1&cursor={second['nextCursor']}")).json()
    beyond = (await face.ask("GET", f"{path}&page=9")).json()

    assert [each["action"] for each in everything] == ["updated", "updated", "updated", "created"]
    assert (everything[0]["before"]["displayName"], everything[0]["after"]["displayName"]) == ("Name 2", "Name 3")
    assert (everything[0]["actor"], everything[0]["rid"], everything[0]["afterVersion"]) == ("edith", group, 4)
    assert (second["items"], after["items"], beyond["items"]) == ([everything[1]], [everything[2]], [])
    assert (second["page"], second["pageSize"]) == (2, 1)


async def test_others_entries_are_for_an_admin(face: Face) -> None:
    await face.ask("POST", "/api/type-group", GROUP["fields"])

    assert (await face.ask("GET", "/api/audit-log?entity=type-group", by="rosa")).json()["items"] == []
    assert await face.code("GET", "/api/audit-log?actor=edith", by="rosa") == (403, "FORBIDDEN")
    assert len((await face.ask("GET", "/api/audit-log?entity=type-group&actor=edith", by="ada")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/changeset?status=LOST", "status is one of OPEN, MERGED, CLOSED, not 'LOST'"),
        ("/api/changeset?status=open", "status is one of"),
        ("/api/changeset?review=MAYBE", "review is one of DRAFT"),
        ("/api/changeset?origin=MAGIC", "origin is one of EDIT"),
        ("/api/changeset?reviewer=rosa", "has no 'reviewer'"),
        ("/api/object-type?status=LOST", "status is one of EXPERIMENTAL"),
        ("/api/object-type?objectType=x", "has no 'objectType'"),
        ("/api/property?objectType=nobody", "objectType is a rid"),
        ("/api/object-type?asOf=yesterday", "asOf is a whole number"),
        ("/api/object-type?asOf=7", "at revision 0"),
        ("/api/object-type?pageSize=many", "pageSize is a whole number"),
        ("/api/object-type?cursor=WyJhIiwicmkiXQ", "cursor is not valid"),
        ("/api/audit-log?entity=unicorn", "entity is one of object_type"),
        ("/api/audit-log?rid=nobody", "rid is a rid"),
        ("/api/audit-log?changeSet=nobody", "changeSet is a rid"),
        ("/api/audit-log?page=0", "page is a whole number"),
    ],
)
async def test_a_parameter_that_can_mean_nothing_is_named(face: Face, path: str, named: str) -> None:
    answer = await face.ask("GET", path, by="ada")

    assert (answer.status_code, answer.json()["code"]) in {(400, "BAD_USER_INPUT"), (400, "INVALID_CURSOR")}
    assert named in answer.json()["message"]


async def test_a_page_of_a_diff_is_followed_by_its_cursor_and_by_no_other(face: Face) -> None:
    rid = await opened(face, *({**GROUP, "ref": name, "fields": {"apiName": name, "displayName": name}} for name in "abc"))
    path = f"/api/changeset/{rid}/diff?pageSize=2"

    first = (await face.ask("GET", path)).json()
    second = (await face.ask("GET", f"{path}&cursor={first['nextCursor']}")).json()

    assert [each["apiName"] for page in (first, second) for each in page["items"]] == ["a", "b", "c"]
    assert second["nextCursor"] is None
    for other in (f"/api/changeset/{rid}/impact", f"/api/changeset/{rid}/operations", "/api/changeset", "/api/type-group"):
        assert await face.code("GET", f"{other}?cursor={first['nextCursor']}") == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("query", ["page=0", "page=1001", "page=x", "page=2&cursor=x", "pageSize=101", "nonsense=1", "rid=%00"])
async def test_a_wrong_page_of_the_audit_log_is_refused(face: Face, query: str) -> None:
    assert (await face.ask("GET", f"/api/audit-log?{query}")).status_code == 400


async def test_answers_are_as_the_openapi_document_promises(face: Face) -> None:
    """Every path once, each answer against its schema; refusals too."""
    promised = document()
    group = (await face.ask("POST", "/api/type-group", GROUP["fields"])).json()["rid"]
    rid = await opened(face, GROUP)
    requests = [
        ("POST", "/api/object-type", "/api/object-type", {"apiName": "A", "displayName": "A", "primaryKey": "a", "properties": [{"apiName": "a", "displayName": "A", "type": {"base": "STRING"}}]}),
        ("GET", "/api/object-type", "/api/object-type", None),
        ("GET", "/api/type-group/{rid}", f"/api/type-group/{group}", None),
        ("PUT", "/api/type-group/{rid}", f"/api/type-group/{group}", {"displayName": "New", "expectedVersion": 1}),
        ("PUT", "/api/type-group/{rid}", f"/api/type-group/{group}", {"displayName": "Old", "expectedVersion": 1}),
        ("PUT", "/api/type-group/{rid}", f"/api/type-group/{group}", {"displayName": "", "expectedVersion": 2}),
        ("GET", "/api/type-group/{rid}", "/api/type-group/nothing", None),
        ("POST", "/api/bulk", "/api/bulk", [{**GROUP, "fields": {"apiName": "others", "displayName": "O"}}]),
        ("GET", "/api/changeset", "/api/changeset", None),
        ("GET", "/api/changeset/{rid}", f"/api/changeset/{rid}", None),
        ("GET", "/api/changeset/{rid}/operations", f"/api/changeset/{rid}/operations", None),
        ("POST", "/api/changeset/{rid}/validate", f"/api/changeset/{rid}/validate", None),
        ("GET", "/api/changeset/{rid}/diff", f"/api/changeset/{rid}/diff", None),
        ("GET", "/api/changeset/{rid}/impact", f"/api/changeset/{rid}/impact", None),
        ("POST", "/api/changeset/{rid}/comments", f"/api/changeset/{rid}/comments", {"body": "Fine."}),
        ("GET", "/api/changeset/{rid}/comments", f"/api/changeset/{rid}/comments", None),
        ("POST", "/api/changeset/{rid}/merge", f"/api/changeset/{rid}/merge", None),
        ("GET", "/api/audit-log", "/api/audit-log", None),
        ("DELETE", "/api/type-group/{rid}", f"/api/type-group/{group}?expectedVersion=2", None),
    ]  # fmt: skip

    for method, path, url, body in requests:
        answer = await face.ask(method, url, body)
        operation = promised["paths"][path][method.lower()]
        response = operation["responses"][str(answer.status_code)]
        if "$ref" in response:
            response = promised["components"]["responses"][response["$ref"].rpartition("/")[2]]
        schema = {"components": promised["components"], **response["content"]["application/json"]["schema"]}
        jsonschema.validate(answer.json(), schema, jsonschema.Draft202012Validator)
        if body is not None and answer.status_code < 300:
            words = {"components": promised["components"], **operation["requestBody"]["content"]["application/json"]["schema"]}
            jsonschema.validate(body, words, jsonschema.Draft202012Validator)


def test_every_operation_of_the_document_has_a_name_of_its_own() -> None:
    operations = [each for path in document()["paths"].values() for method, each in path.items() if method != "parameters"]

    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert all(each["summary"] for each in operations)
