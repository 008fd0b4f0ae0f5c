"""Jobs: opened by a request, run by whatever process, followed by anybody."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from app.domain.actor import Actor, Role
from app.domain.errors import ErrorCode, NameTaken, OmsError, StillReferenced, Unavailable, ValidationFailed
from app.domain.gauge import Gauge, followed
from app.domain.job import BEAT_SECONDS, Job, JobKind
from app.ending import ended
from app.persistence import idempotency, jobs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from app.persistence.database import Database
    from app.persistence.idempotency import Idempotency

MOST_VIOLATIONS = 1_000  # of a failure, told
_MASKED = {"code": ErrorCode.INTERNAL_SERVER_ERROR.value, "message": "Something went wrong on our side."}

log = logging.getLogger(__name__)


TELLS = 0.25  # seconds between two looks at a gauge


class Progress:
    """What a job says of itself while it runs."""

    def __init__(self, database: Database, rid: str) -> None:
        self._database = database
        self._rid = rid

    async def phase(self, name: str, *, total: int = 0, done: int = 0, detail: str = "") -> None:
        """Enter a phase, or say how far it is."""
        async with self._database.writing() as work:
            await jobs.advance(work, self._rid, name, done, total, detail)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Tell how far the work of the block is whenever that has changed, a few times a second, and at its end."""
        gauge, over = Gauge(), asyncio.Event()
        telling = asyncio.create_task(self._tell(gauge, over), name="progress of a job")
        try:
            with followed(gauge):
                yield
        finally:
            over.set()
            await telling

    async def _tell(self, gauge: Gauge, over: asyncio.Event) -> None:
        told = gauge.read()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), TELLS)
            now = gauge.read()
            if now != told:
                with suppress(Unavailable):
                    await self.phase(now.phase, total=now.total, done=now.done, detail=now.detail)
                    told = now
            if over.is_set():
                return


class Jobs:
    """Opens, runs and reads jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(
        self, actor: Actor, kind: JobKind, *, title: str, ontology: str, role: Role = Role.EDITOR, key: Idempotency | None = None
    ) -> tuple[Job, bool]:
        """A new job that waits, and True; or the one that the same request opened before, and False."""
        actor.require(role)
        async with self._database.writing() as work:
            if key is not None and (known := await idempotency.answered(work, actor.id, key)) is not None:
                return await jobs.find(work, known["job"]), False
            made = await jobs.insert(work, actor, kind, title, ontology)
            if key is not None:
                await idempotency.keep(work, [(actor.id, key, {"job": made.rid})])
        return made, True

    async def find(self, actor: Actor, rid: str) -> Job:
        """The job as it is now."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            return await jobs.find(snapshot, rid)

    async def fail(self, rid: str, failure: OmsError) -> None:
        """End a job that nobody will end any more; one that has ended stays as it is."""
        async with self._database.writing() as work:
            await jobs.fail(work, rid, failure_of(failure))

    async def run(self, rid: str, work: Callable[[Progress], Awaitable[dict[str, Any]]]) -> None:
        """Do the work under the job, with signs of life; its result or its error is the job's."""
        try:
            async with self.alive(rid):
                result = await work(Progress(self._database, rid))
        except OmsError as expected:
            await self.fail(rid, expected)
        except Exception:  # the edge of a job: whoever follows it is told that it failed, and not how
            log.exception("A job failed", extra={"job": rid})
            async with self._database.writing() as writing:
                await jobs.fail(writing, rid, _MASKED)
        else:
            async with self._database.writing() as writing:
                await jobs.succeed(writing, rid, result)

    @asynccontextmanager
    async def alive(self, rid: str) -> AsyncIterator[None]:
        """Signs of life until the block ends."""
        beating = asyncio.create_task(self._beat(rid), name="signs of life of a job")
        try:
            yield
        finally:
            await ended(beating)

    async def keep_lines(self, rid: str, lines: Sequence[tuple[str, str, str, int]]) -> None:
        """The lines of a receipt."""
        async with self._database.writing(long=True) as work:
            await jobs.keep_lines(work, rid, lines)

    async def _beat(self, rid: str) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(Unavailable):
                async with self._database.writing() as work:
                    await jobs.beat(work, rid)


def failure_of(error: OmsError) -> dict[str, Any]:
    """An expected error as a job keeps it: all broken rules, up to a bound."""
    told: dict[str, Any] = {"code": error.code.value, "message": error.message}
    if isinstance(error, ValidationFailed | NameTaken | StillReferenced):
        told["violations"] = [
            {"rule": each.rule, "rid": each.rid, "path": each.path, "message": each.message} for each in error.violations[:MOST_VIOLATIONS]
        ]
    return told
