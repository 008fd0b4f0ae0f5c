"""An import that was accepted is done, whatever becomes of the processes: a deploy, a kill, a server that does not come back."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest_asyncio

from app.domain.job import LEASE_SECONDS
from tests.acceptance.test_draining import PACKAGE, Ended, client, held

SECONDS = 60
ROW = "SELECT state, holder, attempts, result, failure FROM job"
WRITER = "SELECT 1 FROM ontology FOR NO KEY UPDATE"  # what a merge waits for


@pytest_asyncio.fixture
async def servers(database, database_url):
    """Two, of which neither has begun."""
    with TemporaryDirectory(prefix="oms-test-") as home:
        told = {"OMS_ENV": "development", "OMS_DATA_DIR": home, "DATABASE_URL": database_url}
        parts = [Ended(name, ("api",), told, Path(home)) for name in ("first", "second")]
        try:
            yield parts
        finally:
            for part in parts:
                with suppress(ProcessLookupError, AssertionError):
                    part.kill()


async def begun(server: Ended) -> None:
    server.start()
    await server.ready()


async def submitted(server: Ended) -> str:
    async with client(server) as editor:
        answer = await editor.post("/api/import?ontology=main&format=turtle", content=PACKAGE)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["rid"])


async def row(database, *, ended: bool) -> dict[str, object]:
    """The job's, once it has ended or while it has not."""
    async with asyncio.timeout(SECONDS):
        while (found := await database.pool.fetchrow(ROW))["state"] not in {"SUCCEEDED", "FAILED"} and ended:  # noqa: ASYNC110 - it ends in another process
            await asyncio.sleep(0.05)
    return dict(found)


async def done_once(database) -> int:
    """How often the job was begun, once it is known that it was done, and once."""
    found = await row(database, ended=True)
    assert (found["state"], found["failure"]) == ("SUCCEEDED", None)
    assert (found["result"]["outcome"], found["result"]["revision"]) == ("MERGED", 1)
    assert await database.pool.fetchval("SELECT count(*) FROM revision") == 1
    assert await database.pool.fetchval("SELECT count(*) FROM job_file") == 0
    return found["attempts"]


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_a_server_that_is_told_to_end_in_the_midst_of_an_import_leaves_it_to_the_next(servers, database, database_url):
    first, second = servers
    await begun(first)
    async with held(database_url, WRITER) as waited_for:
        await submitted(first)
        await waited_for()
        await first.told_to_end()
        assert await first.ended() == 0
        found = await row(database, ended=False)
        assert (found["state"], found["holder"], found["failure"]) == ("QUEUED", None, None)
    await begun(second)
    assert await done_once(database) == 1


async def test_a_server_that_runs_takes_over_what_one_that_is_told_to_end_gives_back(servers, database, database_url):
    for each in servers:
        await begun(each)
    async with held(database_url, WRITER) as waited_for:
        await submitted(servers[0])
        await waited_for()
        [busy] = [each for each in servers if children(each.pid)]
        await busy.told_to_end()
        assert await busy.ended() == 0
    assert await done_once(database) == 1


async def test_a_server_that_is_killed_with_its_imports_leaves_them_to_the_next(servers, database, database_url):
    first, second = servers
    await begun(first)
    async with held(database_url, WRITER) as waited_for:
        await submitted(first)
        await waited_for()
        [child] = children(first.pid)
        first.kill()
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        found = await row(database, ended=False)
        assert (found["holder"] is not None, found["failure"]) == (True, None)
        await database.pool.execute(
            "UPDATE job SET beat_at = beat_at - $1 * interval '1 second'", LEASE_SECONDS
        )  # as if so long had passed
    await begun(second)
    assert await done_once(database) == 2


async def test_an_import_whose_process_is_killed_is_begun_again_by_its_server(servers, database, database_url):
    first, _ = servers
    await begun(first)
    async with held(database_url, WRITER) as waited_for:
        await submitted(first)
        await waited_for()
        [child] = children(first.pid)
        os.kill(child, signal.SIGKILL)
    assert await done_once(database) == 2


async def test_an_import_goes_on_when_only_its_server_is_killed(servers, database, database_url):
    first, _ = servers
    await begun(first)
    async with held(database_url, WRITER) as waited_for:
        await submitted(first)
        await waited_for()
        first.kill()
    assert await done_once(database) == 1
