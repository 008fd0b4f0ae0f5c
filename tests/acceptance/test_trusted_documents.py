"""Where only trusted documents run, nothing else does, whichever way it comes."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner
from websockets.asyncio.client import connect

from app.cli import app
from app.commands.terminal import Refused
from app.settings import BadManifest, BadSettings, manifest, read
from tests.streams import FOLLOW, streaming

NAMED = "query Named { me { id } }"
OPENING = 'mutation Opening { openChangeSet(input: {title: "x"}) { __typename } }'


def trusted(*documents: str) -> dict[str, str]:
    return {sha256(each.encode()).hexdigest(): each for each in documents}


def by_hash(document: str) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(document.encode()).hexdigest()}}


async def test_only_trusted_documents_run_over_http(database, database_url):
    async with streaming(database, database_url, trusted=trusted(NAMED)) as served:
        for method in ("GET", "POST"):
            for query, extensions in ((NAMED, None), ("", by_hash(NAMED)), (NAMED, by_hash(NAMED))):
                answer = await served.ask(query, method=method, accept="application/json", extensions=extensions)
                assert (await answer.body())["data"] == {"me": {"id": "vera"}}
            for query, extensions in ((f"{NAMED} ", None), ("{ me { id } }", None), ("", by_hash(OPENING)), (OPENING, by_hash(OPENING))):
                answer = await served.ask(query, by="edith", method=method, accept="application/json", extensions=extensions)
                told = await answer.body()
                assert (answer.status, told["errors"][0]["extensions"]["code"]) == (403, "OPERATION_NOT_ALLOWED"), query
                assert "data" not in told
        again = await served.ask("", by="edith", accept="application/json", extensions=by_hash(OPENING))
        assert again.status == 403  # what was sent with its hash is not remembered
        assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 0


def digest(document: str) -> str:
    return sha256(document.encode()).hexdigest()


async def asked(port: int, parameters: dict[str, object], *, by: str = "vera", method: str = "POST") -> tuple[int, dict[str, object]]:
    """A request with just these parameters."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {by}"}) as client:
        answer = await (client.post("/graphql", json=parameters) if method == "POST" else client.get("/graphql", params=parameters))
    return answer.status_code, answer.json()


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_document_is_named_by_its_id(database, database_url, method):
    async with streaming(database, database_url, trusted=trusted(NAMED)) as served:
        for named in (digest(NAMED), f"sha256:{digest(NAMED)}"):
            status, told = await asked(served.port, {"documentId": named}, method=method)
            assert (status, told["data"]) == (200, {"me": {"id": "vera"}})
        for parameters, status, code in (
            ({"documentId": digest(OPENING)}, 403, "OPERATION_NOT_ALLOWED"),
            ({"documentId": "Named"}, 400, "BAD_REQUEST"),
            ({"documentId": digest(NAMED).upper()}, 400, "BAD_REQUEST"),
            ({"documentId": digest(NAMED), "query": OPENING}, 400, "BAD_REQUEST"),
        ):
            answered, told = await asked(served.port, parameters, method=method)
            assert (answered, told["errors"][0]["extensions"]["code"]) == (status, code), parameters
    assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 0


async def test_a_document_is_not_named_twice(database, database_url):
    async with streaming(database, database_url, trusted=trusted(NAMED)) as served:
        status, told = await asked(served.port, {"documentId": digest(NAMED), "extensions": by_hash(NAMED)})
        assert (status, told["errors"][0]["message"]) == (
            400,
            "A document is named by documentId or by extensions.persistedQuery, not by both.",
        )


async def test_only_trusted_documents_are_followed(database, database_url):
    async with streaming(database, database_url, trusted=trusted(FOLLOW)) as served:
        refused = await served.ask(FOLLOW + " ")
        assert (await refused.event()).body["errors"][0]["extensions"]["code"] == "OPERATION_NOT_ALLOWED"
        answer = await served.ask("", extensions=by_hash(FOLLOW))
        async with connect(f"ws://127.0.0.1:{served.port}/graphql", subprotocols=["graphql-transport-ws"]) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": "Bearer vera"}}))
            await socket.recv()
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": NAMED}}))
            assert json.loads(await socket.recv())["payload"][0]["extensions"]["code"] == "OPERATION_NOT_ALLOWED"
            await socket.send(json.dumps({"id": "2", "type": "subscribe", "payload": {"query": FOLLOW}}))
            await served.following(2)
            await served.merge()
            assert json.loads(await socket.recv())["id"] == "2"
        assert (await answer.event()).id == "1.1"


async def test_an_admin_may_send_any_document(database, database_url):
    async with streaming(database, database_url, trusted=trusted(FOLLOW)) as served:
        answer = await served.ask(NAMED, by="ada", accept="application/json")
        assert (await answer.body())["data"] == {"me": {"id": "ada"}}
        assert (await served.ask("", by="ada", accept="application/json", extensions=by_hash(NAMED))).status == 403


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["documents", *arguments])
    return result.exit_code, str(result.exception) if isinstance(result.exception, Refused) else result.output


def test_a_manifest_is_built_from_a_folder_and_fits_the_schema(tmp_path: Path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "names.graphql").write_text("fragment Names on Entity { apiName displayName }")
    (tmp_path / "deep/read.graphql").write_text('query One { objectType(apiName: "Person") { ...Names } } query Two { me { id } }')
    (tmp_path / "follow.graphql").write_text("subscription Follow { ontologyChanged { revision } }")
    output = tmp_path / "manifest.json"

    assert run("build", str(tmp_path), str(output))[0] == 0

    made = json.loads(output.read_text())
    assert [(each["name"], each["type"]) for each in made["operations"]] == [("Follow", "subscription"), ("One", "query"), ("Two", "query")]
    assert "fragment Names" in made["operations"][1]["body"]
    assert "fragment" not in made["operations"][2]["body"]
    assert manifest(output) == {each["id"]: each["body"] for each in made["operations"]}
    assert run("check", str(output))[0] == 0
    before = output.read_bytes()
    run("build", str(tmp_path), str(output))
    assert output.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("query One { nothing }", "Cannot query field 'nothing'"), ("{ me { id } }", "has no name"), ("query One {", "Syntax Error"),
        ("query One { me { id } } query One { me { name } }", "one operation named 'One'"), ("query One { me { ...Gone } }", "Unknown fragment"),
    ],
)  # fmt: skip
def test_a_document_that_would_not_run_is_refused_and_nothing_is_written(tmp_path: Path, text: str, sentence: str):
    (tmp_path / "one.graphql").write_text(text)
    code, told = run("build", str(tmp_path), str(tmp_path / "manifest.json"))
    assert code == 1
    assert sentence in told
    assert not (tmp_path / "manifest.json").exists()


def test_two_operations_of_one_name_and_an_empty_folder_are_refused(tmp_path: Path):
    assert "holds no .graphql file" in run("build", str(tmp_path / "none"))[1]
    (tmp_path / "one.graphql").write_text(NAMED)
    (tmp_path / "two.graphql").write_text("query Named { me { name } }")
    assert "Two operations are called Named" in run("build", str(tmp_path), str(tmp_path / "out.json"))[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "7",
        '{"operations": []}',
        '{"format": "x", "version": 1, "operations": []}',
        '{"00": "query"}',
        json.dumps(dict.fromkeys(trusted(NAMED), 1)),
    ],
)
def test_a_manifest_that_is_none_stops_the_process_by_name(tmp_path: Path, text: str, monkeypatch):
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(BadManifest):
        manifest(path)
    monkeypatch.setenv("TRUSTED_DOCUMENTS", str(path))
    with pytest.raises(BadSettings) as refused:
        read(None)
    assert set(refused.value.problems) == {"TRUSTED_DOCUMENTS"}


def test_documents_by_their_hash_alone_are_a_manifest_too(tmp_path: Path, monkeypatch):
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(trusted(NAMED, FOLLOW)))
    assert manifest(path) == trusted(NAMED, FOLLOW)
    monkeypatch.setenv("TRUSTED_DOCUMENTS", str(path))
    assert read(None).trusted_documents == path
