"""Batched reads: whatever the fields of one level ask for is fetched in one statement, once an operation.

Made anew for each operation, on sockets too, since what they remember is one state of the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from strawberry.dataloader import DataLoader

from app.persistence import leases
from app.persistence.reads import change_sets, entities, history, ontologies
from app.persistence.reads.pages import NOTHING, Rows, Source, pages, totals

if TYPE_CHECKING:
    from asyncpg import Record

    from app.domain.kind import Kind
    from app.domain.lease import Lease
    from app.persistence.database import Snapshot
    from app.persistence.reads.selection import At, Selection

K = TypeVar("K", bound=Hashable)


class Listed(NamedTuple):
    """A page below one parent; pages that differ in nothing else are fetched together."""

    source: Source
    at: At | None
    selection: Selection
    parent: str


class Named(NamedTuple):
    """An entity by its name in a namespace."""

    at: At
    kind: Kind
    namespace: str
    name: str


class Loaders:
    """Every loader of one operation, over its one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.pages: DataLoader[Listed, Rows] = DataLoader(self._pages)
        self.totals: DataLoader[Listed, int] = DataLoader(self._totals)
        self.entities: DataLoader[tuple[At, str], Record | None] = DataLoader(self._entities)
        self.names: DataLoader[Named, Record | None] = DataLoader(self._names)
        self.anywhere = self._plain(entities.anywhere)
        self.versions = self._plain(entities.versions)
        self.merges = self._plain(history.merges)
        self.change_sets = self._plain(change_sets.by_rid)
        self.locks: DataLoader[str, Lease | None] = self._plain(leases.held)
        self.ontologies = self._plain(ontologies.by_rid)
        self.ontology_names = self._plain(ontologies.by_name)  # by lower-cased name

    def _plain(self, read: Callable[[Snapshot, Sequence[K]], Awaitable[dict[K, Any]]]) -> DataLoader[K, Any]:
        async def load(keys: list[K]) -> list[Any]:
            found = await read(self._snapshot, keys)
            return [found.get(key) for key in keys]

        return DataLoader(load)

    async def _pages(self, wanted: list[Listed]) -> list[Rows]:
        found: dict[Listed, Rows] = {}
        for (source, at, selection), parents in _grouped(wanted).items():
            rows = await pages(self._snapshot, source, at, parents, selection)
            found.update({Listed(source, at, selection, parent): page for parent, page in rows.items()})
        return [found.get(each, NOTHING) for each in wanted]

    async def _totals(self, wanted: list[Listed]) -> list[int]:
        found: dict[Listed, int] = {}
        for (source, at, selection), parents in _grouped(wanted).items():
            counts = await totals(self._snapshot, source, at, parents, selection)
            found.update({Listed(source, at, selection, parent): count for parent, count in counts.items()})
        return [found.get(each, 0) for each in wanted]

    async def _entities(self, wanted: list[tuple[At, str]]) -> list[Record | None]:
        by_revision: dict[At, list[str]] = defaultdict(list)
        for at, rid in wanted:
            by_revision[at].append(rid)
        found = {at: await entities.by_rid(self._snapshot, at, rids) for at, rids in by_revision.items()}
        return [found[at].get(rid) for at, rid in wanted]

    async def _names(self, wanted: list[Named]) -> list[Record | None]:
        groups: dict[tuple[At, Kind], list[tuple[str, str]]] = defaultdict(list)
        for each in wanted:
            groups[each.at, each.kind].append((each.namespace, each.name))
        found = {group: await entities.by_name(self._snapshot, *group, names) for group, names in groups.items()}
        return [found[each.at, each.kind].get((each.namespace, each.name)) for each in wanted]


def _grouped(wanted: Sequence[Listed]) -> dict[tuple[Source, At | None, Selection], list[str]]:
    groups: dict[tuple[Source, At | None, Selection], list[str]] = defaultdict(list)
    for each in wanted:
        groups[each.source, each.at, each.selection].append(each.parent)
    return groups
