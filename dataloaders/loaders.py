"""Batched reads: whatever the fields of one level ask for is fetched in one statement, once an operation.

Made anew for each operation, on sockets too, since what they remember is one state of the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import cached_property, partial
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
    from dataloaders.kept_versions import KeptVersions

K = TypeVar("K", bound=Hashable)


class Listing(NamedTuple):
    """The same page below any parent."""

    source: Source
    at: At | None
    selection: Selection


class Single(NamedTuple):
    """An entity, or `only` some of its columns."""

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

    def __init__(self, snapshot: Snapshot, kept: KeptVersions | None = None) -> None:
        """`kept` are versions of entities that need not be read again."""
        self._snapshot = snapshot
        self._kept = kept
        self.epoch: int | None = None  # of the snapshot, once somebody has read it
        self._pages: dict[Listing, Loader[str, Rows]] = {}
        self._totals: dict[Listing, Loader[str, Total]] = {}
        self._entities: dict[At, Loader[Single, Record | None]] = {}

    # Each is made by who first asks it: an operation needs one or two of them.

    @cached_property
    def names(self) -> Loader[Named, Record | None]:
        """Entities by their names."""
        return Loader(self._read_names)

    @cached_property
    def anywhere(self) -> Loader[str, Record | None]:
        """Entities as they are now, in any ontology."""
        return self._plain(entities.anywhere)

    @cached_property
    def versions(self) -> Loader[tuple[str, int], Any]:
        """Versions of entities."""
        return self._plain(self._read_versions)

    @cached_property
    def merges(self) -> Loader[tuple[str, int], Record | None]:
        """Merges by ontology and revision."""
        return self._plain(history.merges)

    @cached_property
    def index_statuses(self) -> Loader[str, list[Record]]:
        """What each sink has of an entity."""
        return self._plain(sinks.statuses)

    @cached_property
    def change_sets(self) -> Loader[str, Record | None]:
        """Change sets by rid."""
        return self._plain(change_sets.by_rid)

    @cached_property
    def blame(self) -> Loader[blame.Wanted, dict[str, list[Step]] | None]:
        """The merges in which the fields of an entity changed."""
        return self._plain(blame.steps)

    @cached_property
    def reasons(self) -> Loader[tuple[str, int], Any]:
        """Why a merge was, by ontology and revision."""
        return self._plain(blame.reasons)

    @cached_property
    def locks(self) -> Loader[str, Lease | None]:
        """Edit locks that are held."""
        return self._plain(leases.held)

    @cached_property
    def ontologies(self) -> Loader[str, Record | None]:
        """Ontologies by rid."""
        return self._plain(ontologies.by_rid)

    @cached_property
    def ontology_names(self) -> Loader[str, Record | None]:
        """Ontologies by their names in lower case."""
        return self._plain(ontologies.by_name)

    def pages(self, listing: Listing) -> Loader[str, Rows]:
        """The page below each parent."""
        found = self._pages.get(listing)
        if found is None:
            found = self._pages[listing] = Loader(partial(self._read_pages, listing))
        return found

    def totals(self, listing: Listing) -> Loader[str, Total]:
        """How many rows there are below each parent."""
        found = self._totals.get(listing)
        if found is None:
            found = self._totals[listing] = Loader(partial(self._read_totals, listing))
        return found

    def entities(self, at: At) -> Loader[Single, Record | None]:
        """Entities as of a revision."""
        found = self._entities.get(at)
        if found is None:
            found = self._entities[at] = Loader(partial(self._read_entities, at))
        return found

    def _plain(self, read: Callable[[Snapshot, Sequence[K]], Awaitable[dict[K, Any]]]) -> Loader[K, Any]:
        async def load(keys: list[K]) -> list[Any]:
            found = await read(self._snapshot, keys)
            return [found.get(key) for key in keys]

        return Loader(load)

    async def _read_pages(self, listing: Listing, parents: list[str]) -> list[Rows]:
        found = await pages(self._snapshot, listing.source, listing.at, parents, listing.selection)
        return [found.get(parent, NOTHING) for parent in parents]

    async def _read_totals(self, listing: Listing, parents: list[str]) -> list[Total]:
        found = await totals(self._snapshot, listing.source, listing.at, parents, listing.selection)
        return [found.get(parent, NONE) for parent in parents]

    async def _read_entities(self, at: At, wanted: list[Single]) -> list[Record | None]:
        columns = {only for _, only in wanted}
        only = None if None in columns else frozenset().union(*(each for each in columns if each is not None))
        found = await entities.by_rid(self._snapshot, at, list(dict.fromkeys([rid for rid, _ in wanted])), only)
        return [found.get(rid) for rid, _ in wanted]

    async def _read_versions(self, snapshot: Snapshot, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Any]:
        if self._kept is None:
            return dict(await entities.versions(snapshot, wanted))
        if self.epoch is None:
            self.epoch = await ontologies.epoch(snapshot)
        return await self._kept.read(snapshot, self.epoch, wanted)

    async def _read_names(self, wanted: list[Named]) -> list[Record | None]:
        groups: dict[tuple[At, Kind], list[tuple[str, str]]] = defaultdict(list)
        for each in wanted:
            groups[each.at, each.kind].append((each.namespace, each.name))
        found = {group: await entities.by_name(self._snapshot, *group, names) for group, names in groups.items()}
        return [found[each.at, each.kind].get((each.namespace, each.name)) for each in wanted]
