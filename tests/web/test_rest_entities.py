"""The REST face of the kinds: real status codes, and optimistic locking on every write."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from app.domain.kind import Kind
from app.limits import Limits
from app.persistence.database import Database
from app.web.cursors import Cursors
from tests.web.rest_face import Face, face_of

STRING = {"base": "STRING"}
GROUP = {"apiName": "people", "displayName": "People"}
EMPLOYEE: dict[str, Any] = {
    "apiName": "Employee",
    "displayName": "Employee",
    "primaryKey": "number",
    "properties": [
        {"apiName": "number", "displayName": "Number", "type": STRING},
        {"apiName": "name", "displayName": "Name", "type": STRING},
    ],
}


@pytest_asyncio.fixture
async def face(database: Database):
    async with face_of(database) as opened:
        yield opened


async def stored(database: Database) -> list[int]:
    tables = ("entity", "entity_version", "change_set", "operation", "revision", "audit_log", "outbox", "idempotency_key")
    return [await database.pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]


async def a_group(face: Face, name: str = "people") -> str:
    return (await face.ask("POST", "/api/type-group", {**GROUP, "apiName": name})).json()["rid"]


async def test_an_object_type_is_created_with_its_properties_and_read_back(face: Face) -> None:
    made = await face.ask("POST", "/api/object-type", EMPLOYEE)

    assert made.status_code == 201
    rid = made.json()["rid"]
    assert made.headers["location"] == f"/api/object-type/{rid}"
    assert made.headers["etag"] == '"1"'
    assert [each["apiName"] for each in made.json()["properties"]] == ["number", "name"]
    assert made.json()["primaryKey"] == made.json()["properties"][0]["rid"]
    read = await face.ask("GET", f"/api/object-type/{rid}?include=properties", by="vera")
    assert read.status_code == 200
    assert {key: read.json()[key] for key in ("rid", "version", "apiName", "status", "ontology")} == {
        "rid": rid, "version": 1, "apiName": "Employee", "status": "EXPERIMENTAL", "ontology": "main",
    }  # fmt: skip
    assert read.json()["properties"] == made.json()["properties"]
    assert read.headers["oms-revision"] == "main=1.1"


def creations(rid: str, other: str) -> dict[Kind, dict[str, Any]]:
    same = {"source": "CONSTANT", "constant": [None, 1]}
    criterion = {"message": "No.", "condition": {"operator": "EQUAL", "left": same, "right": same}}
    named = {"displayName": "Named"}
    return {
        Kind.OBJECT_TYPE: {**EMPLOYEE, "apiName": "Guest"},
        Kind.PROPERTY: {**named, "apiName": "email", "objectType": rid, "type": STRING},
        Kind.SHARED_PROPERTY: {**named, "apiName": "email", "type": STRING},
        Kind.LINK_TYPE: {
            **named, "apiName": "worksIn", "cardinality": "MANY_TO_MANY", "backing": {"type": "JOIN"},
            "a": {"objectType": rid, "apiName": "offices"}, "b": {"objectType": other, "apiName": "staff"},
        },
        Kind.INTERFACE: {**named, "apiName": "Named"},
        Kind.ACTION_TYPE: {**named, "apiName": "hire", "criteria": [criterion]},
        Kind.VALUE_TYPE: {**named, "apiName": "colour", "type": STRING},
        Kind.TYPE_GROUP: {**named, "apiName": "people"},
    }  # fmt: skip


@pytest.mark.parametrize("kind", list(Kind))
async def test_every_kind_goes_round(face: Face, kind: Kind) -> None:
    one = (await face.ask("POST", "/api/object-type", EMPLOYEE)).json()["rid"]
    two = (await face.ask("POST", "/api/object-type", {**EMPLOYEE, "apiName": "Office"})).json()["rid"]
    path = f"/api/{kind.slug}"

    made = await face.ask("POST", path, creations(one, two)[kind])
    assert made.status_code == 201, made.text
    rid = made.json()["rid"]
    read = (await face.ask("GET", f"{path}/{rid}")).json()
    put = await face.ask("PUT", f"{path}/{rid}", {**read, "description": "New.", "expectedVersion": 1})
    assert put.status_code == 200, put.text
    assert (put.json()["version"], put.json()["description"]) == (2, "New.")
    again = (await face.ask("GET", f"{path}/{rid}")).json()
    assert {key: value for key, value in again.items() if key not in {"description", "version", "revision", "updatedAt"}} == {
        key: value for key, value in read.items() if key not in {"description", "version", "revision", "updatedAt"}
    }
    listed = (await face.ask("GET", f"{path}?search={read['apiName']}")).json()
    assert [each["rid"] for each in listed["items"]] == [rid]
    gone = await face.ask("DELETE", f"{path}/{rid}?cascade=true", headers={"if-match": '"2"'})
    assert (gone.status_code, gone.json()["rid"]) == (200, rid), gone.text
    assert await face.code("GET", f"{path}/{rid}") == (404, "NOT_FOUND")


async def test_what_an_update_leaves_out_stays_and_null_clears(face: Face) -> None:
    rid = (await face.ask("POST", "/api/type-group", {**GROUP, "description": "All.", "colour": "#112233"})).json()["rid"]

    changed = await face.ask("PATCH", f"/api/type-group/{rid}", {"colour": None, "expectedVersion": 1})

    assert (changed.json()["description"], changed.json().get("colour"), changed.json()["version"]) == ("All.", None, 2)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_of_several_writers_one_wins_and_the_others_see_the_winner(face: Face, database: Database, method: str) -> None:
    rid = await a_group(face)
    bodies = [{"displayName": f"Writer {number}"} if method == "PUT" else None for number in range(6)]

    answers = await asyncio.gather(*(face.ask(method, f"/api/type-group/{rid}", body, headers={"if-match": '"1"'}) for body in bodies))

    winners = [answer for answer in answers if answer.status_code == 200]
    losers = [answer for answer in answers if answer.status_code == 409]
    assert (len(winners), len(losers)) == (1, 5)
    assert {answer.json()["code"] for answer in losers} == {"VERSION_CONFLICT"}
    expected = winners[0].json()["displayName"] if method == "PUT" else None
    assert {(answer.json()["current"] or {}).get("displayName") for answer in losers} == {expected}
    assert await database.pool.fetchval("SELECT head_revision FROM ontology") == 2


async def test_of_several_bulk_writers_one_wins(face: Face, database: Database) -> None:
    rid = await a_group(face)
    answers = await asyncio.gather(
        *(
            face.ask(
                "POST",
                "/api/bulk",
                [
                    {"verb": "CREATE", "kind": "type-group", "fields": {"apiName": f"own-{number}", "displayName": "Own"}},
                    {"verb": "UPDATE", "rid": rid, "expectedVersion": 1, "fields": {"displayName": f"Writer {number}"}},
                ],
            )
            for number in range(6)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert await database.pool.fetchval("SELECT count(*) FROM entity") == 2


async def test_broken_rules_are_422_with_all_of_them_and_nothing_is_stored(face: Face, database: Database) -> None:
    before = await stored(database)

    refused = await face.ask("POST", "/api/object-type", {**EMPLOYEE, "displayName": "", "colour": "red", "primaryKey": "none"})

    assert (refused.status_code, refused.json()["code"]) == (422, "VALIDATION_FAILED")
    assert {"definition.shape"} == {each["rule"] for each in refused.json()["violations"]}
    assert {each["path"] for each in refused.json()["violations"]} == {"primaryKey", "colour"}
    assert await stored(database) == before


async def test_a_taken_name_and_what_is_still_referred_to_are_409(face: Face, database: Database) -> None:
    made = (await face.ask("POST", "/api/object-type", EMPLOYEE)).json()
    before = await stored(database)

    taken = await face.ask("POST", "/api/interface", {"apiName": "EMPLOYEE".capitalize(), "displayName": "E"})
    held = await face.ask("DELETE", f"/api/property/{made['properties'][0]['rid']}?expectedVersion=1")

    assert (taken.status_code, taken.json()["code"], taken.json()["violations"][0]["by"]) == (409, "NAME_TAKEN", [made["rid"]])
    assert (held.status_code, held.json()["code"], held.json()["by"]) == (409, "STILL_REFERENCED", [made["rid"]])
    assert await stored(database) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "expected"),
    [
        ("PUT", "", {"displayName": "x"}, {}, (400, "BAD_USER_INPUT")),  # no version
        ("PUT", "", {"displayName": "x", "expectedVersion": 1}, {"if-match": '"2"'}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"displayName": "x", "expectedVersion": "1"}, {}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"displayName": "x", "expectedVersion": True}, {}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"displayName": "x", "expectedVersion": 0}, {}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"displayName": "x", "expectedVersion": 2**31}, {}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"displayName": "x", "expectedVersion": 9}, {}, (409, "VERSION_CONFLICT")),
        ("PUT", "", {"displayName": "x"}, {"if-match": "*"}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"rid": "ri.ontology.main.type-group.other", "expectedVersion": 1}, {}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"kind": "interface", "expectedVersion": 1}, {}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"nonsense": 1, "expectedVersion": 1}, {}, (422, "VALIDATION_FAILED")),
        ("PUT", "", [], {}, (400, "BAD_REQUEST")),
        ("PUT", "", None, {}, (400, "BAD_REQUEST")),
        ("PUT", "?dryRun=perhaps", {"expectedVersion": 1}, {}, (400, "BAD_USER_INPUT")),
        ("PUT", "?nonsense=1", {"expectedVersion": 1}, {}, (400, "BAD_USER_INPUT")),
        ("PUT", "", b"{", {}, (400, "BAD_REQUEST")),
        ("PUT", "", b'{"a":1,"a":2}', {}, (400, "BAD_REQUEST")),
        ("PUT", "", b'{"a":NaN}', {}, (400, "BAD_REQUEST")),
        ("PUT", "", b'{"a":"\\ud800"}', {}, (400, "BAD_REQUEST")),
        ("PUT", "", b"\xff", {}, (400, "BAD_REQUEST")),
        ("PUT", "", b"[" * 100_000, {}, (400, "BAD_REQUEST")),
        ("PUT", "", b"{}", {"content-type": "text/plain"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("PUT", "", b"{}", {"content-type": "application/json; charset=latin-1"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("PUT", "", b"{}", {"content-encoding": "gzip"}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("PUT", "", b'{"displayName":"%s"}' % (b"x" * 2_000_000), {}, (413, "PAYLOAD_TOO_LARGE")),
        ("PUT", "", {"expectedVersion": 1, "displayName": "\u0000"}, {}, (400, "BAD_USER_INPUT")),
        ("DELETE", "", {"expectedVersion": 1, "cascade": True}, {}, (400, "BAD_USER_INPUT")),
        ("DELETE", "?expectedVersion=x", None, {}, (400, "BAD_USER_INPUT")),
        ("DELETE", "?expectedVersion=99999999999999999999", None, {}, (400, "BAD_USER_INPUT")),
        ("DELETE", "?expectedVersion=1&expectedVersion=2", None, {}, (400, "BAD_REQUEST")),
        ("DELETE", "?expectedVersion=%ff", None, {}, (400, "BAD_REQUEST")),
        ("POST", "", {}, {}, (405, "METHOD_NOT_ALLOWED")),
        ("GET", "", None, {"accept": "text/html"}, (406, "NOT_ACCEPTABLE")),
        ("GET", "?include=properties", None, {}, (400, "BAD_USER_INPUT")),
        ("GET", "%00", None, {}, (404, "NOT_FOUND")),
        ("GET", "x", None, {}, (404, "NOT_FOUND")),
        ("PUT", "", {"expectedVersion": 1}, {"idempotency-key": ""}, (400, "BAD_USER_INPUT")),
        ("PUT", "", {"expectedVersion": 1}, {"idempotency-key": "x" * 256}, (400, "BAD_USER_INPUT")),
    ],
)
async def test_a_wrong_request_gets_the_status_that_says_so_and_stores_nothing(
    face: Face, database: Database, method: str, path: str, body: Any, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    rid = await a_group(face)
    before = await stored(database)

    assert await face.code(method, f"/api/type-group/{rid}{path}", body, headers=headers) == expected
    assert await stored(database) == before


async def test_who_may_not_is_told_so(face: Face, database: Database) -> None:
    anonymous = await face.ask("GET", "/api/type-group", by=None)
    stranger = await face.ask("GET", "/api/type-group", by="nobody")
    before = await stored(database)

    assert (anonymous.status_code, anonymous.headers["www-authenticate"]) == (401, "Bearer")
    assert (stranger.status_code, stranger.json()["code"]) == (401, "UNAUTHENTICATED")
    assert await face.code("POST", "/api/type-group", GROUP, by="vera") == (403, "FORBIDDEN")
    assert await stored(database) == before


async def test_what_is_not_there_is_404_whatever_is_asked(face: Face) -> None:
    rid = await a_group(face)

    for method, path in (
        ("GET", "/api/type-group/ri.ontology.main.type-group.none"),
        ("GET", f"/api/interface/{rid}"),
        ("PUT", f"/api/interface/{rid}"),
        ("DELETE", f"/api/interface/{rid}"),
        ("GET", "/api/nonsense"),
        ("POST", "/api/nonsense/at/all"),
        ("GET", "/api/type-group?ontology=none"),
        ("POST", "/api/type-group?ontology=none"),
    ):
        assert await face.code(method, path, GROUP if method in {"POST", "PUT"} else None) == (404, "NOT_FOUND"), path


async def test_a_deleted_entity_answers_writers_with_a_conflict(face: Face) -> None:
    rid = await a_group(face)
    await face.ask("DELETE", f"/api/type-group/{rid}?expectedVersion=1")

    late = await face.ask("PUT", f"/api/type-group/{rid}", {"displayName": "Late", "expectedVersion": 1})

    assert (late.status_code, late.json()["code"], late.json()["current"]) == (409, "VERSION_CONFLICT", None)


async def test_the_same_request_again_is_answered_like_the_first(face: Face, database: Database) -> None:
    key = {"idempotency-key": "once"}
    first = await face.ask("POST", "/api/type-group", GROUP, headers=key)
    again = await face.ask("POST", "/api/type-group", GROUP, headers=key)
    other = await face.code("POST", "/api/type-group", {**GROUP, "apiName": "others"}, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert other == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await database.pool.fetchval("SELECT head_revision FROM ontology") == 1


async def test_a_list_is_walked_by_cursors_and_filtered(face: Face, database: Database) -> None:
    for name in ("one", "two", "three"):
        await a_group(face, name)
    walked, cursor = [], ""
    while cursor is not None:
        page = (await face.ask("GET", f"/api/type-group?pageSize=2&cursor={cursor}")).json()
        walked += [each["apiName"] for each in page["items"]]
        cursor = page["nextCursor"]

    assert walked == ["one", "three", "two"]
    assert [each["apiName"] for each in (await face.ask("GET", "/api/type-group?asOf=1")).json()["items"]] == ["one"]
    moments = [row["at"] for row in await database.pool.fetch("SELECT at FROM revision ORDER BY revision")]
    for at, names in ((moments[0] - timedelta(seconds=1), []), (moments[0], ["one"])):
        asked = at.isoformat().replace("+", "%2B")
        assert [each["apiName"] for each in (await face.ask("GET", f"/api/type-group?asOf={asked}")).json()["items"]] == names
    assert (await face.ask("GET", "/api/type-group?status=ACTIVE")).json()["items"] == []
    for query in (
        "pageSize=0",
        "pageSize=101",
        "cursor=nonsense",
        "cursor=W10",
        "cursor=WyJhIiwiXHUwMDAwIl0",
        "asOf=9",
        "asOf=-1",
        "nonsense=1",
    ):
        assert (await face.ask("GET", f"/api/type-group?{query}")).status_code == 400, query


async def test_a_walk_sees_one_revision_and_takes_only_its_own_signed_cursors(face: Face, database: Database) -> None:
    for name in ("one", "two", "three"):
        await a_group(face, name)
    first = await face.ask("GET", "/api/type-group?pageSize=1")
    cursor = first.json()["nextCursor"]
    await a_group(face, "other")

    walked = await face.ask("GET", f"/api/type-group?pageSize=9&cursor={cursor}")

    assert [each["apiName"] for each in walked.json()["items"]] == ["three", "two"]
    assert (walked.json()["revision"], walked.headers["oms-revision"], first.headers["oms-revision"]) == (3, "main=1.3", "main=1.3")
    forged = Cursors("somebody else's secret").made("x", 1, 3, ("one", "ri.x"))
    flipped = f"{cursor[:-1]}{'A' if cursor[-1] != 'A' else 'B'}"
    for query in (f"cursor={forged}", f"cursor={flipped}", f"status=ACTIVE&cursor={cursor}", f"asOf=1&cursor={cursor}"):
        assert await face.code("GET", f"/api/type-group?{query}") == (400, "INVALID_CURSOR"), query
    assert await face.code("GET", f"/api/value-type?cursor={cursor}") == (400, "INVALID_CURSOR")
    await database.pool.execute("UPDATE installation SET epoch = 2")
    assert await face.code("GET", f"/api/type-group?cursor={cursor}") == (410, "CURSOR_EXPIRED")


async def test_a_dry_run_creates_nothing(face: Face, database: Database) -> None:
    before = await stored(database)

    told = await face.ask("POST", "/api/object-type?dryRun=true", EMPLOYEE)

    assert (told.status_code, told.json()["apiName"], told.json()["ontologyRevision"]) == (200, "Employee", 0)
    assert await stored(database) == before


async def test_head_answers_without_a_body(face: Face) -> None:
    rid = await a_group(face)

    answer = await face.ask("HEAD", f"/api/type-group/{rid}")

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (200, b"", '"1"')


async def test_a_busy_database_says_when_to_try_again(database: Database) -> None:
    busy = Database(database.pool, acquire_seconds=0.05)
    held = [await database.pool.acquire() for _ in range(20)]
    try:
        async with face_of(busy) as face:
            answer = await face.ask("GET", "/api/type-group")
    finally:
        for connection in held:
            await database.pool.release(connection)

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "UNAVAILABLE", "1")


async def test_a_request_that_takes_too_long_is_ended(database: Database) -> None:
    async with face_of(database, Limits(execution_seconds=0.000_001)) as face:
        answer = await face.ask("GET", "/api/type-group")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "QUERY_TIMEOUT", "1")
