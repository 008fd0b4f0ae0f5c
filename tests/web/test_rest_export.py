"""GET /api/export: a whole ontology as a file, streamed."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress

import httpx2
import pytest
from starlette.applications import Starlette

from app.limits import Limits
from app.services.editing import Editing
from app.transfer.outputs import MEDIA, Output
from app.web.rest import resource
from tests import given
from tests.web.rest_face import face_of, routes_of
from tests.web.server import serving

END = b"\r\n0\r\n\r\n"  # of a body in chunks
IDLE = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"


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


async def read_slowly(port: int, path: str, begun: asyncio.Event, go_on: asyncio.Event) -> bytes:
    """All that arrives of an answer; when it has begun, nothing more is read before somebody says so."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.setblocking(False)
        loop, taken = asyncio.get_running_loop(), b""
        await loop.sock_connect(connection, ("127.0.0.1", port))
        await loop.sock_sendall(connection, f"GET {path} HTTP/1.1\r\nhost: oms\r\nauthorization: Bearer vera\r\n\r\n".encode())
        taken += await loop.sock_recv(connection, 1_024)
        begun.set()
        await go_on.wait()
        with suppress(ConnectionResetError):
            while part := await loop.sock_recv(connection, 65_536):
                taken += part
                if taken.endswith(END):
                    break
        return taken


async def test_more_exports_than_a_process_may_write_at_once_are_told_to_come_back(database):
    words = [given.shared_property(description="x" * 9_000) for _ in range(1_200)]
    await Editing(database).apply(given.EDITOR, "main", words)
    limits, begun, go_on = Limits(exports=1), asyncio.Event(), asyncio.Event()
    async with serving(Starlette(routes=routes_of(database, limits, [])), limits) as server:
        reading = asyncio.create_task(read_slowly(server.port, "/api/export?format=yaml", begun, go_on))
        await begun.wait()
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers={"authorization": "Bearer vera"}) as client:
            refused = await client.get("/api/export?format=json&part=receipt")
            assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "UNAVAILABLE", "5")
            assert "writes at once (1)" in refused.json()["message"]
            go_on.set()
            assert (await reading).endswith(END)
            for path, status in (("?asOf=7", 400), ("?ontology=none", 404), ("?part=receipt", 200), ("?format=graphql", 200)):
                assert (await client.get(f"/api/export{path}")).status_code == status  # a refusal gives its place back as well
            assert (await client.head("/api/export")).status_code == 200
            assert (await client.get("/api/export?part=receipt")).status_code == 200


async def test_a_file_that_is_not_taken_in_time_is_cut_off_visibly_and_holds_no_snapshot(database, caplog):
    words = [given.shared_property(description="x" * 9_000) for _ in range(1_200)]
    await Editing(database).apply(given.EDITOR, "main", words)
    limits, begun, go_on = Limits(export_seconds=1), asyncio.Event(), asyncio.Event()
    async with serving(Starlette(routes=routes_of(database, limits, [])), limits) as server:
        reading = asyncio.create_task(read_slowly(server.port, "/api/export?format=yaml", begun, go_on))
        await begun.wait()
        async with asyncio.timeout(60):
            while "A file was not taken in time, and its connection cut" not in caplog.text:
                assert await database.pool.fetchval(IDLE) == 0, "a client that reads slowly holds a snapshot"
                await asyncio.sleep(0.05)
        go_on.set()
        cut = await reading
        whole = await read_slowly(server.port, "/api/export?format=json&part=receipt", begun, go_on)

    assert cut.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\ntransfer-encoding: chunked\r\n" in cut
    assert not cut.endswith(END), "what is cut must not look whole"
    assert whole.endswith(END)
