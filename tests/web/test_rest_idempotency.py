"""Idempotency-Key on the paths of change sets: the same answer again, and nothing done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio

from app.domain.kind import Kind
from app.persistence.database import Database
from app.web.rest import promises
from tests.web.rest_face import Face, face_of

GROUP = {"verb": "CREATE", "kind": "type_group", "ref": "people", "fields": {"apiName": "people", "displayName": "People"}}
OTHER = {**GROUP, "ref": "others", "fields": {"apiName": "others", "displayName": "Others"}}
KEPT = ("change_set", "operation", "change_set_comment", "change_set_event", "audit_log", "outbox", "revision", "entity_version")
ROUTES: dict[str, tuple[str, Callable[[str, str], str], Callable[[str], Any], Any]] = {
    "open": ("POST", lambda _, __: "", lambda _: {"title": "Work", "operations": [OTHER]}, {"title": "Other"}),
    "stage": ("POST", lambda rid, _: f"/{rid}/operations", lambda _: [OTHER], [{**OTHER, "ref": "x"}]),
    "reorder": ("PUT", lambda rid, _: f"/{rid}/operations", lambda op: {"operationIds": [op]}, {"operationIds": []}),
    "amend": (
        "PATCH", lambda rid, op: f"/{rid}/operations/{op}", lambda _: {"fields": OTHER["fields"]}, {"fields": GROUP["fields"]},
    ),
    "drop": ("DELETE", lambda rid, op: f"/{rid}/operations/{op}", lambda _: None, {}),
    "comment": ("POST", lambda rid, _: f"/{rid}/comments", lambda _: {"body": "Soon."}, {"body": "Later."}),
    "request_review": ("POST", lambda rid, _: f"/{rid}/request-review", lambda _: {"reviewers": ["rosa"]}, {"reviewers": ["vera"]}),
    "review": ("POST", lambda rid, _: f"/{rid}/review", lambda _: {"approve": True, "comment": "Good."}, {"approve": False}),
    "fix": ("POST", lambda rid, _: f"/{rid}/fix", lambda _: {}, {"expectedVersion": 7}),
    "merge": ("POST", lambda rid, _: f"/{rid}/merge", lambda _: {"expectedVersion": 1}, {"expectedVersion": 7}),
    "close": ("POST", lambda rid, _: f"/{rid}/close", lambda _: {"expectedVersion": 1}, {"expectedVersion": 7}),
    "rollback": ("POST", lambda rid, _: f"/{rid}/rollback", lambda _: {"title": "Back"}, {"title": "Other"}),
}  # fmt: skip


@pytest_asyncio.fixture
async def face(database: Database):
    async with face_of(database) as opened:
        yield opened


async def stored(database: Database) -> list[int]:
    return [await database.pool.fetchval(f"SELECT count(*) FROM {table}") for table in KEPT]


async def request_of(face: Face, name: str) -> tuple[str, str, Any, str]:
    """Method, path, body and person of a route, for a change set in the state that it needs."""
    method, path, body, _ = ROUTES[name]
    rid = (await face.ask("POST", "/api/changeset", {"title": "First", "operations": [GROUP]})).json()["rid"]
    operation = (await face.ask("GET", f"/api/changeset/{rid}/operations")).json()["items"][0]["id"]
    if name == "review":
        await face.ask("POST", f"/api/changeset/{rid}/request-review")
    if name == "fix":
        await face.ask("POST", f"/api/changeset/{rid}/operations", [{**OTHER, "fields": {**OTHER["fields"], "colour": "#abc"}}])
    if name == "rollback":
        await face.ask("POST", f"/api/changeset/{rid}/merge")
    return method, f"/api/changeset{path(rid, operation)}", body(operation), "rosa" if name == "review" else "edith"


@pytest.mark.parametrize("name", ROUTES)
async def test_the_same_request_again_is_answered_like_the_first(face: Face, database: Database, name: str) -> None:
    method, path, body, by = await request_of(face, name)
    key = {"idempotency-key": "once"}

    first = await face.ask(method, path, body, by=by, headers=key)
    after = await stored(database)
    again = await face.ask(method, path, body, by=by, headers=key)
    other = await face.code(method, path, ROUTES[name][3], by=by, headers=key)

    assert first.status_code in {200, 201}, first.text
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert other == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await stored(database) == after


@pytest.mark.parametrize("name", ["open", "merge", "rollback"])
async def test_of_many_at_once_with_one_key_one_is_done(face: Face, database: Database, name: str) -> None:
    method, path, body, by = await request_of(face, name)
    key = {"idempotency-key": "at once"}

    outcomes = await asyncio.gather(*(face.ask(method, path, body, by=by, headers=key) for _ in range(6)))
    once = await stored(database)
    last = await face.ask(method, path, body, by=by, headers=key)

    done = [each.json() for each in outcomes if each.status_code in {200, 201}]
    assert done == [last.json()] * len(done) != []
    assert {each.json()["code"] for each in outcomes if each.status_code == 409} <= {"IDEMPOTENCY_IN_PROGRESS"}
    assert {each.status_code for each in outcomes} <= {200, 201, 409}
    assert await stored(database) == once


def test_every_path_that_writes_says_that_it_takes_a_key() -> None:
    reading = {"list", "get", "staged", "comments", "validate", "diff", "impact"}
    told = {**promises.of_change_sets(), **promises.of_bulk(), **promises.of_kind(Kind.OBJECT_TYPE)}
    assert {name for name, promise in told.items() if not promise.keyed} == reading
    assert ROUTES.keys() == promises.of_change_sets().keys() - reading
