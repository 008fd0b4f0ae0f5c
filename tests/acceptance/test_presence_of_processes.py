"""Two API processes and one Redis: people see each other across processes, and go on doing so when Redis hangs."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
from websockets.asyncio.client import connect

from app.services.change_sets import ChangeSets
from tests.chaos.parts import Part
from tests.given import EDITOR
from tests.resolvers.test_presence import ANNOUNCE, FOLLOW, RID

SECONDS = 90


class Person:
    """Somebody who follows by a socket, and everything that they were told."""

    def __init__(self, part, token):
        self.part = part
        self.token = token
        self.left = []
        self.now = {}

    async def follow(self, change_set, began):
        address = self.part.address.replace("http", "ws")
        async with connect(f"{address}/graphql", subprotocols=["graphql-transport-ws"]) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}))
            await socket.recv()
            asked = {"query": FOLLOW, "variables": {"changeSet": change_set}}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
            async for said in socket:
                told = json.loads(said)
                if told["type"] == "ping":
                    await socket.send(json.dumps({"type": "pong"}))
                    continue
                event = told["payload"]["data"]["presence"]
                self.left += event["left"]
                self.now = {each["name"]: each["path"] for each in event["present"]}
                began.set()

    async def look(self, change_set, path, *, by):
        async with httpx2.AsyncClient(trust_env=False, timeout=60, headers={"authorization": f"Bearer {self.token}"}) as client:
            asked = {"query": ANNOUNCE, "variables": {"changeSet": change_set, "rid": RID, "path": path}}

            async def taken():
                """A process that has just lost Redis and holds no seat of theirs says so, and to try again."""
                answer = (await client.post(f"{by.address}/graphql", json=asked)).json()
                codes = [each["extensions"]["code"] for each in answer.get("errors", ())]
                assert codes in ([], ["UNAVAILABLE"]), answer
                return not codes

            await until(taken)


async def until(true):
    async with asyncio.timeout(SECONDS):
        while not await true():  # noqa: ASYNC110 - processes are seen from outside
            await asyncio.sleep(0.05)


@asynccontextmanager
async def processes(told, home, count=2):
    parts = [Part(f"api-{number}", ("api",), told, home) for number in range(count)]
    try:
        for part in parts:
            part.start()
        await asyncio.gather(*(part.ready() for part in parts))
        yield parts
    finally:
        await asyncio.gather(*(asyncio.to_thread(part.end) for part in parts))


async def test_people_of_two_processes_see_each_other_through_redis_and_while_it_hangs(database, database_url, own_redis, tmp_path):
    told = {"OMS_ENV": "development", "OMS_DATA_DIR": str(tmp_path), "DATABASE_URL": database_url, "REDIS_URL": own_redis.url, "OMS_LIMIT_POOL_SIZE": "4"}  # fmt: skip
    change_set = (await ChangeSets(database).open(EDITOR, "main", title="Together")).rid
    async with processes(told, tmp_path) as parts, AsyncExitStack() as stack:
        edith, ada = (Person(part, token(told, name)) for part, name in zip(parts, ("Edith", "Ada"), strict=True))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        following = []
        for each in (edith, ada):
            began = asyncio.Event()
            following.append(group.create_task(each.follow(change_set, began)))
            await began.wait()

        async def seen(**paths):
            async def true():
                return edith.now == ada.now == paths

            await until(true)

        async def seats(wanted):
            async def true():
                return await database.pool.fetchval("SELECT count(DISTINCT actor) FROM presence WHERE until > now()") == wanted

            await until(true)

        await seen(Edith=None, Ada=None)
        await edith.look(change_set, "by the other process", by=parts[1])
        await seen(Edith="by the other process", Ada=None)
        assert await database.pool.fetchval("SELECT count(*) FROM presence") == 0

        own_redis.hang()
        await ada.look(change_set, "while it hangs", by=parts[1])
        await seats(2)
        await edith.look(change_set, "by the table", by=parts[1])
        await seen(Edith="by the table", Ada="while it hangs")
        own_redis.go_on()
        await seats(0)
        await edith.look(change_set, "again", by=parts[1])
        await seen(Edith="again", Ada="while it hangs")
        own_redis.kill()
        own_redis.start()
        await until(lambda: asyncio.to_thread(lambda: b"presence" in own_redis.say("KEYS *")))
        await ada.look(change_set, "anew", by=parts[0])
        await seen(Edith="again", Ada="anew")
        assert (edith.left, ada.left) == ([], [])

        following[1].cancel()  # her window closes

        async def alone():
            return edith.now == {"Edith": "again"}

        await until(alone)
        following[0].cancel()


def token(told, name):
    command = [sys.executable, "-m", "app.cli", "token", "--role", "editor", "--name", name]
    return subprocess.run(command, env=os.environ | told, capture_output=True, text=True, check=True).stdout.strip()
