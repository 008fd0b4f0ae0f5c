"""The part of an ontology that rules may see: what was loaded, under what a change set makes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from app.domain.entity import Entity

if TYPE_CHECKING:
    from app.domain.definition import Definition, Edge

    D = TypeVar("D", bound=Definition)

REMEMBERED = 200  # rids; answers that are longer than a rule allows are looked for anew


class Closure:
    """Entities by rid with their references both ways; a rule never loads.

    `entities` are alive at the head. `settled` rids are those whose own rules can be judged, because all that their
    rules look at was loaded too. What is not here does not exist as far as a rule can tell, so the loader's table of
    edges (persistence) must cover what the rules follow; a test compares with the whole ontology.
    """

    def __init__(self, entities: Iterable[Entity] = (), *, settled: Iterable[str] | None = None) -> None:
        self._entities: dict[str, Entity] = {entity.rid: entity for entity in entities}
        self.settled: frozenset[str] = frozenset(self._entities if settled is None else settled)
        self._overlaid: Closure | None = None
        self._referrers: dict[str, dict[str, Entity]] | None = None
        self._remembered: dict[tuple[object, str], tuple[str, ...]] = {}

    def __contains__(self, rid: object) -> bool:
        return rid in self._entities

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._entities.values())

    def __len__(self) -> int:
        return len(self._entities)

    @property
    def before(self) -> Closure:
        """What it overlays: how everything was."""
        return self if self._overlaid is None else self._overlaid

    def get(self, rid: str) -> Entity | None:
        """The entity, None where there is none (any more)."""
        return self._entities.get(rid)

    def definition(self, rid: str | None, kind: type[D]) -> D | None:
        """The definition under the rid, None unless it is of the wanted class."""
        entity = self._entities.get(rid) if rid is not None else None
        return entity.definition if entity is not None and isinstance(entity.definition, kind) else None

    def referrers(self, rid: str, *edges: Edge) -> list[Entity]:
        """The entities that refer to the rid, by the given edges or by any."""
        if self._referrers is None:
            self._referrers = defaultdict(dict)
            for entity in self._entities.values():
                for target in entity.targets:
                    self._referrers[target][entity.rid] = entity
        found = self._referrers.get(rid, {}).values()
        if not edges:
            return list(found)
        return [entity for entity in found if any(ref.target == rid and ref.edge in edges for ref in entity.references)]

    def remembered(self, rid: str, found: Callable[[str, Closure], Iterable[str]]) -> tuple[str, ...]:
        """The rids that `found` leads to from this one; asked for often, looked for once, since a closure never changes."""
        key = (found, rid)
        kept = self._remembered.get(key)
        if kept is None:
            kept = tuple(found(rid, self))
            if len(kept) <= REMEMBERED:
                self._remembered[key] = kept
        return kept

    def overlaid(self, after: Mapping[str, Entity | None]) -> Closure:
        """This closure with some entities replaced, added (a rid that is new) or taken away (None)."""
        merged = dict(self._entities)
        for rid, entity in after.items():
            if entity is None:
                merged.pop(rid, None)
            else:
                merged[rid] = entity
        made = Closure(merged.values(), settled=self.settled)
        made._overlaid = self
        return made
