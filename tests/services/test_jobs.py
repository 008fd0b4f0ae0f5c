"""Jobs: opened once, alive by signs of life, ended for good; a process that ends takes none of them into limbo."""

from __future__ import annotations

import asyncio
import signal

import pytest

from app.adapters.apart import Killed, run_apart
from app.domain.errors import BadInput, Forbidden, NotFound
from app.domain.job import LEASE_SECONDS, JobKind, JobState
from app.limits import Limits
from app.persistence.database import Database
from app.services.imports import Imports, Wanted, spool
from app.services.jobs import Jobs, Progress
from app.transfer.files import Form
from tests import given


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database)


async def opened(jobs: Jobs) -> str:
    job, fresh = await jobs.open(given.EDITOR, JobKind.IMPORT, title="A job", ontology="main")
    assert (fresh, job.state, job.phase) == (True, JobState.QUEUED, "")
    return job.rid


async def test_a_job_tells_its_progress_and_its_result(jobs):
    rid = await opened(jobs)
    seen = []

    async def work(progress: Progress) -> dict[str, int]:
        await progress.phase("COUNT", total=3, done=1, detail="things")
        seen.append(await jobs.find(given.VIEWER, rid))
        return {"counted": 3}

    await jobs.run(rid, work)
    [running] = seen
    assert (running.state, running.phase, running.done, running.total, running.detail) == (JobState.RUNNING, "COUNT", 1, 3, "things")
    done = await jobs.find(given.VIEWER, rid)
    assert (done.state, done.done, done.result, done.failure, done.ended) == (JobState.SUCCEEDED, 3, {"counted": 3}, None, True)


@pytest.mark.parametrize(
    ("error", "code"), [(BadInput("Line 1: no."), "BAD_USER_INPUT"), (RuntimeError("secret"), "INTERNAL_SERVER_ERROR")]
)
async def test_a_job_that_fails_says_why_and_no_secret(jobs, error: Exception, code: str):
    rid = await opened(jobs)

    async def work(_: Progress) -> dict[str, int]:
        raise error

    await jobs.run(rid, work)
    failed = await jobs.find(given.VIEWER, rid)
    assert (failed.state, failed.failure["code"], failed.result) == (JobState.FAILED, code, None)
    assert "secret" not in str(failed.failure)


async def test_a_job_without_a_sign_of_life_counts_as_failed(jobs, database):
    rid = await opened(jobs)
    await database.pool.execute("UPDATE job SET beat_at = now() - $1 * interval '1 second'", LEASE_SECONDS + 1)
    lost = await jobs.find(given.VIEWER, rid)
    assert (lost.state, lost.failure["code"], lost.finished_at is not None) == (JobState.FAILED, "UNAVAILABLE", True)


async def test_an_ended_job_is_never_ended_otherwise(jobs):
    rid = await opened(jobs)

    async def work(_: Progress) -> dict[str, int]:
        return {}

    await jobs.run(rid, work)
    await jobs.fail(rid, BadInput("too late"))
    assert (await jobs.find(given.VIEWER, rid)).state is JobState.SUCCEEDED


async def test_there_is_no_other_job_and_no_other_reader(jobs):
    with pytest.raises(NotFound):
        await jobs.find(given.VIEWER, "ri.ontology.main.job.none")
    with pytest.raises(Forbidden):
        await jobs.open(given.VIEWER, JobKind.IMPORT, title="A job", ontology="main")


async def test_a_process_that_is_killed_fails_its_job_and_leaves_no_file(jobs, database, database_url):
    file = await asyncio.to_thread(spool)
    async with Imports(database, jobs, database_url, Limits(), module="tests.services.killed").opened() as imports:
        job = await imports.submit(given.EDITOR, Wanted("main", Form.TURTLE), file)
        async with asyncio.timeout(60):
            while not (found := await jobs.find(given.VIEWER, job.rid)).ended:  # noqa: ASYNC110 - the job is told in the database
                await asyncio.sleep(0.05)
    assert (found.state, found.failure["code"]) == (JobState.FAILED, "UNAVAILABLE")
    assert f"signal {int(signal.SIGKILL)}" in found.failure["message"]
    assert not file.exists()


async def test_a_server_that_stops_fails_what_it_ran(jobs, database, database_url):
    async with Imports(database, jobs, database_url, Limits(), module="tests.services.endless").opened() as imports:
        job = await imports.submit(given.EDITOR, Wanted("main", Form.TURTLE), await asyncio.to_thread(spool))
        await asyncio.sleep(0.2)
    found = await jobs.find(given.VIEWER, job.rid)
    assert (found.state, found.failure["message"]) == (JobState.FAILED, "The server was stopped, and nothing was stored: submit it again.")


async def test_a_process_that_takes_too_long_is_ended():
    with pytest.raises(TimeoutError):
        await run_apart("tests.services.endless", {}, seconds=1)
    with pytest.raises(Killed, match="signal"):
        await run_apart("tests.services.killed", {}, seconds=60)
