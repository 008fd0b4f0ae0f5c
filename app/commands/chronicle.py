"""What `oms log` and `oms show` do: tables and colours at a terminal, plain lines in a pipe, or JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from app.commands.database import database_of, migrated, require_newest
from app.commands.operator import operator
from app.commands.rendering import as_json, show
from app.commands.running import done
from app.commands.terminal import Refused, out, print_json
from app.domain.rid import well_formed
from app.persistence.database import Database
from app.services.change_sets import ChangeSets
from app.services.chronicle import Chronicle, Merge, Version
from app.transfer.document.entries import EntryChange, FieldChange, Verb

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from app.services.settling import EntityDiff
    from app.settings import Settings

_REVISION = re.compile(r"([a-z][a-z0-9-]{0,99})@(0|[1-9][0-9]{0,17})", re.ASCII)
_CHANGE_SET = ".changeset."
_VERBS = {"created": Verb.CREATE, "updated": Verb.UPDATE, "deleted": Verb.DELETE}


@dataclass(frozen=True)
class Log:
    """The newest merges of one ontology."""

    ontology: str
    upto: int | None
    limit: int
    json: bool

    def __call__(self, settings: Settings) -> None:
        """Newest first."""

        async def asked(database: Database) -> tuple[str, list[Merge]]:
            return await Chronicle(database).log(operator(), self.ontology, upto=self.upto, limit=self.limit)

        name, merges = _asked(settings, asked)
        if self.json:
            print_json({"ontology": name, "merges": [_merge(each) for each in merges]})
        else:
            _table(((str(each.revision), each) for each in merges), "revision")


@dataclass(frozen=True)
class Show:
    """One revision, change set or entity."""

    what: str
    json: bool

    def __call__(self, settings: Settings) -> None:
        """With everything that it changed, field by field; of an entity, every version."""
        revision = _REVISION.fullmatch(self.what)
        if revision is None and not well_formed(self.what):
            raise Refused(f"{self.what[:100]!r} is neither a revision such as sample@12 nor the rid of a change set or an entity.")

        async def asked(database: Database) -> None:
            chronicle = Chronicle(database)
            if revision is not None:
                merge = await chronicle.merge(operator(), revision[1], int(revision[2]))
                await self._change_set(database, merge.change_set, merge)
            elif _CHANGE_SET in self.what:
                await self._change_set(database, self.what, None)
            else:
                await self._entity(chronicle)

        _asked(settings, asked)

    async def _change_set(self, database: Database, rid: str, merge: Merge | None) -> None:
        chronicle = Chronicle(database)
        found = await chronicle.change_set(operator(), rid)
        diff = await ChangeSets(database).diff(operator(), rid)
        if merge is None and found.merged_revision is not None:
            merge = await chronicle.merge(operator(), found.ontology, found.merged_revision)
        values = [side for each in diff for field in each.fields for side in (field.before, field.after)]
        called = await chronicle.called(operator(), [*values, *(each.rid for each in diff)])
        changes = [_change(each, called) for each in diff]
        told: dict[str, Any] = {
            "changeSet": rid, "title": found.title, "description": found.description, "status": found.status.value,
            "review": found.review.value, "origin": found.origin.value, "author": found.author, "reviewer": found.approved_by,
        }  # fmt: skip
        if merge is not None:
            told |= {"revision": merge.revision, "mergedBy": merge.by, "mergedAt": merge.at.isoformat()}
        if self.json:
            print_json(told | {"changes": as_json(changes)})
            return
        for name, value in told.items():
            if value not in {None, ""}:
                out.print(Text(f"{name}: ", style="dim").append(str(value), style="default"), soft_wrap=True, markup=False)
        show(changes)

    async def _entity(self, chronicle: Chronicle) -> None:
        versions = await chronicle.versions(operator(), self.what)
        called = (await chronicle.called(operator(), [self.what]))[self.what]
        if self.json:
            print_json({"rid": self.what, "name": called, "versions": [_version(each) for each in versions]})
            return
        out.print(Text(called, style="bold").append(f" {self.what}", style="dim"), soft_wrap=True, markup=False)
        _table(((f"{each.version} {each.action}", each.merge) for each in versions), "version")


def _asked(settings: Settings, asked: Callable[[Database], Awaitable[Any]]) -> Any:
    async def run(url: str) -> Any:
        async with Database.opened(url, size=1) as database:
            return await asked(database)

    with database_of(settings) as ready:
        migrated(ready) if ready.development else require_newest(ready)
        return done(run(ready.database_url or ""))


def _table(merges: Iterable[tuple[str, Merge]], first: str) -> None:
    """A table at a terminal, the last column as wide as there is room; in a pipe, lines whose parts are set apart by tabs."""
    columns = (first, "when", "by", "reviewer", "changes", "reason")
    rows = [(key, f"{each.at:%Y-%m-%d %H:%M}", each.by, each.reviewer or "", _counts(each), each.title) for key, each in merges]
    if not out.is_terminal:
        for row in rows:
            out.file.write("\t".join(row) + "\n")
        return
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    taken = sum(max(map(len, (column, *cells))) + _GAP for column, *cells in list(zip(columns, *rows, strict=True))[:-1])
    for column in columns[:-1]:
        table.add_column(column, no_wrap=True, style=_STYLES.get(column, ""))
    table.add_column(columns[-1], no_wrap=True, overflow="ellipsis", max_width=max(out.width - taken - _GAP, len(columns[-1])))
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)


_GAP = 2  # columns between two cells
_STYLES = {"revision": "yellow", "version": "yellow", "when": "dim", "by": "cyan", "reviewer": "green"}


def _counts(merge: Merge) -> str:
    marks = {"created": "+", "updated": "~", "deleted": "-"}
    return " ".join(f"{mark}{merge.counts[action]:,}" for action, mark in marks.items() if merge.counts[action])


def _merge(each: Merge) -> dict[str, Any]:
    return {
        "revision": each.revision, "at": each.at.isoformat(), "by": each.by, "author": each.author, "reviewer": each.reviewer,
        "title": each.title, "description": each.description, "origin": each.origin, "changeSet": each.change_set, "counts": each.counts,
    }  # fmt: skip


def _version(each: Version) -> dict[str, Any]:
    return {"version": each.version, "action": each.action, **_merge(each.merge)}


def _change(diff: EntityDiff, called: dict[str, str]) -> EntryChange:
    fields = tuple(FieldChange(_named(each.path, called), _named(each.before, called), _named(each.after, called)) for each in diff.fields)
    return EntryChange(diff.kind, called.get(diff.rid, diff.api_name), _VERBS[diff.action.value], fields)


def _named(value: Any, called: dict[str, str]) -> Any:
    """The value with names for rids, also where they stand in a path."""
    if isinstance(value, str):
        return called.get(value) or re.sub(r"ri\.[a-zA-Z0-9._-]+", lambda found: called.get(found.group(), found.group()), value)
    if isinstance(value, dict):
        return {key: _named(each, called) for key, each in value.items()}
    return [_named(each, called) for each in value] if isinstance(value, (list, tuple)) else value
