"""GET /api/export: a whole ontology as a file, streamed."""

from __future__ import annotations

import json

import pytest

from app.services.editing import Editing
from app.transfer.outputs import MEDIA, Output
from app.web.rest import resource
from tests import given
from tests.web.rest_face import face_of


@pytest.fixture
async def face(database):
    await Editing(database).apply(given.EDITOR, "main", given.object_type("Person"))
    await Editing(database).apply(given.EDITOR, "main", [given.action_type("act")])
    async with face_of(database) as face:
        yield face


@pytest.mark.parametrize("form", Output)
async def test_every_form_is_a_file_of_its_media_type(face, form: Output, monkeypatch):
    whole = await face.ask("GET", f"/api/export?format={form.value}", by="vera")
    assert (whole.status_code, whole.headers["content-type"]) == (200, f"{MEDIA[form]}; charset=utf-8")
    assert "Person" in whole.text
    assert whole.headers["oms-revision"] == "main=1.2"
    monkeypatch.setattr(resource, "CHUNK", 10)
    assert (await face.ask("GET", f"/api/export?format={form.value}", headers={"accept": MEDIA[form]})).text == whole.text
    assert (await face.ask("HEAD", f"/api/export?format={form.value}")).content == b""


async def test_the_parts_and_the_past_of_a_file(face):
    sidecar = await face.ask("GET", "/api/export?format=turtle&part=sidecar")
    assert sidecar.text.startswith("format: oms-ontology/1\nactionTypes:\n")
    lines = [json.loads(line) for line in (await face.ask("GET", "/api/export?format=turtle&part=receipt")).text.splitlines()]
    assert (lines[0]["facts"] - lines[0]["carried"], lines[1]["code"]) == (lines[1]["statements"], "IN_SIDECAR")
    assert "actionTypes" not in (await face.ask("GET", "/api/export?asOf=1")).text


async def test_refusals_are_json(face):
    for path in ("?format=pdf", "?part=none", "?asOf=x", "?asOf=3", "?other=1"):
        assert await face.code("GET", f"/api/export{path}") == (400, "BAD_USER_INPUT"), path
    assert await face.code("GET", "/api/export?ontology=none") == (404, "NOT_FOUND")
    assert (await face.code("GET", "/api/export", by=None))[0] == 401
    assert (await face.code("POST", "/api/export", {}))[0] == 405
