"""What earlier files said of each entity, folded out of the operations of their imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.change_set import Verb
from app.domain.kinds import KINDS
from app.domain.rid import REF
from app.transfer.document.walk import rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.change_set import Operation


def words_of(spoken: Sequence[tuple[str, Operation]]) -> dict[str, dict[str, Any]]:
    """The definitions' JSON as the files said it, by rid; each operation with its change set, in the order in which they were merged."""
    found: dict[str, dict[str, Any]] = {}
    refs = {(change_set, operation.ref): operation.rid for change_set, operation in spoken if operation.ref is not None}
    for change_set, operation in spoken:

        def resolved(_: str, text: str, __: str, change_set: str = change_set) -> str:
            return refs.get((change_set, text.removeprefix(REF)), text) if text.startswith(REF) else text

        said = rewritten(KINDS[operation.kind], operation.fields if operation.words is None else operation.words, resolved)
        if operation.verb is Verb.DELETE:
            found.pop(operation.rid, None)
        elif operation.verb is Verb.CREATE:
            found[operation.rid] = said
        elif operation.rid in found:
            known = found[operation.rid] | said
            found[operation.rid] = {name: value for name, value in known.items() if value is not None}
    return found
