"""Names for what a newer file adds, where others have them already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.change_set import Operation
from app.domain.planning import parse
from app.transfer.rdf.naming import LONGEST
from app.transfer.receipt import Code, Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.definition import Definition, Name, NameKey


class Numbering:
    """What is there keeps its name; of what is new, that whose name is taken gets 2, 3, …"""

    def __init__(self, held: Iterable[Definition]) -> None:
        self._taken: set[NameKey] = {name.key for definition in held for name in definition.names()}
        self.lines: list[Line] = []

    def free(self, operation: Operation) -> Operation:
        """The creation with names that nobody has."""
        fields = operation.fields
        parsed = parse(operation.kind, fields, None)
        if isinstance(parsed, list):
            return operation
        for name in parsed.names():
            if name.key in self._taken and name.path.endswith("apiName"):
                made = self._numbered(name)
                fields = _renamed(fields, name.path, made.text)
                self.lines.append(Line(Code.RENAMED, parsed.source_iri or "", f"{name.text} is taken here: it is named {made.text}."))
                self._taken.add(made.key)
            else:
                self._taken.add(name.key)
        return Operation(operation.verb, operation.kind, ref=operation.ref, fields=fields)

    def _numbered(self, name: Name) -> Name:
        count = 2
        while True:
            made = type(name)(name.namespace, f"{name.text[: LONGEST - len(str(count))]}{count}", name.path)
            if made.key not in self._taken:
                return made
            count += 1


def _renamed(fields: dict[str, Any], path: str, name: str) -> dict[str, Any]:
    side, _, own = path.rpartition(".")
    return {**fields, own: name} if not side else {**fields, side: {**fields[side], own: name}}
