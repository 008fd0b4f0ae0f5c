"""Who holds what, for those who follow it: copies that processes share where they can, and the database where they cannot.

All copies are merged by token, so it does not matter what comes when; one that was lost is found when somebody copies
everything from the database, which one of all processes does every two seconds. None of this decides what may be written.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from app.domain.errors import OmsError
from app.domain.lease import Copies, Copy
from app.ending import ended
from app.persistence import leases
from app.persistence.watch import Watch
from app.ports.shared import Away

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from app.domain.lease import Lease
    from app.persistence.database import Database
    from app.persistence.log import Source
    from app.ports.leases import SharedLeases

POLL_SECONDS = 2.0
LATE_SECONDS = 5.0  # after which a copy that nobody completed counts as none
MOST_SENDING = 50

log = structlog.get_logger(__name__)


class Holding:
    """Serves what this process follows; without `shared` everything is read from the database, at every look of the log."""

    def __init__(
        self,
        database: Database,
        shared: SharedLeases | None = None,
        *,
        epoch: Callable[[], int] = lambda: 1,
        poll_seconds: float = POLL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.watch: Watch[dict[str, Lease]] = Watch(self._read, {})
        self._database = database
        self._shared = shared
        self._epoch = epoch
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._known: dict[str, Copies] = {}  # by key
        self._good_until: dict[str, float] = {}  # by key, for how long the database need not be asked
        self._doubted: set[str] = set()  # ontologies of which somebody changed a lease and could not share it
        self._wanted = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Holding]:
        """Look at what is shared until the block ends."""
        looking = asyncio.create_task(self._look_on(self._shared), name="locks") if self._shared is not None else None
        try:
            yield self
        finally:
            if looking is not None:
                await ended(looking)
                await asyncio.gather(*self._sending, return_exceptions=True)

    def hinted(self, key: str) -> None:
        """Somebody changed something there."""
        if key.partition(":")[2] in self.watch:
            self._wanted.set()

    def again(self) -> None:
        """Whatever was hinted for a while may have been missed."""
        self._wanted.set()

    @property
    def alone(self) -> bool:
        """Whether nothing is shared from here: whoever commits a lease says so in its transaction."""
        return self._shared is None

    def doubt(self, ontology: str) -> None:
        """Somebody who cannot share a copy changed a lease there: the next look at the log reads it, whatever is known."""
        if ontology in self.watch:
            self._doubted.add(ontology)

    def changed(self, lease: Lease, rest: float) -> None:
        """This process committed a lease: show it, and tell the others; nobody waits for that."""
        copy, key = Copy(lease, rest), self._key(lease.ontology)
        if lease.ontology in self.watch:
            self._learn(lease.ontology, [copy])
        if self._shared is not None and len(self._sending) < MOST_SENDING:
            sending = asyncio.create_task(self._send(self._shared, key, copy), name="a lock to the others")
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def _send(self, shared: SharedLeases, key: str, copy: Copy) -> None:
        try:
            await shared.put(key, [copy])
        except Away:
            with suppress(OmsError):  # it is found when somebody copies everything
                async with self._database.writing() as work:
                    await leases.tell_alone(work, copy.lease.ontology)

    async def _read(self, source: Source, ontologies: Sequence[str]) -> dict[str, dict[str, Lease]]:
        """What the reader of the log is asked for; from the database only where no good copy is known."""
        now = self._clock()
        doubted, self._doubted = self._doubted, set()
        unknown = [each for each in ontologies if each in doubted or self._good_until.get(self._key(each), 0.0) <= now]
        if unknown:
            try:
                self._add(await leases.recent(source, unknown))
            except BaseException:
                self._doubted |= doubted
                raise
        return {each: self._held(each) for each in ontologies}

    async def _look_on(self, shared: SharedLeases) -> None:
        looked = self._clock() - self._poll_seconds
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._wanted.wait()
            self._wanted.clear()
            due = self._clock() - looked >= 0.9 * self._poll_seconds
            looked = self._clock() if due else looked
            try:
                await self._look(shared, due=due)
            except Away:
                self._good_until.clear()
            except OmsError as failed:
                log.warning("Locks could not be read.", reason=failed.message)
            except Exception:  # nothing may end the one who looks
                log.exception("Looking at locks failed.")

    async def _look(self, shared: SharedLeases, *, due: bool) -> None:
        """Find what is shared; when it is `due`, one of all processes copies everything from the database."""
        ontologies = {self._key(each): each for each in self.watch}
        self._known = {key: copies for key, copies in self._known.items() if key in ontologies}
        self._good_until = {key: until for key, until in self._good_until.items() if key in ontologies}
        for key, (copies, age) in (await shared.read(ontologies) if ontologies else {}).items():
            self._learn(ontologies[key], copies)
            if age is not None and age < LATE_SECONDS:
                self._good_until[key] = self._clock() + LATE_SECONDS - age
            if due and await shared.turn(key):
                async with self._database.reading() as snapshot:
                    found = await leases.recent(snapshot, [ontologies[key]])
                self._learn(ontologies[key], found)
                await shared.put(key, found, complete=True)
                self._good_until[key] = self._clock() + LATE_SECONDS

    def _learn(self, ontology: str, copies: Sequence[Copy]) -> None:
        self._add(copies)
        self.watch.show(ontology, self._held(ontology))

    def _add(self, copies: Sequence[Copy]) -> None:
        found: dict[str, list[Copy]] = {}
        for copy in copies:
            found.setdefault(self._key(copy.lease.ontology), []).append(copy)
        for key, those in found.items():
            self._known.setdefault(key, Copies()).add(those, self._clock())

    def _held(self, ontology: str) -> dict[str, Lease]:
        known = self._known.get(self._key(ontology))
        return known.held(self._clock()) if known else {}

    def _key(self, ontology: str) -> str:
        return f"{self._epoch()}:{ontology}"
