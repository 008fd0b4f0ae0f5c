"""Imports as jobs: the file on disk, the work in a process of its own, which gives its memory back when it ends."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.adapters.apart import Killed, run_apart
from app.domain.actor import Actor, Role
from app.domain.errors import BadInput, QueryTimeout, Unavailable
from app.domain.job import Job, JobKind
from app.domain.text import DISPLAY_NAME
from app.persistence import change_sets
from app.services.editing import checked_title
from app.services.underway import Underway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.limits import Limits
    from app.persistence.database import Database
    from app.persistence.idempotency import Idempotency
    from app.services.jobs import Jobs
    from app.transfer.files import Form

MODULE = "app.commands.import_job"
AT_ONCE = 2  # processes: each takes a core and up to the memory that it may
WAITING = 20  # imports that wait for their turn in a process
LANGUAGES = 20


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
    """Takes files, and runs each in a process of its own."""

    def __init__(self, database: Database, jobs: Jobs, url: str, limits: Limits, *, module: str = MODULE) -> None:
        self._database = database
        self._jobs = jobs
        self._url = url
        self._limits = limits
        self._module = module
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.underway = Underway()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Imports]:
        """At the end what still runs is ended, and told so."""
        async with self.underway:
            yield self

    async def submit_text(self, actor: Actor, wanted: Wanted, content: str, *, key: Idempotency | None = None) -> Job:
        """The job of an import whose file came as a text."""
        await self.check(actor, wanted)
        file = await asyncio.to_thread(_written, content)
        return await self.submit(actor, wanted, file, key=key)

    async def submit(self, actor: Actor, wanted: Wanted, file: Path, *, key: Idempotency | None = None) -> Job:
        """The job of an import; the file is this service's from now on, and deleted at the end."""
        try:
            await self.check(actor, wanted)
            title = checked_title(wanted.title) or f"Import into {wanted.ontology}"[:DISPLAY_NAME]
            job, fresh = await self._jobs.open(actor, JobKind.IMPORT, title=title, ontology=wanted.ontology, key=key)
        except BaseException:
            forget(file)
            raise
        if fresh:
            self.underway.begin(self._run(job.rid, actor, wanted, file, title), "an import")
        else:
            forget(file)
        return job

    async def check(self, actor: Actor, wanted: Wanted) -> None:
        """Refuse at once what needs no look at the file; an ontology that is not there is made for an Ontology Admin only."""
        actor.require(Role.EDITOR)
        if len(self.underway) >= AT_ONCE + WAITING:
            message = "Too many imports wait for their turn."
            raise Unavailable(message, retry_after=30)
        if not 1 <= len(wanted.languages) <= LANGUAGES or not all(
            1 <= len(each) <= LANGUAGES * 2 and each.isascii() for each in wanted.languages
        ):
            message = f"languages holds 1 to {LANGUAGES} language tags, such as en or pt-BR."
            raise BadInput(message, path="languages")
        if actor.may(Role.ADMIN):
            return
        async with self._database.reading() as snapshot:
            await change_sets.ontology_named(snapshot, wanted.ontology)

    async def _run(self, rid: str, actor: Actor, wanted: Wanted, file: Path, title: str) -> None:
        spec: dict[str, Any] = {
            "job": rid, "url": self._url, "file": str(file), "wanted": asdict(wanted) | {"title": title},
            "actor": {
                "id": actor.id, "name": actor.name, "roles": sorted(role.name for role in actor.roles), "request_id": actor.request_id,
                "traceparent": actor.traceparent,
            },
            "long_statement_seconds": self._limits.long_statement_seconds, "memory": self._limits.import_memory_bytes,
        }  # fmt: skip
        seconds = self._limits.import_seconds
        try:
            async with self._jobs.alive(rid), self._turns:
                await run_apart(self._module, spec, seconds=seconds)
        except TimeoutError:
            await self._jobs.fail(rid, QueryTimeout(seconds))
        except Killed as ended:
            await self._jobs.fail(rid, Unavailable(f"The import was ended before it was done ({ended}); nothing was stored."))
        except asyncio.CancelledError:
            with suppress(Unavailable):
                await asyncio.shield(self._jobs.fail(rid, Unavailable("The server was stopped, and nothing was stored: submit it again.")))
            raise
        finally:
            forget(file)


def spool() -> Path:
    """A new empty file of this service's, which whoever asked for it fills."""
    with tempfile.NamedTemporaryFile(prefix="oms-import-", delete=False) as made:
        return Path(made.name)


def forget(file: Path) -> None:
    """Delete a file, if it is there."""
    file.unlink(missing_ok=True)


def _written(content: str) -> Path:
    file = spool()
    try:
        file.write_bytes(content.encode())
    except UnicodeEncodeError:
        forget(file)
        message = "content holds half a character (a lone surrogate)."
        raise BadInput(message, path="content") from None
    return file
