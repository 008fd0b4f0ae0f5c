"""Following the logs: where a subscription begins, and whether it still may."""

from __future__ import annotations

from asyncio import gather
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.errors import CursorExpired, NotFound, Unavailable
from app.persistence import jobs, sinks
from app.persistence.log import GREATEST, Cursor, Log, ontology_of_change_set
from app.persistence.sinks import Progress
from app.persistence.watch import BEGINNING, Watch
from app.services.holding import Holding

if TYPE_CHECKING:
    from app.domain.job import Job
    from app.persistence.database import Database
    from app.persistence.stream import Followed
    from app.persistence.tail import Tail
    from app.services.seating import Seating


@dataclass(frozen=True, slots=True)
class Following:
    """A log or a state to follow, after what the client has seen; without a cursor from now on."""

    stream: Followed
    cursor: Cursor | None
    limit: int  # events that a client may be behind
    resumable: bool = True  # whether a cursor of an event says where to go on after a disconnect


class Live:
    """Opens the logs, and what has no log, for subscribers."""

    def __init__(
        self, tail: Tail, database: Database, *, resume_events: int, seating: Seating | None = None, holding: Holding | None = None
    ) -> None:
        self.tail = tail
        self._database = database
        self._limit = resume_events
        self._locks = (holding or Holding(database, epoch=lambda: tail.epoch)).watch
        self._progress: Watch[Progress] = Watch(sinks.progress, Progress())
        self._jobs: Watch[Job | None] = Watch(jobs.of_rids, None)
        self._seating = seating
        tail.watches += [self._locks, self._progress, self._jobs, *([seating.watch] if seating else [])]

    async def merges(self, ontology: str, after: str | None = None) -> Following:
        """An ontology's revisions, by its API name."""
        return await self._following(Log.MERGES, await self.tail.ontology(ontology), after)

    async def change_sets(self, ontology: str, after: str | None = None) -> Following:
        """What happens to an ontology's change sets, by its API name."""
        return await self._following(Log.CHANGE_SETS, await self.tail.ontology(ontology), after)

    async def change_set(self, rid: str, after: str | None = None) -> Following:
        """The log that one change set stands in, beside others of its ontology."""
        async with self._database.reading() as snapshot:
            ontology = await ontology_of_change_set(snapshot, rid)
        if ontology is None:
            raise NotFound("change set", rid[:120])
        return await self._following(Log.CHANGE_SETS, ontology, after)

    async def locks(self, ontology: str) -> Following:
        """Who holds what in an ontology, by its API name: all of it first, then what changes."""
        return await self._watching(self._locks, await self.tail.ontology(ontology))

    async def progress(self, ontology: str) -> Following:
        """How an ontology stands in the sinks, by its API name: all of it first, then what changes."""
        return await self._watching(self._progress, await self.tail.ontology(ontology))

    async def job(self, rid: str) -> Following:
        """A job as it is now, and whenever that changes; NotFound where there is none."""
        async with self._database.reading() as snapshot:
            await jobs.find(snapshot, rid)
        return await self._watching(self._jobs, rid)

    async def presence(self, change_set: str) -> Following:
        """Who is looking at a change set, as it is after this call: all of them first, then what changes."""
        if self._seating is None:
            raise Unavailable("Presence is not served here.")
        following, _ = await gather(self._watching(self._seating.watch, change_set, fresh=True), self._seating.caught_up(change_set))
        return following

    async def _watching(self, watch: Watch[Any], key: str, *, fresh: bool = False) -> Following:
        stream = watch.stream(key)
        if fresh or not stream.known:
            await self.tail.caught_up()
        return Following(stream, BEGINNING, GREATEST, resumable=False)

    async def _following(self, log: Log, ontology: str, after: str | None) -> Following:
        cursor = None if after is None else Cursor.parse(after)
        stream = await self.tail.stream(log, ontology)
        if cursor is not None:
            if cursor.epoch != stream.epoch or cursor.position > stream.end:
                await self.tail.caught_up()  # another process may have told the client of it before this one
            stream.check(cursor)
            if stream.end - cursor.position > self._limit:
                raise CursorExpired
        return Following(stream, cursor, self._limit)
