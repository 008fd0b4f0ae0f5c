"""Jobs: opened once, alive by signs of life, ended for good; a process that ends takes none of them into limbo."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from app.adapters.apart import Killed, run_apart
from app.domain.errors import BadInput, Forbidden, NotFound, Unavailable
from app.domain.job import LEASE_SECONDS, Job, JobKind, JobState
from app.limits import Limits
from app.persistence.database import Database
from app.persistence.kept_work import PIECE, Taken
from app.services.imports import ATTEMPTS, Imports, Wanted, spool
from app.services.jobs import Jobs, Kept, Progress
from app.transfer.files import Form
from tests import given
from tests.waiting import GUARD, until

PACKAGE = b"<https://example.org/Ship> a <http://www.w3.org/2002/07/owl#Class> .\n"


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


ROW = "SELECT state, holder, attempts, work IS NOT NULL AS kept, (SELECT count(*) FROM job_file WHERE job = rid) AS pieces FROM job"


async def filled(content: bytes = PACKAGE) -> Path:
    file = await asyncio.to_thread(spool)
    await asyncio.to_thread(file.write_bytes, content)
    return file


async def settled(jobs: Jobs, rid: str) -> Job:
    async with asyncio.timeout(GUARD):
        while not (found := await jobs.find(given.VIEWER, rid)).ended:  # noqa: ASYNC110 - the job is told in the database
            await asyncio.sleep(0.05)
    return found


async def test_a_job_that_keeps_killing_its_process_fails_with_the_reason_and_leaves_no_file(jobs, database, database_url):
    file = await filled()
    async with Imports(database, jobs, database_url, Limits(), module="tests.services.killed", pause=0).opened() as imports:
        job = await imports.submit(given.EDITOR, Wanted("main", Form.TURTLE), file)
        assert not file.exists()
        found = await settled(jobs, job.rid)
    assert (found.state, found.failure["code"]) == (JobState.FAILED, "UNAVAILABLE")
    assert f"begun {ATTEMPTS} times" in found.failure["message"]
    assert f"signal {int(signal.SIGKILL)}); nothing was stored" in found.failure["message"]
    assert dict(await database.pool.fetchrow(ROW)) == {"state": "FAILED", "holder": None, "attempts": ATTEMPTS, "kept": False, "pieces": 0}


async def test_what_cannot_be_done_now_is_no_attempt(jobs, database, database_url):
    takes = 0
    take = jobs.take

    async def counted(kind: JobKind) -> Taken | None:
        nonlocal takes
        found = await take(kind)
        takes += found is not None
        return found

    jobs.take = counted
    async with Imports(database, jobs, database_url, Limits(), module="tests.services.passing", pause=0, looks=0.01).opened() as imports:
        job = await imports.submit(given.EDITOR, Wanted("main", Form.TURTLE), await filled())
        await until(lambda: takes > ATTEMPTS + 1)
    assert (await jobs.find(given.VIEWER, job.rid)).state is JobState.QUEUED
    assert (await database.pool.fetchrow(ROW))["kept"]


async def test_a_server_that_stops_gives_back_what_it_ran_and_another_one_does_it(jobs, database, database_url):
    content = PACKAGE + b"#" * (2 * PIECE)
    async with Imports(database, jobs, database_url, Limits(), module="tests.services.endless").opened() as imports:
        job = await imports.submit(given.EDITOR, Wanted("main", Form.TURTLE), await filled(content))
        async with asyncio.timeout(GUARD):
            while (await database.pool.fetchrow(ROW))["holder"] is None:  # noqa: ASYNC110 - it is taken in the database
                await asyncio.sleep(0.02)
    assert (await jobs.find(given.VIEWER, job.rid)).state is JobState.QUEUED
    assert dict(await database.pool.fetchrow(ROW)) == {"state": "QUEUED", "holder": None, "attempts": 0, "kept": True, "pieces": 3}
    assert await jobs.content(job.rid) == content

    async with Imports(database, jobs, database_url, Limits()).opened():
        found = await settled(jobs, job.rid)
    assert (found.state, found.result["outcome"], found.result["revision"]) == (JobState.SUCCEEDED, "MERGED", 1)
    assert (await database.pool.fetchrow(ROW))["pieces"] == 0


@pytest.mark.parametrize(("draft", "outcome"), [(False, "MERGED"), (True, "IN_REVIEW")])
async def test_a_job_whose_process_ended_after_its_merge_is_done_once_and_told_as_it_was(
    jobs, database, database_url, draft: bool, outcome: str
):
    async with Imports(database, jobs, database_url, Limits()).opened() as imports:
        job = await imports.submit(given.EDITOR, Wanted("main", Form.TURTLE, draft=draft), await filled())
        await database.pool.execute("CREATE TABLE copied AS SELECT work FROM job")
        try:
            first = await settled(jobs, job.rid)
            # As it was when the merge was stored and the end of the job was not.
            receipt = {key: first.result[key] for key in ("statements", "carried", "listed")}
            await database.pool.execute(
                "UPDATE job SET state = 'RUNNING', result = NULL, finished_at = NULL, work = (SELECT work FROM copied) || $1,"
                " beat_at = now() - $2 * interval '1 second'",
                {"receipt": receipt},
                LEASE_SECONDS + 1,
            )
        finally:
            await database.pool.execute("DROP TABLE copied")
        assert (await jobs.find(given.VIEWER, job.rid)).state is JobState.QUEUED
        imports.look()
        again = await settled(jobs, job.rid)
    assert first.result["outcome"] == outcome
    assert again.result == first.result
    assert await database.pool.fetchval("SELECT count(*) FROM change_set") == 1
    assert await database.pool.fetchval("SELECT count(*) FROM revision") == (0 if draft else 1)


async def test_who_was_taken_for_dead_writes_nothing_more_to_its_job(jobs, database):
    async def nothing():
        for piece in ():
            yield piece

    job, _ = await jobs.open(given.EDITOR, JobKind.IMPORT, title="A job", ontology="main", kept=Kept({}, nothing()))
    slow = await jobs.take(JobKind.IMPORT)
    assert await jobs.take(JobKind.IMPORT) is None
    await database.pool.execute("UPDATE job SET beat_at = now() - $1 * interval '1 second'", LEASE_SECONDS + 1)
    quick = await jobs.take(JobKind.IMPORT)
    assert (slow.rid, quick.rid, quick.attempts) == (job.rid, job.rid, 2)

    await jobs.fail(job.rid, BadInput("too late"), holder=slow.holder)
    await jobs.give_back(slow, counts=True)
    await Progress(database, job.rid, slow.holder).phase("PARSE")
    with pytest.raises(Unavailable):
        await jobs.keep_receipt(job.rid, slow.holder, {"statements": 1}, [("RENAMED", "a", "It is named b.", 1)])
    found = await jobs.find(given.VIEWER, job.rid)
    assert (found.state, found.phase) == (JobState.QUEUED, "")
    assert await database.pool.fetchval("SELECT count(*) FROM job_line") == 0
    await jobs.keep_receipt(job.rid, quick.holder, {"statements": 1}, [("RENAMED", "a", "It is named b.", 1)])
    assert await database.pool.fetchval("SELECT count(*) FROM job_line") == 1
    await Progress(database, job.rid, quick.holder).phase("PARSE")
    assert (await jobs.find(given.VIEWER, job.rid)).state is JobState.RUNNING


async def test_what_time_mends_is_raised_where_the_work_is_kept(jobs, database):
    async def busy(_: Progress) -> dict[str, int]:
        raise Unavailable("Others are writing.")

    async def nothing():
        yield b""

    job, _ = await jobs.open(given.EDITOR, JobKind.IMPORT, title="A job", ontology="main", kept=Kept({}, nothing()))
    taken = await jobs.take(JobKind.IMPORT)
    with pytest.raises(Unavailable):
        await jobs.run(job.rid, busy, holder=taken.holder)
    assert not (await jobs.find(given.VIEWER, job.rid)).ended


async def test_a_process_that_takes_too_long_is_ended():
    with pytest.raises(TimeoutError):
        await run_apart("tests.services.endless", {}, seconds=1)
    with pytest.raises(Killed, match="signal"):
        await run_apart("tests.services.killed", {}, seconds=60)
