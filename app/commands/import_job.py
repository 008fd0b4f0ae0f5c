"""The process of one import: `python -m app.commands.import_job`, with what to do as JSON on standard input.

It reads the file without a network, merges, and tells its job how far it is. When it ends, its memory is the system's again.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from app.domain import gauge
from app.domain.actor import Actor, Role
from app.domain.errors import BadInput
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.jobs import Jobs, Progress
from app.services.ontologies import Ontologies
from app.services.transfer import Imported, Transfer
from app.transfer.files import Form, read
from app.transfer.owl.reading import Said, is_ours, said
from app.transfer.rdf.mapping import Mapped, mapped
from app.transfer.rdf.reading import graph_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_FORBIDDEN = ("socket.", "urllib.", "ftplib.", "http.", "subprocess.", "os.exec", "os.posix_spawn", "os.system")
_readers: set[int] = set()  # threads that read a file


def main() -> None:
    """Do what standard input says; the exit code is 0 also for an import that is refused, since the job says so."""
    spec = orjson.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_DATA, (spec["memory"], spec["memory"]))
    sys.addaudithook(_refuse_to_fetch)
    asyncio.run(_run(spec))


def _refuse_to_fetch(event: str, _: tuple[Any, ...]) -> None:
    # A second lock on the door: no parser of ours fetches anything, and if one tried this would end it.
    if threading.get_ident() in _readers and event.startswith(_FORBIDDEN):
        raise BadInput("The file names something that would have to be fetched, and nothing is fetched.")


async def _run(spec: dict[str, Any]) -> None:
    seconds = spec["long_statement_seconds"]
    async with Database.opened(spec["url"], size=3, long_statement_seconds=seconds) as database:
        jobs = Jobs(database)
        transfer = Transfer(database, Editing(database), Ontologies(database))

        async def work(progress: Progress) -> dict[str, Any]:
            async with progress.following():
                imported = await _imported(spec, transfer)
            lines = [(line.code.value, line.subject, line.sentence, line.statements) for line in imported.receipt.lines]
            await jobs.keep_lines(spec["job"], lines)
            return _result(imported)

        await jobs.run(spec["job"], work)


async def _imported(spec: dict[str, Any], transfer: Transfer) -> Imported:
    wanted = spec["wanted"]
    content = await asyncio.to_thread(Path(spec["file"]).read_bytes)
    gauge.begin("PARSE", 0, "")
    file = await _said(content, Form(wanted["form"]), wanted["languages"])
    del content
    actor = Actor(**{**spec["actor"], "roles": frozenset(Role[name] for name in spec["actor"]["roles"])})
    return await transfer.bring(
        actor, wanted["ontology"], file, title=wanted["title"], prune=wanted["prune"], review=wanted["draft"], dry_run=wanted["dry_run"]
    )


async def _said(content: bytes, form: Form, languages: Sequence[str]) -> Mapped | Said | dict[str, Any]:
    try:
        if form.syntax is None:
            return await _off_line(lambda: read(content, form))
        syntax = form.syntax
        statements = await _off_line(lambda: graph_of(content, syntax))
        if is_ours(statements):
            return await _off_line(lambda: said(statements))
        return await _off_line(lambda: mapped(statements, languages=languages))
    except MemoryError:
        raise BadInput("The file needs more memory than an import may take.") from None


async def _off_line(work: Callable[[], T]) -> T:
    """In a thread that may open nothing, so that the job goes on saying that it lives."""

    def alone() -> T:
        _readers.add(threading.get_ident())
        try:
            return work()
        finally:
            _readers.discard(threading.get_ident())

    return await asyncio.to_thread(alone)


def _result(imported: Imported) -> dict[str, Any]:
    counts = Counter((change.kind.value, change.action.value) for change in imported.changes)
    receipt = imported.receipt
    return {
        "outcome": imported.outcome.value,
        "ontology": imported.ontology,
        "changeSet": imported.change_set.rid if imported.change_set else None,
        "revision": imported.revision,
        "changes": [{"kind": kind, "action": action, "count": count} for (kind, action), count in sorted(counts.items())],
        "statements": receipt.statements,
        "carried": receipt.carried,
        "listed": receipt.listed,
    }


if __name__ == "__main__":
    main()
