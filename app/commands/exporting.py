"""What `oms export` does: one snapshot, written in pieces, in place only when all of it is there."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from app.commands.database import database_of, migrated, require_newest
from app.commands.receipts import account
from app.commands.running import done
from app.commands.terminal import Refused, notes
from app.domain.actor import Actor, Role
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.transfer import Exported, Transfer
from app.transfer.document.folder import DIRECTORIES, ENDING, files_of
from app.transfer.document.form import FORMAT
from app.transfer.outputs import ENDINGS, SIDECAR, Output, Written, written

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from app.settings import Settings

_READER = Actor("cli", "oms export", frozenset({Role.VIEWER}), request_id="cli")


@dataclass(frozen=True)
class Export:
    """One ontology to one file, or to standard output."""

    ontology: str
    form: Output
    as_of: int | datetime | None
    output: Path | None
    folder: Path | None
    receipt: Path | None

    def __call__(self, settings: Settings) -> None:
        """Read, write, and say what the form cannot."""
        if self.folder is not None and (self.output is not None or self.form is not Output.YAML):
            raise Refused("--folder writes YAML files of its own naming: neither -o nor another form goes with it.")
        for path in (self.output, self.receipt):
            if path is not None and not path.parent.is_dir():
                raise Refused(f"{path} cannot be written: there is no directory {path.parent}.")
        with database_of(settings) as ready:
            migrated(ready) if ready.development else require_newest(ready)
            exported = done(self._exported(ready))
        if self.folder is not None:
            write_folder(self.folder, files_of(exported.writing))
            at = f"{exported.entities:,} entities of {exported.ontology} at revision {exported.revision}"
            notes.print(f"{at} are in {self.folder}.", soft_wrap=True)
            return
        made = written(exported.writing, self.form, exported.ontology)
        self._write(exported, made)
        if self.receipt is not None:
            lines = [{"facts": made.receipt.statements, "carried": made.receipt.carried}, *(line.as_json() for line in made.receipt.lines)]
            replace(self.receipt, (orjson.dumps(line).decode() + "\n" for line in lines))

    async def _exported(self, settings: Settings) -> Exported:
        async with Database.opened(settings.database_url or "", size=1) as database:
            return await Transfer(database, Editing(database), Ontologies(database)).export(_READER, self.ontology, self.as_of)

    def _write(self, exported: Exported, made: Written) -> None:
        if self.output is None:
            for piece in made.pieces:
                sys.stdout.buffer.write(piece.encode())
            sys.stdout.flush()
        else:
            replace(self.output, made.pieces)
            if made.sidecar is not None:
                replace(sidecar_of(self.output), (made.sidecar,))
            at = f"{exported.entities:,} entities of {exported.ontology} at revision {exported.revision}"
            beside = f", with {sidecar_of(self.output).name} beside it" if made.sidecar is not None else ""
            notes.print(f"{at} are in {self.output}{beside}.", soft_wrap=True)
        if made.receipt.lines:
            notes.print(account(made.receipt, notes, "facts"))
            kept = "" if self.receipt is not None else "; --receipt FILE keeps every line"
            lost = "; -o FILE writes the sidecar too" if made.sidecar is not None and self.output is None else ""
            notes.print(f"{made.receipt.carried:,} of {made.receipt.statements:,} facts are carried{kept}{lost}.", soft_wrap=True)


def form_of(wished: str | None, output: Path | None) -> Output:
    """The wished form, else what the ending of the file says, else YAML."""
    if wished is not None:
        return Output(wished)
    if output is None:
        return Output.YAML
    form = next((ENDINGS[end] for end in ("".join(output.suffixes[-2:]).lower(), output.suffix.lower()) if end in ENDINGS), None)
    if form is None:
        raise Refused(f"{output} does not say by its ending what to write ({', '.join(ENDINGS)}): --format does.")
    return form


def write_folder(folder: Path, files: Iterable[tuple[str, str]]) -> None:
    """Write what differs, and remove the files of entities that are gone; nothing else in the folder is touched."""
    kept: set[Path] = set()
    try:
        for name, text in files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            kept.add(path)
            if not path.is_file() or path.read_bytes() != text.encode():
                replace(path, (text,))
        for directory in DIRECTORIES:
            for path in (folder / directory).glob(f"*{ENDING}"):
                if path not in kept and path.read_text(encoding="utf-8", errors="replace").startswith(f"format: {FORMAT}\n"):
                    path.unlink()
    except OSError as refused:
        raise Refused(f"{folder} cannot be written: {refused.strerror}.") from refused


def sidecar_of(path: Path) -> Path:
    """Where what the file cannot say is kept."""
    return path.with_name(f"{path.stem}{SIDECAR}")


def replace(output: Path, pieces: Iterable[str]) -> None:
    """A reader of the file sees the old or the new one, never half of it."""
    try:
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as beside:
            part = Path(beside) / output.name
            with part.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(pieces)
            if output.exists():
                part.chmod(output.stat().st_mode & 0o777)
            part.replace(output)
    except OSError as refused:
        raise Refused(f"{output} cannot be written: {refused.strerror}.") from refused
