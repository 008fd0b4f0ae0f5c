"""Batched reads: whatever the fields of one level ask for is fetched in one statement, once an operation.

Made anew for each operation, on sockets too, since what they remember is one state of the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from app.persistence import leases, sinks
from app.persistence.reads import blame, change_sets, entities, history, ontologies
from app.persistence.reads.pages import NOTHING, Rows, Source, pages
from app.persistence.reads.totals import NONE, Total, totals
from dataloaders.wanted import Loader

if TYPE_CHECKING:
    from asyncpg import Record

    from app.domain.blame import Step
    from app.domain.kind import Kind
    from app.domain.lease import Lease
    from app.persistence.database import Snapshot
    from app.persistence.reads.selection import At, Selection

K = TypeVar("K", bound=Hashable)


class Listing(NamedTuple):
    """The same page below any parent."""

    source: Source
    at: At | None
    selection: Selection


class Listed(NamedTuple):
    """A page below one parent; pages that differ in nothing else are fetched together."""

    listing: Listing
    parent: str


class Single(NamedTuple):
    """An entity as of a revision, or `only` some of its columns."""

    at: At
    rid: str
    only: frozenset[str] | None = None


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
        self.pages: Loader[Listed, Rows] = Loader(self._pages)
        self.totals: Loader[Listed, Total] = Loader(self._totals)
        self.entities: Loader[Single, Record | None] = Loader(self._entities)
        self.names: Loader[Named, Record | None] = Loader(self._names)
        self.anywhere = self._plain(entities.anywhere)
        self.versions = self._plain(entities.versions)
        self.merges = self._plain(history.merges)
        self.index_statuses = self._plain(sinks.statuses)
        self.change_sets = self._plain(change_sets.by_rid)
        self.blame: Loader[blame.Wanted, dict[str, list[Step]] | None] = self._plain(blame.steps)
        self.reasons = self._plain(blame.reasons)  # by ontology and revision
        self.locks: Loader[str, Lease | None] = self._plain(leases.held)
        self.ontologies = self._plain(ontologies.by_rid)
        self.ontology_names = self._plain(ontologies.by_name)  # by lower-cased name

    def _plain(self, read: Callable[[Snapshot, Sequence[K]], Awaitable[dict[K, Any]]]) -> Loader[K, Any]:
        async def load(keys: list[K]) -> list[Any]:
            found = await read(self._snapshot, keys)
            return [found.get(key) for key in keys]

        return Loader(load)

    async def _pages(self, wanted: list[Listed]) -> list[Rows]:
        found = {
            listing: await pages(self._snapshot, listing.source, listing.at, parents, listing.selection)
            for listing, parents in _grouped(wanted).items()
        }
        return [found[listing].get(parent, NOTHING) for listing, parent in wanted]

    async def _totals(self, wanted: list[Listed]) -> list[Total]:
        found = {
            listing: await totals(self._snapshot, listing.source, listing.at, parents, listing.selection)
            for listing, parents in _grouped(wanted).items()
        }
        return [found[listing].get(parent, NONE) for listing, parent in wanted]

    async def _entities(self, wanted: list[Single]) -> list[Record | None]:
        rids: dict[At, list[str]] = defaultdict(list)
        columns: dict[At, frozenset[str] | None] = defaultdict(frozenset)
        for at, rid, only in wanted:
            rids[at].append(rid)
            known = columns[at]
            columns[at] = None if known is None or only is None else known if known is only else known | only
        found = {at: await entities.by_rid(self._snapshot, at, list(dict.fromkeys(rids[at])), columns[at]) for at in rids}
        return [found[at].get(rid) for at, rid, _ in wanted]

    async def _names(self, wanted: list[Named]) -> list[Record | None]:
        groups: dict[tuple[At, Kind], list[tuple[str, str]]] = defaultdict(list)
        for each in wanted:
            groups[each.at, each.kind].append((each.namespace, each.name))
        found = {group: await entities.by_name(self._snapshot, *group, names) for group, names in groups.items()}
        return [found[each.at, each.kind].get((each.namespace, each.name)) for each in wanted]


def _grouped(wanted: Sequence[Listed]) -> dict[Listing, list[str]]:
    groups: dict[Listing, list[str]] = defaultdict(list)
    for listing, parent in wanted:
        groups[listing].append(parent)
    return groups
