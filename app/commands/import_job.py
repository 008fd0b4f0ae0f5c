"""The process of one import: `python -m app.commands.import_job`, with what to do as JSON on standard input.

It reads the file without a network, merges, and tells its job how far it is. When it ends, its memory is the system's again.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import sys
import threading
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import orjson

from app.domain import gauge
from app.domain.actor import Actor, Role
from app.domain.errors import BadInput
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.imports import AGAIN, key_of
from app.services.jobs import PASSING, Jobs, Progress
from app.services.ontologies import Ontologies
from app.services.transfer import Imported, Prepared, Transfer
from app.transfer.files import Form, read
from app.transfer.owl.reading import Said, is_ours, said
from app.transfer.rdf.mapping import Mapped, mapped
from app.transfer.rdf.reading import graph_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from app.persistence.idempotency import Idempotency

T = TypeVar("T")

log = logging.getLogger(__name__)

_FORBIDDEN = ("socket.", "urllib.", "ftplib.", "http.", "subprocess.", "os.exec", "os.posix_spawn", "os.system")
_readers: set[int] = set()  # threads that read a file


def main() -> None:
    """Do what standard input says; the exit code is 0 also for an import that is refused, since the job says so.

    Any other exit code, and any signal, says that the job is to be done again.
    """
    spec = orjson.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_DATA, (spec["memory"], spec["memory"]))
    sys.addaudithook(_refuse_to_fetch)
    try:
        asyncio.run(_run(spec))
    except PASSING as refused:
        log.warning("An import could not be done now: %s", refused.message, extra={"job": spec["job"]})
        sys.exit(AGAIN)


def _refuse_to_fetch(event: str, _: tuple[Any, ...]) -> None:
    # A second lock on the door: no parser of ours fetches anything, and if one tried this would end it.
    if threading.get_ident() in _readers and event.startswith(_FORBIDDEN):
        raise BadInput("The file names something that would have to be fetched, and nothing is fetched.")


async def _run(spec: dict[str, Any]) -> None:
    seconds, rid, holder = spec["long_statement_seconds"], spec["job"], UUID(spec["holder"])
    async with Database.opened(spec["url"], size=3, long_statement_seconds=seconds) as database:
        jobs = Jobs(database)
        transfer = Transfer(database, Editing(database), Ontologies(database))
        asked = spec["work"]["actor"]
        actor = Actor(**{**asked, "roles": frozenset(Role[name] for name in asked["roles"])})
        key = key_of(rid)

        async def work(progress: Progress) -> dict[str, Any]:
            earlier = await transfer.earlier(actor, key)
            if earlier is not None:
                return _result(earlier, spec["work"].get("receipt", {}))
            async with progress.following(), _enough_memory():
                prepared = await _prepared(spec, jobs, transfer, actor)
                receipt = prepared.receipt
                counts = {"statements": receipt.statements, "carried": receipt.carried, "listed": receipt.listed}
                lines = [(line.code.value, line.subject, line.sentence, line.statements) for line in receipt.lines]
                await jobs.keep_receipt(rid, holder, counts, lines)
                return _result(await _stored(spec, transfer, actor, prepared, key), counts)

        await jobs.run(rid, work, holder=holder)


@asynccontextmanager
async def _enough_memory() -> AsyncIterator[None]:
    """BadInput where there was not, wherever it ran out."""
    try:
        yield
    except MemoryError:
        raise BadInput("The file needs more memory than an import may take.") from None


async def _prepared(spec: dict[str, Any], jobs: Jobs, transfer: Transfer, actor: Actor) -> Prepared:
    wanted = spec["work"]["wanted"]
    gauge.begin("PARSE", 0, "")
    said_ = await _said(await jobs.content(spec["job"]), Form(wanted["form"]), wanted["languages"])
    return await transfer.prepared(actor, wanted["ontology"], said_, prune=wanted["prune"])


async def _stored(spec: dict[str, Any], transfer: Transfer, actor: Actor, prepared: Prepared, key: Idempotency) -> Imported:
    wanted = spec["work"]["wanted"]
    return await transfer.store(
        actor, wanted["ontology"], prepared, title=wanted["title"], review=wanted["draft"], dry_run=wanted["dry_run"], key=key
    )


async def _said(content: bytes, form: Form, languages: Sequence[str]) -> Mapped | Said | dict[str, Any]:
    if form.syntax is None:
        return await _off_line(lambda: read(content, form))
    syntax = form.syntax
    statements = await _off_line(lambda: graph_of(content, syntax))
    if is_ours(statements):
        return await _off_line(lambda: said(statements))
    return await _off_line(lambda: mapped(statements, languages=languages))


async def _off_line(work: Callable[[], T]) -> T:
    """In a thread that may open nothing, so that the job goes on saying that it lives."""

    def alone() -> T:
        _readers.add(threading.get_ident())
        try:
            return work()
        finally:
            _readers.discard(threading.get_ident())

    return await asyncio.to_thread(alone)


def _result(imported: Imported, receipt: dict[str, int]) -> dict[str, Any]:
    counts = Counter((change.kind.value, change.action.value) for change in imported.changes)
    return {
        "outcome": imported.outcome.value,
        "ontology": imported.ontology,
        "changeSet": imported.change_set.rid if imported.change_set else None,
        "revision": imported.revision,
        "changes": [{"kind": kind, "action": action, "count": count} for (kind, action), count in sorted(counts.items())],
        **receipt,
    }


if __name__ == "__main__":
    main()
