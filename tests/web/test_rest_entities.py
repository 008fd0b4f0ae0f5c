"""The REST face of the kinds: real status codes, and optimistic locking on every write."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from app.domain.kind import Kind
from app.persistence.database import Database
from tests.web.rest_face import Face, face_of

EMPLOYEE: dict[str, Any] = {
    "apiName": "Employee",
    "displayName": "Employee",
    "primaryKey": "number",
    "properties": [
        {"apiName": "number", "displayName": "Number", "type": {"base": "STRING"}},
        {"apiName": "name", "displayName": "Name", "type": {"base": "STRING"}},
    ],
}


@pytest_asyncio.fixture
async def face(database: Database):
    async with face_of(database) as opened:
        yield opened


async def counted(database: Database) -> tuple[int, int, int]:
    row = await database.pool.fetchrow(
        "SELECT (SELECT count(*) FROM entity_version), (SELECT count(*) FROM change_set), (SELECT count(*) FROM outbox)"
    )
    return tuple(row)


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
