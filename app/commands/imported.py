"""How an import ends for people and scripts: tables and a sentence, or JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.table import Table

from app.commands.receipts import account
from app.commands.terminal import Refused, notes, out, print_json
from app.domain.errors import NameTaken, OmsError, StillReferenced, ValidationFailed
from app.services.transfer import Imported, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.domain.rules import Violation

SHOWN = 20  # violations; --json has all of them
_TITLES = {Outcome.MERGED: "Merged", Outcome.IN_REVIEW: "Open for review", Outcome.PLANNED: "Planned"}


def refusal(file: str, problem: OmsError, *, json: bool) -> Refused:
    """The one sentence; every broken rule is told before it, to scripts as JSON."""
    violations: Sequence[Violation] = problem.violations if isinstance(problem, ValidationFailed | NameTaken | StillReferenced) else ()
    if json:
        told = [{"rule": each.rule, "rid": each.rid, "path": each.path, "message": each.message} for each in violations]
        print_json({"imported": False, "code": problem.code.value, "message": problem.message, "violations": told})
    elif len(violations) > 1:
        for each in violations[:SHOWN]:
            notes.print(f"[yellow]{each.rule}[/] {each.message}", soft_wrap=True)
        if len(violations) > SHOWN:
            notes.print(f"… and {len(violations) - SHOWN:,} more; --json has all of them.")
    return Refused(f"{file} was not imported, and nothing was stored: {problem.message}")


def show(file: str, imported: Imported, *, kept: Path | None, json: bool) -> None:
    """What was changed or would be, and what was adapted or left out; `kept` is where the receipt was written."""
    receipt = imported.receipt
    if json:
        print_json(_answer(imported))
        return
    if imported.outcome is Outcome.UNCHANGED:
        out.print(f"The ontology {imported.ontology} already says what {file} says: nothing was changed.", soft_wrap=True)
        return
    out.print(_entities(imported))
    if receipt.lines:
        out.print(account(receipt, out))
    where = f"the receipt is in {kept}" if kept else "--receipt FILE keeps every line"
    tail = f" {receipt.carried:,} of {receipt.statements:,} statements are carried; {where}." if receipt.statements else ""
    out.print(f"[green]{_sentence(imported)}[/]{tail}", soft_wrap=True)


def _sentence(imported: Imported) -> str:
    if imported.outcome is Outcome.PLANNED:
        return "Nothing stands in the way; nothing was stored."
    if imported.change_set is not None and imported.outcome is Outcome.IN_REVIEW:
        return f"The change set {imported.change_set.rid} of {imported.ontology} is open for review."
    return f"Merged as revision {imported.revision} of {imported.ontology}."


def _answer(imported: Imported) -> dict[str, Any]:
    counts = Counter(f"{change.kind.value}.{change.action.value}" for change in imported.changes)
    answer: dict[str, Any] = {
        "imported": imported.outcome is Outcome.MERGED or imported.outcome is Outcome.UNCHANGED,
        "outcome": imported.outcome.value,
        "ontology": imported.ontology,
        "changes": dict(sorted(counts.items())),
    }
    if imported.change_set is not None:
        answer["changeSet"] = imported.change_set.rid
    if imported.revision is not None:
        answer["revision"] = imported.revision
    receipt = imported.receipt
    by_code = {code.value: {"lines": lines, "statements": count} for code, lines, count in receipt.by_code()}
    return answer | {"statements": receipt.statements, "carried": receipt.carried, "receipt": by_code}


def _entities(imported: Imported) -> Table:
    table = Table("kind", title=_TITLES[imported.outcome], title_justify="left")
    actions = ("created", "updated", "deleted")
    for action in actions:
        table.add_column(action, justify="right")
    counts = Counter((change.kind, change.action.value) for change in imported.changes)
    for kind in sorted({kind for kind, _ in counts}):
        table.add_row(kind.words, *(f"{counts[kind, action]:,}" if counts[kind, action] else "" for action in actions))
    table.add_row("[bold]all[/]", *(f"[bold]{sum(n for (_, a), n in counts.items() if a == action):,}[/]" for action in actions))
    return table
