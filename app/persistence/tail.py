"""The one reader of the log in a process: it listens, polls slowly as a guard, and keeps the newest events in memory.

A NOTIFY is only a hint: what is new is always found by position, so a lost one, or a lost connection, costs time and
never an event.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog

from app.domain.errors import NotFound, Unavailable
from app.ending import ended
from app.persistence.database import LOG_CHANNEL, prepare
from app.persistence.log import Log, ends, entries
from app.persistence.stream import Stream
from app.persistence.watch import STATE_CHANNEL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from asyncpg import Connection

    from app.persistence.database import Database
    from app.persistence.log import Ends
    from app.persistence.watch import Watch

POLL_SECONDS = 2.0
READ_SECONDS = 5.0
PATIENCE = 3  # polls; who has not read the log for longer does not know the newest revision
BATCH = 1_000  # events read at once, of all ontologies together
LONGEST_PAUSE = 5.0  # seconds between two attempts to connect
NOTIFIED = 4  # arguments of a notification: connection, process, channel and payload
LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

log = structlog.get_logger(__name__)


class Tail:
    """Follows every ontology's logs on a connection of its own."""

    def __init__(self, url: str, database: Database, *, poll_seconds: float = POLL_SECONDS) -> None:
        self.epoch = 0
        self.watches: list[Watch[Any]] = []  # what is looked at whenever the log is
        self.hints: dict[str, Callable[[str], None]] = {}  # told the key of a NOTIFY that says `TOPIC KEY`, before the look at the log
        self._url = url
        self._database = database
        self._poll_seconds = poll_seconds
        self._streams: dict[tuple[Log, str], Stream] = {}
        self._rids: dict[str, str] = {}  # lower-cased name: rid
        self._names: dict[str, str] = {}  # rid: name
        self._standing: dict[str, str] = {}  # name: epoch and revision
        self._following = False
        self._read_at = 0.0
        self._wanted = asyncio.Event()
        self._looks = 0
        self._looking = 0
        self._told = False  # that there is something new, which the look under way will find
        self._looked = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, database: Database, *, poll_seconds: float = POLL_SECONDS) -> AsyncIterator[Tail]:
        """A tail that has read every head once and follows them until the block ends."""
        tail = cls(url, database, poll_seconds=poll_seconds)
        async with database.reading() as snapshot:
            tail._know(await ends(snapshot))
        running = asyncio.create_task(tail._run(), name="tail of the log")
        database.listeners.append(tail.wake)
        try:
            yield tail
        finally:
            database.listeners.remove(tail.wake)
            pending = [running, *(task for stream in tail._streams.values() for task in stream.reading())]
            await ended(*pending)

    def wake(self) -> None:
        """Read now: this process committed, or somebody asks for what was not seen yet."""
        self._wanted.set()

    def head(self, ontology: str) -> int:
        """The newest revision that this process knows of; 0 for an ontology without one."""
        stream = self._streams.get((Log.MERGES, ontology))
        return stream.end if stream else 0

    def standing(self, api_name: str) -> str | None:
        """Epoch and newest revision of an ontology, such as `1.42`; None where this process may have missed one.

        From the moment that this process has committed, before anybody is told, until the log was read again, it may have.
        A look that only the time has called for says nothing new until it finds it.
        """
        late = asyncio.get_running_loop().time() - self._read_at > PATIENCE * self._poll_seconds
        if late or self._told or self._wanted.is_set() or not self._following:
            return None
        return self._standing.get(api_name)

    def heads(self) -> dict[str, int]:
        """Every ontology with the newest revision that this process knows of."""
        return {ontology: stream.end for (kind, ontology), stream in self._streams.items() if kind is Log.MERGES}

    async def looked(self, *, within: float) -> None:
        """Wait for the next look at the log, but no longer than so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._looked.wait()

    async def reached(self, ontology: str, revision: int, *, within: float) -> bool:
        """Wait until the head is at the revision; False when it is not there after `within` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.head(ontology) < revision:
                    await self._look()
        return self.head(ontology) >= revision

    async def ontology(self, api_name: str) -> str:
        """The rid of an ontology; one that is not known yet is looked for once."""
        if api_name.lower() not in self._rids:
            await self.caught_up()
        rid = self._rids.get(api_name.lower())
        if rid is None:
            raise NotFound("ontology", api_name[:120])
        return rid

    def name(self, ontology: str) -> str:
        """The API name of an ontology that the tail knows."""
        return self._names.get(ontology, "")

    async def stream(self, kind: Log, ontology: str) -> Stream:
        """The log of one ontology, by its rid."""
        if (kind, ontology) not in self._streams:
            await self.caught_up()
        found = self._streams.get((kind, ontology))
        if found is None:
            raise NotFound("ontology", ontology)
        return found

    async def caught_up(self) -> None:
        """Wait for a look at the log that begins after this call; UNAVAILABLE when the database does not answer."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                await self._look()
        except TimeoutError:
            raise Unavailable("The log of changes cannot be read.", retry_after=2) from None

    async def _look(self) -> None:
        wanted = self._looks + 1 + self._looking  # the look under way may have begun too early
        while self._looks < wanted:
            self.wake()
            await self._looked.wait()

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                connection = await asyncpg.connect(
                    self._url, timeout=READ_SECONDS, command_timeout=READ_SECONDS, server_settings={"application_name": "oms tail"}
                )
                try:
                    await prepare(connection)
                    for channel in (LOG_CHANNEL, STATE_CHANNEL):
                        await connection.add_listener(channel, self._notified)
                    connection.add_termination_listener(self._notified)
                    await self._read(connection)
                    failures = 0
                    await self._follow(connection)
                finally:
                    await _closed(connection)
            except Exception as lost:  # nothing may end the one reader of a process
                failures += 1
                if not isinstance(lost, LOST):
                    log.exception("The tail failed.")
                log.warning("The tail lost its connection and will connect again.", reason=type(lost).__name__, failures=failures)
                longest = min(LONGEST_PAUSE, 0.1 * 2 ** min(failures, 10))
                await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311 - spreads processes, no secret

    async def _follow(self, connection: Connection) -> None:
        self._following = True
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_seconds):
                        await self._wanted.wait()
                self._told = self._wanted.is_set()
                self._wanted.clear()
                await self._read(connection)
        finally:
            self._following = False

    async def _read(self, connection: Connection) -> None:
        self._looking = 1
        try:
            began = asyncio.get_running_loop().time()
            found = await ends(connection)
            self._know(found)
            self._read_at = began
            for kind in Log:
                await self._extend(connection, kind, found)
            for watch in self.watches:
                await watch.look(connection)
            self._looks += 1
            self._told = False
        finally:
            self._looking = 0
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    async def _extend(self, connection: Connection, kind: Log, found: list[Ends]) -> None:
        while behind := [(each.ontology, end) for each in found if (end := self._streams[kind, each.ontology].end) < each.of(kind)]:
            new = await entries(connection, kind, self.epoch, behind, BATCH)
            if not new:
                return  # the counter is ahead of the log: the next look will show it
            for ontology, group in groupby(new, key=attrgetter("ontology")):
                self._streams[kind, ontology].add(list(group))

    def _know(self, found: list[Ends]) -> None:
        self._rids = {each.api_name.lower(): each.ontology for each in found}
        self._names = {each.ontology: each.api_name for each in found}
        self._standing = {each.api_name: f"{each.epoch}.{each.revision}" for each in found}
        for each in found:
            self.epoch = each.epoch
            for kind in Log:
                stream = self._streams.get((kind, each.ontology))
                if stream is None:
                    self._streams[kind, each.ontology] = Stream(kind, each.ontology, each.epoch, each.of(kind), self._database)
                elif stream.epoch != each.epoch or stream.end > each.of(kind):
                    log.warning("The log began anew: subscribers have to read again.", ontology=each.api_name, epoch=each.epoch)
                    stream.restart(each.epoch, each.of(kind))

    def _notified(self, *told: Any) -> None:
        """Of a commit, with its payload as the last of four; or of the end of the connection."""
        topic, _, key = told[-1].partition(" ") if len(told) == NOTIFIED else ("", "", "")
        if topic in self.hints:
            self.hints[topic](key)
        self.wake()


async def _closed(connection: Connection) -> None:
    try:
        await connection.close(timeout=1)
    except LOST:
        connection.terminate()
