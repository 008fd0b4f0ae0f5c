"""What the resolvers of one operation share: who asks, one state of the database, and loaders over it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.errors import BadInput, CursorExpired, NotFound, Unavailable
from app.limits import Limits
from app.persistence.reads import ontologies
from app.persistence.reads.selection import At
from app.services.graphing import Graphs
from app.services.slots import Slots, export_slots
from app.web.cursors import Cursors
from dataloaders.loaders import Loaders
from resolvers.leftovers import untie

if TYPE_CHECKING:
    from asyncpg import Record

    from app.domain.actor import Actor
    from app.persistence.database import Database, Snapshot
    from app.services.attendance import Attendance
    from app.services.change_sets import ChangeSets
    from app.services.editing import Editing
    from app.services.imports import Imports
    from app.services.live import Live
    from app.services.locks import Locks
    from app.services.ontologies import Ontologies
    from app.services.repairs import Repairs
    from app.services.searching import Searching
    from app.services.syncing import Syncing
    from dataloaders.kept_versions import KeptVersions
    from resolvers.transport.answer import RequestFacts

PATIENCE = 1.0  # seconds that a reader waits for a revision that it has heard of
PAUSE = 0.05  # seconds between two looks
_REVISION = re.compile(r"([1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})", re.ASCII)
_SEEN = re.compile(r"([a-z][a-z0-9-]{0,99})=(\S+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases that resolvers call."""

    editing: Editing
    change_sets: ChangeSets
    ontologies: Ontologies
    locks: Locks
    graphs: Graphs = field(default_factory=Graphs)
    live: Live | None = None  # only where subscriptions are served
    attendance: Attendance | None = None  # likewise
    imports: Imports | None = None  # only where files are taken
    searching: Searching | None = None  # only where there is a search engine
    repairs: Repairs | None = None
    syncing: Syncing | None = None
    exports: Slots = field(default_factory=lambda: export_slots(Limits().exports))
    sinks: tuple[str, ...] = ()  # those that are set up


@dataclass(frozen=True, slots=True)
class Shared:
    """What all operations of a process have in common; `contexts` makes theirs from it."""

    database: Database
    services: Services
    cursors: Cursors
    limits: Limits
    release: str = ""
    kept_versions: KeptVersions | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @asynccontextmanager
    async def open_context(self, actor: Actor, facts: RequestFacts) -> AsyncIterator[Context]:
        """The context of one operation or one event; its snapshot is given back at the end."""
        context = Context(self, actor, facts)
        try:
            await context.refresh()
            if context.seen:
                await context.catch_up(context.seen)
            yield context
        finally:
            await context.close()


class Context:
    """One operation's world. `revisions` collects what was read, for the answer's OMS-Revision."""

    snapshot: Snapshot
    loaders: Loaders

    def __init__(self, shared: Shared, actor: Actor, facts: RequestFacts) -> None:
        self.shared = shared
        self.services = shared.services
        self.cursors = shared.cursors
        self.limits = shared.limits
        self.actor = actor
        self.request_id = facts.request_id
        self.idempotency_key = facts.idempotency_key
        self.last_event_id = facts.last_event_id
        self.min_revision = facts.min_revision
        self.seen = seen_revisions(facts.min_revision)
        self.revisions: dict[str, str] = {}
        self.http_status: int | None = None
        self.retry_after: int | None = None
        self._stack = AsyncExitStack()

    async def refresh(self) -> None:
        """Read from now on what is stored now; a mutation calls it after its commit, before anything reads its outcome."""
        await self.close()
        self.snapshot = await self._stack.enter_async_context(self.shared.database.reading())
        self.loaders = Loaders(self.snapshot, self.shared.kept_versions)

    async def close(self) -> None:
        """Give the snapshot back, and let go of what was read."""
        await self._stack.aclose()
        if (loaders := vars(self).pop("loaders", None)) is not None:
            untie(loaders)

    async def ontology(self, api_name: str, min_revision: str | None = None) -> tuple[Record, At]:
        """An ontology by name with its newest revision, never from before the one that the caller has seen."""
        wanted = parsed_revision(min_revision) if min_revision is not None else None
        row = await self._found(api_name)
        if wanted is not None and not _reached(row, wanted):
            await self.catch_up({api_name: wanted})
            row = await self._found(api_name)
        return row, self.head(row)

    async def ontology_of(self, rid: str) -> tuple[Record, At]:
        """The ontology with this rid, which something in the database refers to."""
        row = await self.loaders.ontologies.load(rid)
        if row is None:
            raise NotFound("ontology", rid)
        return row, self.head(row)

    def head(self, row: Record) -> At:
        """The newest revision of an ontology's row, noted as read."""
        at = At(row["rid"], row["head_revision"], row["head_revision"], row["epoch"])
        self.loaders.epoch = at.epoch
        self.note(row["api_name"], at)
        return at

    def note(self, api_name: str, at: At) -> None:
        """That the answer was read from the ontology's newest revision."""
        self.revisions[api_name] = f"{at.epoch}.{at.head}"

    async def as_of(self, at: At, point: int | datetime | None) -> At:
        """The revision that a point in history names; NOT_FOUND where the ontology has not come so far."""
        if point is None:
            return at
        revision = point if isinstance(point, int) else await ontologies.at_time(self.snapshot, at.ontology, point)
        if revision > at.head:
            raise NotFound("revision", str(revision))
        return at.back(revision)._replace(asked=True)

    async def catch_up(self, wanted: Mapping[str, tuple[int, int]]) -> None:
        """Wait briefly until each ontology is where the caller has seen it; else UNAVAILABLE."""
        rows = await self.loaders.ontology_names.load_many([name.lower() for name in wanted])
        behind = _behind(wanted, [row for row in rows if row is not None])
        if not behind:
            return
        until = asyncio.get_running_loop().time() + PATIENCE
        while behind and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(PAUSE)
            async with self.shared.database.reading() as fresh:
                found = await ontologies.by_name(fresh, list(behind))
            behind = _behind(behind, list(found.values()))
        if behind or self.snapshot.statements > 1:  # what other fields have read from this snapshot stands
            name, (epoch, revision) = next(iter(wanted.items()))
            raise Unavailable(f"The revision {epoch}.{revision} of the ontology {name} is not known here yet; try again.")
        await self.refresh()

    async def _found(self, api_name: str) -> Record:
        row = await self.loaders.ontology_names.load(api_name.lower())
        if row is None:
            raise NotFound("ontology", api_name[:120])
        return row


def _behind(wanted: Mapping[str, tuple[int, int]], rows: Sequence[Record]) -> dict[str, tuple[int, int]]:
    by_name = {row["api_name"].lower(): row for row in rows}
    known = ((name, seen, by_name.get(name.lower())) for name, seen in wanted.items())
    return {name: seen for name, seen, row in known if row is not None and not _reached(row, seen)}


def _reached(row: Record, wanted: tuple[int, int]) -> bool:
    epoch, revision = wanted
    if epoch != row["epoch"]:
        raise CursorExpired("The revision is of another epoch of the database: read the data again and start from its revision.")
    return bool(row["head_revision"] >= revision)


def parsed_revision(text: str) -> tuple[int, int]:
    """Epoch and revision, as `1.42` says them."""
    match = _REVISION.fullmatch(text)
    if match is None:
        raise BadInput("A seen revision is an epoch and a revision, such as 1.42.", path="minRevision")
    return int(match[1]), int(match[2])


def seen_revisions(header: str | None) -> dict[str, tuple[int, int]]:
    """What the header OMS-Min-Revision says: `main=1.42, sample=1.3`."""
    seen = {}
    for part in filter(None, (part.strip() for part in (header or "").split(","))):
        match = _SEEN.fullmatch(part)
        if match is None:
            raise BadInput("OMS-Min-Revision lists ontologies with the revisions seen, such as `main=1.42, sample=1.3`.")
        seen[match[1]] = parsed_revision(match[2])
    return seen
