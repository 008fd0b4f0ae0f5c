"""SIGTERM to `oms api`: what was asked is answered, also what is still arriving, and whoever listens is told to come back elsewhere."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx2
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.adapters.development_issuer import DevelopmentIssuer
from app.domain.actor import Role
from app.settings import OmsEnv
from tests.chaos.parts import Part
from tests.waiting import WAITERS

SECONDS = 60
GROUP = 'mutation { createTypeGroup(input: {ontology: "main", typeGroup: {apiName: "%s", displayName: "x"}}) { __typename } }'
NAMES = '{ ontology(apiName: "main") { typeGroup(apiName: "fleet") { apiName } } }'
FOLLOW = 'subscription { ontologyChanged(ontology: "main", after: "1.0") { revision } }'
PACKAGE = b"<https://example.org/Ship> a <http://www.w3.org/2002/07/owl#Class> .\n"


class Ended(Part):
    """An API process, and how to wait until it has heard that it is to end."""

    async def told_to_end(self) -> None:
        """Send SIGTERM, and wait until nobody is let in any more."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except ConnectionRefusedError:
                    return
                writer.close()
                await asyncio.sleep(0.02)

    async def ended(self) -> int:
        """Its exit code."""
        return await asyncio.to_thread(self.process.wait, SECONDS)


@pytest_asyncio.fixture
async def api(database, database_url):
    with TemporaryDirectory(prefix="oms-test-") as home:
        told = {"OMS_ENV": "development", "OMS_DATA_DIR": home, "DATABASE_URL": database_url}
        part = Ended("api", ("api",), told, Path(home))
        part.start()
        try:
            await part.ready()
            yield part
        finally:
            with suppress(ProcessLookupError):
                part.kill()


@asynccontextmanager
async def client(api):
    """One that keeps its connections open, with an editor's token."""
    token = DevelopmentIssuer(api.home, OmsEnv.DEVELOPMENT).issue(Role.ADMIN, "Adam Admin")
    async with httpx2.AsyncClient(
        base_url=api.address, headers={"authorization": f"Bearer {token}"}, timeout=SECONDS, trust_env=False
    ) as made:
        await asked(made, "{ __typename }")  # so that its connection is open before the end begins
        yield made


async def asked(client, query):
    answer = await client.post("/graphql", json={"query": query})
    assert answer.status_code == 200, answer.text
    return answer.json()


@asynccontextmanager
async def held(database_url, statement):
    """What others wait for until the block ends, and a wait until a task of ours does."""
    holding, looking = await asyncpg.connect(database_url), await asyncpg.connect(database_url)

    async def waited_for(task=None) -> None:
        async with asyncio.timeout(SECONDS):
            while not await looking.fetchval(WAITERS):
                assert task is None or not task.done(), task.result()
                await asyncio.sleep(0.02)

    try:
        async with holding.transaction():
            await holding.execute(statement)
            yield waited_for
    finally:
        await holding.close()
        await looking.close()


async def test_a_merge_that_waits_for_its_turn_is_stored_and_answered(api, database, database_url):
    async with client(api) as editor:
        async with held(database_url, "SELECT 1 FROM ontology FOR NO KEY UPDATE") as waited_for:
            writing = asyncio.create_task(asked(editor, GROUP % "fleet"))
            await waited_for(writing)
            await api.told_to_end()
        assert (await writing)["data"] == {"createTypeGroup": {"__typename": "CreateTypeGroupPayload"}}
        assert await api.ended() == 0
    assert await database.pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'ontology.type-group.created'") == 1


async def test_a_query_that_takes_long_is_answered(api, database_url):
    async with client(api) as viewer:
        await asked(viewer, GROUP % "fleet")
        async with held(database_url, "LOCK TABLE entity IN ACCESS EXCLUSIVE MODE") as waited_for:
            reading = asyncio.create_task(asked(viewer, NAMES))
            await waited_for(reading)
            await api.told_to_end()
        assert (await reading)["data"]["ontology"]["typeGroup"] == {"apiName": "fleet"}
        assert await api.ended() == 0


async def test_an_upload_that_is_half_way_is_taken_and_done_or_left_to_the_next(api, database):
    arrived, rest = asyncio.Event(), asyncio.Event()

    async def body():
        yield PACKAGE
        arrived.set()
        await rest.wait()
        yield b"# the second half\n"

    async with client(api) as editor:
        uploading = asyncio.create_task(editor.post("/api/import?ontology=main&format=turtle", content=body()))
        await arrived.wait()
        await asyncio.sleep(0.2)  # until the head has arrived there; where it had not, the outcome is the same
        await api.told_to_end()
        rest.set()
        answer = await uploading
        assert answer.status_code == 202, answer.text
        assert await api.ended() == 0
    [job] = await database.pool.fetch("SELECT * FROM job")
    assert job["rid"] == answer.json()["rid"]
    stored = await database.pool.fetchval("SELECT count(*) FROM entity")
    assert (job["state"], bool(stored), job["failure"]) in {("SUCCEEDED", True, None), ("QUEUED", False, None)}


async def test_a_request_whose_head_is_still_arriving_is_answered_and_then_the_connection_ends(api):
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nhost: oms\r\n")
    await writer.drain()
    await asyncio.sleep(0.2)
    await api.told_to_end()
    await asyncio.sleep(1)
    writer.write(b"accept: application/json\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), SECONDS)  # to its end: whoever keeps it open would never be done
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close" in answer
    writer.close()
    assert await api.ended() == 0


async def test_a_subscriber_hears_what_was_committed_and_is_told_to_connect_elsewhere(api, database, database_url):
    async with client(api) as editor, socket_of(api, editor) as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
        await asked(editor, GROUP % "fleet")
        assert (await heard(socket))["payload"]["data"]["ontologyChanged"]["revision"] == 1
        async with held(database_url, "SELECT 1 FROM ontology FOR NO KEY UPDATE") as waited_for:
            await socket.send(json.dumps({"id": "2", "type": "subscribe", "payload": {"query": GROUP % "harbours"}}))
            await waited_for()
            await api.told_to_end()
            await asyncio.sleep(0.5)
            await socket.send(json.dumps({"id": "3", "type": "subscribe", "payload": {"query": GROUP % "docks"}}))
            refused = await heard(socket)
            assert (refused["id"], refused["type"], refused["payload"][0]["extensions"]["code"]) == ("3", "error", "UNAVAILABLE")
        told = []
        with suppress(ConnectionClosed):
            while True:
                told.append(await heard(socket))
        assert socket.close_code == 1012
        assert {"id": "2", "type": "complete"} in told
        assert [each["payload"]["data"] for each in told if each["type"] == "next" and each["id"] == "2"] == [
            {"createTypeGroup": {"__typename": "CreateTypeGroupPayload"}}
        ]
        assert await api.ended() == 0
    assert await database.pool.fetch("SELECT api_name FROM entity ORDER BY api_name") == [("fleet",), ("harbours",)]


@asynccontextmanager
async def socket_of(api, client):
    """A connection of graphql-transport-ws that is acknowledged."""
    async with connect(f"ws://127.0.0.1:{api.port}/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": client.headers["authorization"]}}))
        assert (await heard(socket))["type"] == "connection_ack"
        yield socket


async def heard(socket):
    return json.loads(await asyncio.wait_for(socket.recv(), SECONDS))
