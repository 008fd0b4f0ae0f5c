"""What `oms import` does, stage by stage; nothing is stored unless all of them succeed."""

from __future__ import annotations

import asyncio
import getpass
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.commands.database import database_of, migrated, require_newest
from app.commands.terminal import Refused, notes, out
from app.domain.actor import Actor, Role
from app.domain.errors import NameTaken, OmsError, StillReferenced, ValidationFailed
from app.domain.text import DISPLAY_NAME
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.transfer import Transfer
from app.transfer.files import ENDINGS, Form, read
from app.transfer.rdf.mapping import Mapped
from app.transfer.receipt import EMPTY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.domain.rules import Violation
    from app.persistence.merging import Merged
    from app.settings import Settings
    from app.transfer.receipt import Receipt

SHOWN = 20  # violations; --json has all of them
STAGES = 4
_NUMBERS = 56  # columns of a terminal that the other columns of the receipt take


@dataclass
class Import:
    """One file into one ontology."""

    file: Path
    ontology: str
    languages: Sequence[str]
    receipt: Path | None
    prune: bool
    json: bool

    def __call__(self, settings: Settings) -> None:
        """Read, map, judge and merge, then show the receipt."""
        form = self._form()
        self._receipt_is_writable()
        try:
            with _progress(quiet=self.json) as stage:
                stage(f"Reading {self.file.name}")
                said = read(self._content(), form, languages=self.languages)
                stage("Opening the database")
                with database_of(settings) as ready:
                    migrated(ready) if ready.development else require_newest(ready)
                    stage(f"Merging into {self.ontology}")
                    merged = asyncio.run(self._merged(ready, said))
                stage("Done")
        except OmsError as refused:
            raise self._refused(refused) from refused
        receipt = said.receipt if isinstance(said, Mapped) else EMPTY
        self._write(receipt)
        self._show(receipt, merged)

    def _form(self) -> Form:
        form = ENDINGS.get(self.file.suffix.lower())
        if form is None:
            raise Refused(f"{self.file} is none of the files that are read: {', '.join(ENDINGS)}.")
        if self.prune and form is Form.TURTLE:
            raise Refused("--prune is for YAML and JSON: Turtle only adds.")
        return form

    def _content(self) -> bytes:
        try:
            return self.file.read_bytes()
        except OSError as refused:
            raise Refused(f"{self.file} cannot be read: {refused.strerror}.") from refused

    def _receipt_is_writable(self) -> None:
        if self.receipt is not None and not self.receipt.parent.is_dir():
            raise Refused(f"{self.receipt} cannot be written: there is no directory {self.receipt.parent}.")

    async def _merged(self, settings: Settings, said: Mapped | dict[str, Any]) -> Merged | None:
        limits = settings.limits
        async with Database.opened(settings.database_url or "", size=2, long_statement_seconds=limits.long_statement_seconds) as database:
            transfer = Transfer(database, Editing(database), Ontologies(database))
            actor = _operator()
            if isinstance(said, Mapped):
                operations: Sequence[Any] = said.operations
            else:
                operations = await transfer.difference(actor, self.ontology, said, prune=self.prune)
            return await transfer.import_(actor, self.ontology, operations, title=f"Import {self.file.name}"[:DISPLAY_NAME])

    def _refused(self, problem: OmsError) -> Refused:
        violations: Sequence[Violation] = problem.violations if isinstance(problem, ValidationFailed | NameTaken | StillReferenced) else ()
        if self.json:
            told = [{"rule": each.rule, "rid": each.rid, "path": each.path, "message": each.message} for each in violations]
            _print_json({"imported": False, "code": problem.code.value, "message": problem.message, "violations": told})
        elif len(violations) > 1:
            for each in violations[:SHOWN]:
                notes.print(f"[yellow]{each.rule}[/] {each.message}", soft_wrap=True)
            if len(violations) > SHOWN:
                notes.print(f"… and {len(violations) - SHOWN:,} more; --json has all of them.")
        return Refused(f"{self.file.name} was not imported, and nothing was stored: {problem.message}")

    def _write(self, receipt: Receipt) -> None:
        if self.receipt is None:
            return
        summary = {"statements": receipt.statements, "carried": receipt.carried, "listed": receipt.listed}
        lines = [summary, *(line.as_json() for line in receipt.lines)]
        try:
            self.receipt.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        except OSError as refused:
            raise Refused(f"The file was imported, but its receipt cannot be written to {self.receipt}: {refused.strerror}.") from refused

    def _show(self, receipt: Receipt, merged: Merged | None) -> None:
        counts = Counter(f"{change.kind.value}.{change.action.value}" for change in merged.changes) if merged else Counter()
        if self.json:
            answer: dict[str, Any] = {"imported": True, "ontology": self.ontology, "changes": dict(sorted(counts.items()))}
            if merged is not None:
                answer |= {"revision": merged.revision, "changeSet": merged.change_set.rid}
            by_code = {code.value: {"lines": lines, "statements": count} for code, lines, count in receipt.by_code()}
            _print_json(answer | {"statements": receipt.statements, "carried": receipt.carried, "receipt": by_code})
            return
        if merged is None:
            out.print(f"The ontology {self.ontology} already says what {self.file.name} says: nothing was changed.", soft_wrap=True)
            return
        out.print(_entities(merged))
        if receipt.lines:
            out.print(_account(receipt))
        where = f"the receipt is in {self.receipt}" if self.receipt else "--receipt FILE keeps every line"
        tail = f" {receipt.carried:,} of {receipt.statements:,} statements are carried; {where}." if receipt.statements else ""
        out.print(f"[green]Merged as revision {merged.revision} of {self.ontology}.[/]{tail}", soft_wrap=True)


def _entities(merged: Merged) -> Table:
    table = Table("kind", title="Merged", title_justify="left")
    actions = ("created", "updated", "deleted")
    for action in actions:
        table.add_column(action, justify="right")
    counts = Counter((change.kind, change.action.value) for change in merged.changes)
    for kind in sorted({kind for kind, _ in counts}):
        table.add_row(kind.words, *(f"{counts[kind, action]:,}" if counts[kind, action] else "" for action in actions))
    table.add_row("[bold]all[/]", *(f"[bold]{sum(n for (_, a), n in counts.items() if a == action):,}[/]" for action in actions))
    return table


def _account(receipt: Receipt) -> Table:
    table = Table(title="Receipt", title_justify="left")
    table.add_column("adapted or not carried", no_wrap=True)
    table.add_column("lines", justify="right", no_wrap=True)
    table.add_column("statements", justify="right", no_wrap=True)
    table.add_column("such as", overflow="ellipsis", no_wrap=True, max_width=max(10, out.width - _NUMBERS))
    for code, lines, statements in receipt.by_code():
        first = next(line for line in receipt.lines if line.code is code)
        table.add_row(
            code.value, f"{lines:,}", f"{statements:,}" if statements else "", f"{first.subject.rpartition('/')[2]}: {first.sentence}"
        )
    return table


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """A bar that the stages move; scripts see nothing of it."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, transient=True, disable=quiet) as progress:
        task = progress.add_task("Starting", total=STAGES)

        def stage(name: str) -> None:
            progress.update(task, description=name)
            progress.advance(task)

        yield stage


def _operator() -> Actor:
    """Whoever may reach the database from a shell: the audit log names the account."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = "unknown"
    return Actor(f"cli:{account}", account, frozenset({Role.ADMIN}), request_id="cli")


def _print_json(answer: dict[str, Any]) -> None:
    out.print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode(), soft_wrap=True, markup=False)
