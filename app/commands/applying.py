"""What `oms plan` and `oms apply` do: a file beside the ontology, what that changes, what stands in the way, and the change."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from app.commands.database import database_of, migrated, require_newest
from app.commands.operator import operator
from app.commands.rendering import as_json, counted, refusals, show
from app.commands.sources import document
from app.commands.terminal import Refused, out, print_json
from app.domain.change_set import Origin
from app.domain.errors import NameTaken, OmsError, StillReferenced, ValidationFailed, VersionConflict
from app.domain.text import DISPLAY_NAME
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.ontologies import Ontologies
from app.services.transfer import Compared, Imported, Outcome, Transfer
from app.transfer.document.entries import EntryChange, Verb, differences, entries_of_document, entries_of_writing
from app.transfer.document.writing import Writing

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings

CHANGES = 2  # the exit code of a plan that is not empty


@dataclass(frozen=True)
class Planned:
    """What a file changes, and what stands in the way."""

    compared: Compared
    changes: list[EntryChange]
    problem: OmsError | None


@dataclass(frozen=True)
class Apply:
    """One file or folder and one ontology; a plan where it is `dry`."""

    path: Path
    ontology: str
    only_named: bool
    json: bool
    dry: bool
    review: bool = False
    revision: int | None = None
    title: str = ""
    yes: bool = False

    def __call__(self, settings: Settings) -> None:
        """Show the plan, and unless it is only one, make the change."""
        said = document(self.path)
        with database_of(settings) as ready:
            migrated(ready) if ready.development else require_newest(ready)
            asyncio.run(self._run(ready, said))

    async def _run(self, settings: Settings, said: dict[str, Any]) -> None:
        seconds = settings.limits.long_statement_seconds
        async with Database.opened(settings.database_url or "", size=2, long_statement_seconds=seconds) as database:
            transfer = Transfer(database, Editing(database), Ontologies(database))
            planned = await self._planned(transfer, said)
            if not self.json:
                self._show(planned)
            if planned.problem is not None:
                raise self._refused(planned)
            if self.dry:
                self._end(planned)
                return
            if planned.changes and not self.json:
                self._confirm(planned)
            imported = await self._changed(transfer, planned, dry_run=False)
            self._told(planned, imported)

    async def _planned(self, transfer: Transfer, said: dict[str, Any]) -> Planned:
        try:
            compared = await transfer.compared(operator(), self.ontology, said, prune=not self.only_named)
        except ValidationFailed as refused:
            raise self._refused(Planned(Compared(0, (), ()), [], refused)) from refused
        if self.revision is not None and compared.revision != self.revision:
            raise Refused(f"The ontology {self.ontology} is at revision {compared.revision}, not {self.revision}: plan again.")
        before = entries_of_writing(Writing(compared.held))
        after = entries_of_document(said)
        changes = differences(before, before | after if self.only_named else after)
        try:
            await self._changed(transfer, Planned(compared, changes, None), dry_run=True)
        except OmsError as refused:
            return Planned(compared, changes, refused)
        return Planned(compared, changes, None)

    async def _changed(self, transfer: Transfer, planned: Planned, *, dry_run: bool) -> Imported:
        title = self.title or f"Apply {self.path.name}"[:DISPLAY_NAME]
        operations = planned.compared.operations
        review = self.review
        try:
            return await transfer.import_(
                operator(), self.ontology, operations, title=title, origin=Origin.APPLY, review=review, dry_run=dry_run
            )
        except VersionConflict as refused:
            moved = ", ".join(sorted({self._called(planned, each.rid) for each in refused.conflicts})[:5])
            raise Refused(
                f"Somebody changed {moved} of {self.ontology} after revision {planned.compared.revision}; nothing was stored: plan again."
            ) from refused

    def _called(self, planned: Planned, rid: str) -> str:
        writing = Writing(planned.compared.held)
        found = writing.closure.get(rid)
        return rid if found is None else f"{found.kind.words} {writing.called(rid)}"

    def _show(self, planned: Planned) -> None:
        show(planned.changes)
        if isinstance(planned.problem, ValidationFailed | NameTaken | StillReferenced):
            writing = Writing(planned.compared.held)
            called = {each.rid: f"{each.kind.words} {writing.called(each.rid)}" for each in planned.compared.held}
            named = {
                **called,
                **{each.rid: f"{each.kind.words} {each.fields.get('apiName', '')}" for each in planned.compared.operations if each.ref},
            }
            refusals(planned.problem.violations, named)

    def _refused(self, planned: Planned) -> Refused:
        problem = planned.problem
        if problem is None:
            return Refused("Nothing was changed.")
        violations = problem.violations if isinstance(problem, ValidationFailed | NameTaken | StillReferenced) else ()
        told = [{"rule": each.rule, "rid": each.rid, "path": each.path, "message": each.message} for each in violations]
        if self.json:
            print_json(self._answer(planned) | {"code": problem.code.value, "message": problem.message, "refusals": told})
        elif not planned.changes:
            refusals(violations, {})
        return Refused(f"{self.path} cannot be applied to {self.ontology}, and nothing was stored: {problem.message}")

    def _answer(self, planned: Planned) -> dict[str, Any]:
        return {"ontology": self.ontology, "revision": planned.compared.revision, "changes": as_json(planned.changes)}

    def _end(self, planned: Planned) -> None:
        if self.json:
            print_json(self._answer(planned) | {"refusals": []})
        elif planned.changes:
            out.print(f"Plan for {self.ontology} at revision {planned.compared.revision}: {counted(planned.changes)}.", soft_wrap=True)
        else:
            out.print(f"The ontology {self.ontology} already says what {self.path} says.", soft_wrap=True)
        if planned.changes:
            raise typer.Exit(CHANGES)

    def _confirm(self, planned: Planned) -> None:
        """People are asked before anything is deleted; scripts say what they do."""
        gone = sum(change.verb is Verb.DELETE for change in planned.changes)
        if gone and not self.yes and sys.stdin.isatty() and not typer.confirm(f"Delete {gone:,} of {self.ontology}?"):
            raise Refused("Nothing was changed.")

    def _told(self, planned: Planned, imported: Imported) -> None:
        if self.json:
            answer = self._answer(planned) | {"outcome": imported.outcome.value, "refusals": []}
            answer |= {"changeSet": imported.change_set.rid} if imported.change_set is not None else {}
            print_json(answer | ({"merged": imported.revision} if imported.revision is not None else {}))
        elif imported.outcome is Outcome.UNCHANGED or imported.change_set is None:
            out.print(f"The ontology {self.ontology} already says what {self.path} says: nothing was changed.", soft_wrap=True)
        elif imported.outcome is Outcome.IN_REVIEW:
            out.print(
                f"[yellow]The change set {imported.change_set.rid} is open for review:[/] {counted(planned.changes)}.", soft_wrap=True
            )
        else:
            out.print(f"[green]Merged as revision {imported.revision} of {self.ontology}:[/] {counted(planned.changes)}.", soft_wrap=True)
