"""What `oms export` does: one snapshot, written in pieces, in place only when all of it is there."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.database import database_of, migrated, require_newest
from app.commands.terminal import Refused, notes
from app.domain.actor import Actor, Role
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.transfer import Exported, Transfer
from app.transfer.files import Form, written

if TYPE_CHECKING:
    from app.settings import Settings

_READER = Actor("cli", "oms export", frozenset({Role.VIEWER}), request_id="cli")


def export(settings: Settings, ontology: str, *, form: Form, output: Path | None) -> None:
    """Write the ontology to the file, or to standard output."""
    if output is not None and not output.parent.is_dir():
        raise Refused(f"{output} cannot be written: there is no directory {output.parent}.")
    with database_of(settings) as ready:
        migrated(ready) if ready.development else require_newest(ready)
        exported = asyncio.run(_exported(ready, ontology))
    if output is None:
        for piece in written(exported.writing, form):
            sys.stdout.buffer.write(piece.encode())
        sys.stdout.flush()
        return
    _replace(output, exported, form)
    notes.print(f"{exported.entities:,} entities of {exported.ontology} at revision {exported.revision} are in {output}.", soft_wrap=True)


async def _exported(settings: Settings, ontology: str) -> Exported:
    async with Database.opened(settings.database_url or "", size=1) as database:
        return await Transfer(database, Editing(database), Ontologies(database)).export(_READER, ontology)


def _replace(output: Path, exported: Exported, form: Form) -> None:
    """A reader of the file sees the old or the new one, never half of it."""
    try:
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as beside:
            part = Path(beside) / output.name
            with part.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(written(exported.writing, form))
            if output.exists():
                part.chmod(output.stat().st_mode & 0o777)
            part.replace(output)
    except OSError as refused:
        raise Refused(f"{output} cannot be written: {refused.strerror}.") from refused
