"""What a deletion takes along: owned parts always, dependents only by a cascade, else it is refused."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.closure import Closure
from app.domain.common import REFERENCED
from app.domain.definition import Definition, Edge
from app.domain.entity import Entity
from app.domain.rules import Violation

SHOWN = 5  # referrers that a message names
OWNED = frozenset({Edge.OWNER})  # goes with its owner
DEPENDENT = frozenset({Edge.SIDE, Edge.FOREIGN_KEY, Edge.INTERMEDIARY, Edge.INTERMEDIARY_LINK, Edge.ACTION})  # a cascade deletes it
KEPT = frozenset({Edge.PRIMARY_KEY})  # not even a cascade: choose another key first
# By every other edge a cascade takes the reference out of what refers.


class Deletion:
    """Spreads from the entities that are deleted over those that refer to them."""

    def __init__(self, gone: dict[str, bool], closure: Closure, *, owning: bool = True) -> None:
        """`owning` says whether owned parts go; a rollback deletes what was created with it and nothing that came later."""
        self.gone = dict(gone)  # rid → whether by a cascade
        self.detached: dict[str, Definition] = {}
        self._closure = closure
        waiting = list(self.gone)
        for rid in waiting:
            for entity, edges in _referrers(rid, closure):
                cascade = self.gone[rid]
                if entity.rid in self.gone:
                    continue
                if (owning and edges & OWNED) or (cascade and edges & DEPENDENT):
                    self.gone[entity.rid] = cascade
                    waiting.append(entity.rid)
        self._detach()

    def _detach(self) -> None:
        gone = frozenset(rid for rid, cascade in self.gone.items() if cascade)
        for rid in gone:
            for entity, edges in _referrers(rid, self._closure):
                if entity.rid not in self.gone and not edges & (KEPT | DEPENDENT | OWNED):
                    definition = self.detached.get(entity.rid, entity.definition)
                    self.detached[entity.rid] = definition.detached(gone)

    def violations(self, after: Closure) -> Iterator[Violation]:
        """Who still refers to what is deleted, one violation for each deleted entity."""
        for rid in self.gone:
            still = after.referrers(rid)
            if still:
                yield REFERENCED.broken("", _sentence(self._closure.get(rid), still), by=tuple(entity.rid for entity in still), rid=rid)


def _referrers(rid: str, closure: Closure) -> Iterator[tuple[Entity, set[Edge]]]:
    for entity in closure.referrers(rid):
        yield entity, {reference.edge for reference in entity.references if reference.target == rid}


def _sentence(deleted: Entity | None, by: list[Entity]) -> str:
    name = deleted.definition.api_name if deleted else "It"
    shown = ", ".join(f"{entity.kind.words} {entity.definition.api_name}" for entity in by[:SHOWN])
    return f"{name} is still referred to by {shown}{f' and {len(by) - SHOWN} more' if len(by) > SHOWN else ''}."
