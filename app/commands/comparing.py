"""What `oms diff` does: two of files, folders and ontologies side by side; the database only where one of them is in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.applying import CHANGES
from app.commands.database import database_of, migrated, require_newest
from app.commands.operator import operator
from app.commands.points import point
from app.commands.rendering import as_json, counted, show
from app.commands.running import done
from app.commands.sources import document
from app.commands.terminal import out, print_json
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.transfer import Transfer
from app.transfer.document.entries import Entries, differences, entries_of_document, entries_of_writing

if TYPE_CHECKING:
    from app.settings import Settings

_ONTOLOGY = re.compile(r"([a-z][a-z0-9-]{0,99})(?:@(.+))?", re.ASCII)


@dataclass(frozen=True)
class Compare:
    """The difference from one to the other."""

    one: str
    other: str
    json: bool

    def __call__(self, settings: Settings) -> None:
        """Exit code 0 where they say the same, 2 where they do not."""
        files = {each: entries_of_document(document(Path(each))) for each in (self.one, self.other) if not _in_database(each)}
        held: dict[str, Entries] = {}
        if len(files) < len({self.one, self.other}):
            with database_of(settings) as ready:
                migrated(ready) if ready.development else require_newest(ready)
                held = done(_held(ready, [each for each in (self.one, self.other) if _in_database(each)]))
        both = files | held
        changes = differences(both[self.one], both[self.other])
        if self.json:
            print_json({"from": self.one, "to": self.other, "changes": as_json(changes)})
        elif changes:
            show(changes)
            out.print(f"From {self.one} to {self.other}: {counted(changes)}.", soft_wrap=True)
        else:
            out.print(f"{self.one} and {self.other} say the same.", soft_wrap=True)
        if changes:
            raise typer.Exit(CHANGES)


def _in_database(text: str) -> bool:
    """What exists as a file or folder is one, whatever else bears the name."""
    return _ONTOLOGY.fullmatch(text) is not None and not Path(text).exists()


async def _held(settings: Settings, names: list[str]) -> dict[str, Entries]:
    async with Database.opened(settings.database_url or "", size=1) as database:
        transfer = Transfer(database, Editing(database), Ontologies(database))
        found: dict[str, Entries] = {}
        for name in names:
            ontology, _, at = name.partition("@")
            found[name] = entries_of_writing((await transfer.export(operator(), ontology, point(at or None))).writing)
        return found
