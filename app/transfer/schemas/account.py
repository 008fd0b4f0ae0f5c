"""The account of an export that goes one way: every field of every entity is said, or on a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.transfer.receipt import Loss, Receipt, Tally

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.domain.entity import Entity
    from app.transfer.document.writing import Writing


@dataclass
class Account:
    """Counts the facts of one ontology as its entities are written."""

    writing: Writing
    tally: Tally = field(default_factory=Tally)
    facts: int = 0

    def called(self, entity: Entity) -> str:
        """The entity as lines name it: `property Person.name`."""
        return f"{entity.kind.words} {self.writing.called(entity.rid)}"

    def entity(self, entity: Entity, said: Collection[str]) -> dict[str, Any]:
        """The entity's fields; those that are not among the ones `said` are listed."""
        fields = self.writing.fields(entity)
        self.facts += len(fields)
        for name in fields:
            if name not in said:
                self.tally.add(Loss.FIELD_NOT_SAID, self.called(entity), f"{name} is not said.", 1)
        return fields

    def kind(self, entity: Entity, sentence: str) -> None:
        """Nothing of the entity is said."""
        count = len(self.writing.fields(entity))
        self.facts += count
        self.tally.add(Loss.KIND_NOT_SAID, self.called(entity), sentence, count)

    def adapted(self, code: Loss, entity: Entity, sentence: str) -> None:
        """Something is said in another way, or not as far as it goes."""
        self.tally.add(code, self.called(entity), sentence)

    def receipt(self) -> Receipt:
        """Called once, when everything is written."""
        lines = tuple(self.tally.lines())
        return Receipt(self.facts, self.facts - sum(line.statements for line in lines), lines)
