"""What a counter-example is: operations that break exactly one rule at exactly one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.change_set import Operation, Origin


@dataclass(frozen=True)
class CounterExample:
    """`does` breaks the rule at the path once `before` was merged; `mended` breaks none in its stead."""

    rule: str
    path: str
    does: Sequence[Operation]
    before: Sequence[Operation] = ()
    mended: Sequence[Operation] | None = None
    strict: bool = True
    origin: Origin = Origin.EDIT

    def __str__(self) -> str:
        return f"{self.rule} at {self.path or 'the whole'}"
