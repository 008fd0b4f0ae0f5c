"""What `oms import` does, stage by stage; nothing is stored unless all of them succeed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from app.commands.database import database_of, migrated, require_newest
from app.commands.exporting import sidecar_of
from app.commands.imported import refusal, show
from app.commands.operator import operator
from app.commands.running import done
from app.commands.terminal import Refused, notes
from app.domain.errors import OmsError
from app.domain.gauge import Gauge, followed
from app.domain.text import DISPLAY_NAME
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.transfer import Transfer
from app.transfer.files import ENDINGS, form_of, read
from app.transfer.owl.reading import Said
from app.transfer.rdf.mapping import Mapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from app.services.transfer import Imported
    from app.settings import Settings
    from app.transfer.files import Form
    from app.transfer.receipt import Receipt


@dataclass
class Import:
    """One file into one ontology."""

    file: Path
    ontology: str
    form: Form | None
    languages: Sequence[str]
    receipt: Path | None
    prune: bool
    draft: bool
    dry_run: bool
    json: bool

    def __call__(self, settings: Settings) -> None:
        """Read, map, judge and merge, then show the receipt."""
        content = self._content()
        form = self._form(content)
        self._receipt_is_writable()
        try:
            with progress(quiet=self.json) as stage:
                stage(f"Reading {self.file.name}")
                said = read(content, form, languages=self.languages, sidecar=self._sidecar())
                self._prunable(said)
                stage("Opening the database")
                with database_of(settings) as ready:
                    migrated(ready) if ready.development else require_newest(ready)
                    stage(f"Planning for {self.ontology}" if self.dry_run else f"Merging into {self.ontology}")
                    imported = done(self._imported(ready, said))
                stage("Done")
        except OmsError as refused:
            raise refusal(self.file.name, refused, json=self.json) from refused
        self._write(imported.receipt)
        show(self.file.name, imported, kept=self.receipt, json=self.json)

    def _form(self, content: bytes) -> Form:
        form = self.form or form_of(self.file.suffix, content)
        if form is None:
            raise Refused(f"{self.file} is none of the files that are read: {', '.join(ENDINGS)}; --format says what it is.")
        return form

    def _prunable(self, said: Mapped | Said | dict[str, Any]) -> None:
        if self.prune and isinstance(said, Said) and not said.whole:
            raise Refused(f"--prune needs {sidecar_of(self.file).name} beside the file, which says the rest of the ontology.")

    def _sidecar(self) -> bytes | None:
        beside = sidecar_of(self.file)
        return beside.read_bytes() if beside.is_file() and beside != self.file else None

    def _content(self) -> bytes:
        try:
            return self.file.read_bytes()
        except OSError as refused:
            raise Refused(f"{self.file} cannot be read: {refused.strerror}.") from refused

    def _receipt_is_writable(self) -> None:
        if self.receipt is not None and not self.receipt.parent.is_dir():
            raise Refused(f"{self.receipt} cannot be written: there is no directory {self.receipt.parent}.")

    async def _imported(self, settings: Settings, said: Mapped | Said | dict[str, Any]) -> Imported:
        limits = settings.limits
        async with Database.opened(settings.database_url or "", size=2, long_statement_seconds=limits.long_statement_seconds) as database:
            transfer = Transfer(database, Editing(database), Ontologies(database))
            title = f"Import {self.file.name}"[:DISPLAY_NAME]
            return await transfer.bring(
                operator(), self.ontology, said, title=title, prune=self.prune, review=self.draft, dry_run=self.dry_run
            )

    def _write(self, receipt: Receipt) -> None:
        if self.receipt is None:
            return
        summary = {"statements": receipt.statements, "carried": receipt.carried, "listed": receipt.listed}
        lines = [summary, *(line.as_json() for line in receipt.lines)]
        try:
            self.receipt.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
        except OSError as refused:
            raise Refused(f"The file was imported, but its receipt cannot be written to {self.receipt}: {refused.strerror}.") from refused


@contextmanager
def progress(*, quiet: bool) -> Iterator[Any]:
    """A bar that the stages name and the work within them moves; scripts see nothing of it."""
    gauge = Gauge()
    with _Bar(gauge, disable=quiet or not notes.is_terminal) as bar, followed(gauge):
        yield bar.stage


class _Bar(Progress):
    """How far the work is within its phase; a phase whose length is not known yet moves to and fro."""

    def __init__(self, gauge: Gauge, *, disable: bool) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
        )
        self._gauge = gauge
        self._at: TaskID | None = None
        super().__init__(*columns, console=notes, transient=True, disable=disable)
        self._at = self.add_task("Starting", total=None, told="")

    def stage(self, name: str) -> None:
        """What is done from now on."""
        if self._at is not None:
            self.update(self._at, description=name)

    def get_renderables(self) -> Iterable[RenderableType]:
        """Called whenever the bar is drawn, which is when it looks at the gauge."""
        if self._at is not None:
            now = self._gauge.read()
            told = f"{now.phase.lower()} {now.done:,}/{now.total:,} {now.detail}" if now.total else now.phase.lower()
            self.update(self._at, completed=now.done, total=now.total or None, told=told)
        return super().get_renderables()
