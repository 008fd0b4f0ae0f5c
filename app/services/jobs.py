"""Jobs: opened by a request, run by whatever process, followed by anybody."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.actor import Actor, Role
from app.domain.errors import ErrorCode, IdempotencyInProgress, NameTaken, OmsError, StillReferenced, Unavailable, ValidationFailed
from app.domain.gauge import Gauge, followed
from app.domain.job import BEAT_SECONDS, Job, JobKind
from app.ending import ended
from app.persistence import idempotency, jobs, kept_work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from uuid import UUID

    from app.persistence.database import Database
    from app.persistence.idempotency import Idempotency
    from app.persistence.kept_work import Taken

MOST_VIOLATIONS = 1_000  # of a failure, told
_MASKED = {"code": ErrorCode.INTERNAL_SERVER_ERROR.value, "message": "Something went wrong on our side."}

PASSING = (Unavailable, IdempotencyInProgress)  # the second where somebody who was taken for dead is about to commit

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """Work that outlives the process that took it: what is to be done, as JSON, and the file that it is done with."""

    what: dict[str, Any]
    pieces: AsyncIterator[bytes]


TELLS = 0.25  # seconds between two looks at a gauge


class Progress:
    """What a job says of itself while it runs."""

    def __init__(self, database: Database, rid: str, holder: UUID | None = None) -> None:
        self._database = database
        self._rid = rid
        self._holder = holder

    async def phase(self, name: str, *, total: int = 0, done: int = 0, detail: str = "") -> None:
        """Enter a phase, or say how far it is."""
        async with self._database.writing() as work:
            await jobs.advance(work, self._rid, name, done, total, detail, holder=self._holder)

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
        self, actor: Actor, kind: JobKind, *, title: str, ontology: str, role: Role = Role.EDITOR, key: Idempotency | None = None,
        kept: Kept | None = None,
    ) -> tuple[Job, bool]:  # fmt: skip
        """A new job that waits, and True; or the one that the same request opened before, and False.

        What is `kept` stays until the job ends, and whichever process is free does it (`take`).
        """
        actor.require(role)
        async with self._database.writing(long=kept is not None) as work:
            if key is not None and (known := await idempotency.answered(work, actor.id, key)) is not None:
                return await jobs.find(work, known["job"]), False
            made = await jobs.insert(work, actor, kind, title, ontology)
            if kept is not None:
                await kept_work.keep(work, made.rid, kept.what, kept.pieces)
            if key is not None:
                await idempotency.keep(work, [(actor.id, key, {"job": made.rid})])
        return made, True

    async def find(self, actor: Actor, rid: str) -> Job:
        """The job as it is now."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            return await jobs.find(snapshot, rid)

    async def waiting(self, kind: JobKind) -> int:
        """How many jobs whose work is kept wait for a process."""
        async with self._database.reading() as snapshot:
            return await kept_work.waiting(snapshot, kind)

    async def take(self, kind: JobKind) -> Taken | None:
        """The oldest job whose work is kept and that nobody does; None where there is none."""
        if not await self.waiting(kind):
            return None
        async with self._database.writing() as work:
            return await kept_work.take(work, kind)

    async def give_back(self, taken: Taken, *, counts: bool) -> None:
        """Let another process do it; where what was begun `counts`, it is one of the attempts that the job has."""
        async with self._database.writing() as work:
            await kept_work.give_back(work, taken, counts=counts)

    async def fail(self, rid: str, failure: OmsError, *, holder: UUID | None = None) -> None:
        """End a job that nobody will end any more; one that has ended stays as it is."""
        async with self._database.writing() as work:
            await jobs.fail(work, rid, failure_of(failure), holder=holder)

    async def run(self, rid: str, work: Callable[[Progress], Awaitable[dict[str, Any]]], *, holder: UUID | None = None) -> None:
        """Do the work under the job, with signs of life; its result or its error is the job's.

        With a `holder`, the work is kept: what time mends (`PASSING`) is raised for it to be done again, and does not fail the job.
        """
        try:
            async with self.alive(rid, holder=holder):
                result = await work(Progress(self._database, rid, holder))
        except OmsError as expected:
            if holder is not None and isinstance(expected, PASSING):
                raise
            await self.fail(rid, expected, holder=holder)
        except Exception:  # the edge of a job: whoever follows it is told that it failed, and not how
            log.exception("A job failed", extra={"job": rid})
            async with self._database.writing() as writing:
                await jobs.fail(writing, rid, _MASKED, holder=holder)
        else:
            async with self._database.writing() as writing:
                await jobs.succeed(writing, rid, result, holder=holder)

    @asynccontextmanager
    async def alive(self, rid: str, *, holder: UUID | None = None) -> AsyncIterator[None]:
        """Signs of life until the block ends."""
        beating = asyncio.create_task(self._beat(rid, holder), name="signs of life of a job")
        try:
            yield
        finally:
            await ended(beating)

    async def keep_receipt(self, rid: str, holder: UUID, counts: dict[str, int], lines: Sequence[tuple[str, str, str, int]]) -> None:
        """The lines of a receipt, and what they add up to, for whoever does the work again."""
        async with self._database.writing(long=True) as work:
            await kept_work.note(work, rid, holder, {"receipt": counts})
            await jobs.keep_lines(work, rid, lines)

    async def content(self, rid: str) -> bytes:
        """The file of a job whose work is kept."""
        async with self._database.reading() as snapshot:
            return await kept_work.content(snapshot, rid)

    async def _beat(self, rid: str, holder: UUID | None) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(Unavailable):
                async with self._database.writing() as work:
                    await jobs.beat(work, rid, holder=holder)


def failure_of(error: OmsError) -> dict[str, Any]:
    """An expected error as a job keeps it: all broken rules, up to a bound."""
    told: dict[str, Any] = {"code": error.code.value, "message": error.message}
    if isinstance(error, ValidationFailed | NameTaken | StillReferenced):
        told["violations"] = [
            {"rule": each.rule, "rid": each.rid, "path": each.path, "message": each.message} for each in error.violations[:MOST_VIOLATIONS]
        ]
    return told
