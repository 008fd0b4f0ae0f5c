"""Differences for people, as wide as the terminal, and for scripts as JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson
from rich.text import Text

from app.commands.terminal import out
from app.transfer.document.entries import EntryChange, FieldChange, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.rules import Violation

_MARKS = {Verb.CREATE: ("+", "green"), Verb.UPDATE: ("~", "yellow"), Verb.DELETE: ("-", "red")}
_WORDS = {Verb.CREATE: "to create", Verb.UPDATE: "to update", Verb.DELETE: "to delete"}
_LEAST = 12  # columns that a value gets, however narrow the terminal


def show(changes: Sequence[EntryChange]) -> None:
    """Each entity with what changes; a value of a terminal is cut where the line ends, one of a pipe is whole."""
    for change in changes:
        mark, colour = _MARKS[change.verb]
        _line(Text(f"{mark} {change.kind.words} ", style=colour).append(change.name, style=f"bold {colour}"))
        if change.verb is Verb.DELETE:
            continue
        for field in change.fields:
            _line(_field(field, created=change.verb is Verb.CREATE))


def refusals(violations: Iterable[Violation], called: dict[str, str]) -> None:
    """Each broken rule with its place."""
    for each in violations:
        where = called.get(each.rid, "")
        place = ".".join(part for part in (where, each.path) if part)
        if place and each.message.startswith(f"{place}: "):
            place = ""  # the sentence begins with it
        _line(
            Text("! ", style="bold red").append(f"{place}: " if place else "").append(each.message).append(f" ({each.rule})", style="dim")
        )


def counted(changes: Iterable[EntryChange]) -> str:
    """`2 to create, 1 to update, 0 to delete`."""
    counts = Counter(change.verb for change in changes)
    return ", ".join(f"{counts[verb]:,} {words}" for verb, words in _WORDS.items())


def as_json(changes: Iterable[EntryChange]) -> list[dict[str, Any]]:
    """What `--json` answers; a value that is not there is null."""
    return [
        {
            "kind": change.kind.name,
            "name": change.name,
            "action": change.verb.value,
            "fields": [{"path": field.path, "before": field.before, "after": field.after} for field in change.fields],
        }
        for change in changes
    ]


def _field(field: FieldChange, *, created: bool) -> Text:
    line = Text(f"    {field.path}: ")
    if created:
        return line.append(_said(field.after, line.cell_len), style="green")
    room = (out.width - line.cell_len - 3) // 2
    line.append(_cut(_said(field.before, 0), room), style="red" if field.before is not None else "dim")
    return line.append(" → ").append(_cut(_said(field.after, 0), room), style="green" if field.after is not None else "dim")


def _said(value: Any, before: int) -> str:
    text = "nothing" if value is None else orjson.dumps(value).decode()
    return _cut(text, out.width - before) if before else text


def _cut(text: str, room: int) -> str:
    room = max(room, _LEAST)
    return text if not out.is_terminal or len(text) <= room else f"{text[: room - 1]}…"


def _line(text: Text) -> None:
    out.print(text, soft_wrap=True, markup=False)
