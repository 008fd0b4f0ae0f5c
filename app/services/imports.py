"""Imports as jobs: the file in the database until the job ends, the work in a process of its own, which gives its memory back."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.adapters.apart import Killed, run_apart
from app.domain.actor import Actor, Role
from app.domain.errors import BadInput, NotFound, QueryTimeout, Unavailable
from app.domain.job import Job, JobKind
from app.domain.text import DISPLAY_NAME
from app.persistence import change_sets, idempotency
from app.persistence.idempotency import Idempotency
from app.persistence.kept_work import PIECE, Taken
from app.services.editing import checked_title
from app.services.jobs import Kept
from app.services.ontologies import check_words
from app.services.underway import Underway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.limits import Limits
    from app.persistence.database import Database
    from app.services.jobs import Jobs
    from app.transfer.files import Form

MODULE = "app.commands.import_job"
AT_ONCE = 2  # processes: each takes a core and up to the memory that it may
WAITING = 20  # imports that wait for any process
AGAIN = 75  # the exit code of a process that could not do it now (EX_TEMPFAIL of sysexits.h)
PASSES = 3_600.0  # seconds in which that is no attempt: what the database lacks it will have again
ATTEMPTS = 3  # after which a job that ends its process every time is given up
LANGUAGES = 20
LOOKS = 5.0  # seconds between two looks for jobs that other processes took in, or left behind
PAUSE = 2.0  # seconds before a job whose process has ended is begun again, times the attempts so far

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What is to be done with a file."""

    ontology: str
    form: Form
    languages: tuple[str, ...] = ("en",)
    title: str = ""
    prune: bool = False
    draft: bool = False
    dry_run: bool = False


class Imports:
    """Takes files in, and does what waits, each in a process of its own; what it has not done when it ends, another one does."""

    def __init__(
        self, database: Database, jobs: Jobs, url: str, limits: Limits, *, module: str = MODULE, looks: float = LOOKS, pause: float = PAUSE
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._url = url
        self._limits = limits
        self._module = module
        self._looks = looks
        self._pause = pause
        self._more = asyncio.Event()
        self.underway = Underway()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Imports]:
        """Work is done until the block ends; what runs then is ended and given back."""
        async with self.underway:
            for _ in range(AT_ONCE):
                self.underway.begin(self._working(), "imports")
            yield self

    async def submit_text(self, actor: Actor, wanted: Wanted, content: str, *, key: Idempotency | None = None) -> Job:
        """The job of an import whose file came as a text."""
        await self.check(actor, wanted)
        try:
            encoded = await asyncio.to_thread(content.encode)
        except UnicodeEncodeError:
            message = "content holds half a character (a lone surrogate)."
            raise BadInput(message, path="content") from None
        return await self._submit(actor, wanted, _slices(encoded), key)

    async def submit(self, actor: Actor, wanted: Wanted, file: Path, *, key: Idempotency | None = None) -> Job:
        """The job of an import, once its file is in the database; the one on disk is this service's, and deleted."""
        try:
            await self.check(actor, wanted)
            return await self._submit(actor, wanted, _read(file), key)
        finally:
            forget(file)

    async def _submit(self, actor: Actor, wanted: Wanted, pieces: AsyncIterator[bytes], key: Idempotency | None) -> Job:
        title = checked_title(wanted.title) or f"Import into {wanted.ontology}"[:DISPLAY_NAME]
        what: dict[str, Any] = {
            "wanted": asdict(wanted) | {"title": title},
            "actor": {
                "id": actor.id, "name": actor.name, "roles": sorted(role.name for role in actor.roles), "request_id": actor.request_id,
                "traceparent": actor.traceparent,
            },
        }  # fmt: skip
        kept = Kept(what, pieces)
        job, _ = await self._jobs.open(actor, JobKind.IMPORT, title=title, ontology=wanted.ontology, key=key, kept=kept)
        self.look()
        return job

    def look(self) -> None:
        """Look at once for jobs that wait; this process does so by itself every few seconds."""
        self._more.set()

    async def check(self, actor: Actor, wanted: Wanted) -> None:
        """Refuse at once what needs no look at the file; an ontology that is not there is made for an Ontology Admin only."""
        actor.require(Role.EDITOR)
        if await self._jobs.waiting(JobKind.IMPORT) >= WAITING:
            message = "Too many imports wait for their turn."
            raise Unavailable(message, retry_after=30)
        if not 1 <= len(wanted.languages) <= LANGUAGES or not all(
            1 <= len(each) <= LANGUAGES * 2 and each.isascii() for each in wanted.languages
        ):
            message = f"languages holds 1 to {LANGUAGES} language tags, such as en or pt-BR."
            raise BadInput(message, path="languages")
        async with self._database.reading() as snapshot:
            try:
                await change_sets.ontology_named(snapshot, wanted.ontology)
            except NotFound:
                if not actor.may(Role.ADMIN):
                    raise
                check_words(wanted.ontology, wanted.ontology, "")  # it will be made, so its name has to be one

    async def _working(self) -> None:
        """Do one job after the other, whoever took it in."""
        while True:
            self._more.clear()
            try:
                taken = await self._jobs.take(JobKind.IMPORT)
                if taken is not None:
                    await self._do(taken)
                    continue
            except Unavailable:
                log.info("The database does not answer: imports wait")
            except Exception:  # a loop that serves everybody: what it fails at is told, and it goes on
                log.exception("An import was not taken")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._more.wait(), self._looks)

    async def _do(self, taken: Taken) -> None:
        """Once, with signs of life; a process that ends before it is done is begun again, here or elsewhere."""
        seconds = self._limits.import_seconds
        try:
            async with self._jobs.alive(taken.rid, holder=taken.holder):
                if taken.attempts > ATTEMPTS and await self._given_up(taken, "with its server"):
                    return
                try:
                    await run_apart(self._module, self._spec(taken), seconds=seconds)
                except TimeoutError:
                    await self._jobs.fail(taken.rid, QueryTimeout(seconds), holder=taken.holder)
                except Killed as ended:
                    log.warning("The process of an import has ended", extra={"job": taken.rid, "attempt": taken.attempts, "by": str(ended)})
                    passes = ended.code == AGAIN and taken.age < PASSES
                    if not passes and taken.attempts >= ATTEMPTS and await self._given_up(taken, str(ended)):
                        return
                    await asyncio.sleep(self._pause * taken.attempts)
                    await self._jobs.give_back(taken, counts=not passes)
        except asyncio.CancelledError:
            with suppress(Unavailable):
                await asyncio.shield(self._jobs.give_back(taken, counts=False))
            raise

    async def _given_up(self, taken: Taken, why: str) -> bool:
        """Fail the job, unless all that is left is to say that it was done."""
        async with self._database.reading() as snapshot:
            if await idempotency.stored(snapshot, taken.work["actor"]["id"], key_of(taken.rid)) is not None:
                return False
        message = f"The import was begun {ATTEMPTS} times, and each time its process ended before it was done ({why}); nothing was stored."
        await self._jobs.fail(taken.rid, Unavailable(message), holder=taken.holder)
        return True

    def _spec(self, taken: Taken) -> dict[str, Any]:
        limits = self._limits
        return {
            "job": taken.rid, "holder": str(taken.holder), "work": taken.work, "url": self._url,
            "long_statement_seconds": limits.long_statement_seconds, "memory": limits.import_memory_bytes,
        }  # fmt: skip


def key_of(job: str) -> Idempotency:
    """Under which the merge of a job is stored: once, whatever becomes of its process, and whoever does it again finds it."""
    return Idempotency(job, "job", job)


async def _slices(content: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), PIECE):
        yield content[begin : begin + PIECE]


async def _read(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def spool() -> Path:
    """A new empty file of this service's, which whoever asked for it fills."""
    with tempfile.NamedTemporaryFile(prefix="oms-import-", delete=False) as made:
        return Path(made.name)


def forget(file: Path) -> None:
    """Delete a file, if it is there."""
    file.unlink(missing_ok=True)
