"""Full syncs: views built anew from PostgreSQL and compared with it, as a job that an Ontology Admin asks for, or by a command."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.domain.actor import Actor, Role
from app.domain.errors import InvalidState, NotFound, Unavailable
from app.domain.job import Job, JobKind
from app.persistence import sinks
from app.persistence.log import ends
from app.ports.search_index import SinkDown
from app.services.underway import Underway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from app.persistence.database import Database
    from app.persistence.idempotency import Idempotency
    from app.services.jobs import Jobs, Progress
    from app.services.reconciling import Proof, Reconciling, View

    Told = Callable[[str, int, int], Awaitable[None]]

STEP = 1_000  # entities after which a job says how far it is


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of one view of one ontology."""

    sink: str
    ontology: str  # by its apiName
    revision: int
    entities: int
    refused: int  # of them, by the sink
    differing: int  # still, though written again


class Syncing:
    """Runs them one after another; the views stay searched and written to meanwhile."""

    def __init__(self, database: Database, jobs: Jobs, reconciling: Reconciling) -> None:
        self._database = database
        self._jobs = jobs
        self._reconciling = reconciling
        self.underway = Underway()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Syncing]:
        """At the end what still runs is ended, and told so."""
        async with self.underway:
            yield self

    async def submit(
        self, actor: Actor, *, ontology: str | None = None, only: Sequence[str] | None = None, key: Idempotency | None = None
    ) -> Job:
        """The job of a full sync of one ontology or all, into these sinks or all that are set up."""
        actor.require(Role.ADMIN)
        wanted = await self._wanted(ontology, only)
        title = f"Full sync of {ontology or 'all ontologies'}"
        job, fresh = await self._jobs.open(actor, JobKind.FULL_SYNC, title=title, ontology=ontology or "", role=Role.ADMIN, key=key)
        if fresh:
            self.underway.begin(self._run(job.rid, wanted), "a full sync")
        return job

    async def full(self, ontology: str | None, only: Sequence[str] | None, tell: Told) -> list[Synced]:
        """Build and compare now; `tell` hears of each view with how many of how many entities are written."""
        return await self._built(await self._wanted(ontology, only), tell)

    async def verify(self, ontology: str | None, only: Sequence[str] | None, *, repair: bool = False) -> list[Proof]:
        """Compare each view of each ontology with PostgreSQL; with `repair`, mend what differs."""
        compare = self._reconciling.reconcile if repair else self._reconciling.prove
        return [await compare(view, rid, name) for view, rid, name in await self._wanted(ontology, only)]

    async def named(self, ontology: str | None) -> list[tuple[str, str]]:
        """The rids and apiNames of one ontology or of all, by name."""
        async with self._database.reading() as snapshot:
            found = sorted((each.api_name, each.ontology) for each in await ends(snapshot))
        chosen = [(rid, name) for name, rid in found if ontology is None or name.lower() == ontology.lower()]
        if ontology is not None and not chosen:
            raise NotFound("ontology", ontology[:200])
        return chosen

    async def _wanted(self, ontology: str | None, only: Sequence[str] | None) -> list[tuple[View, str, str]]:
        views = [view for view in self._reconciling.views if only is None or view.sink in only]
        there = [view.sink for view in self._reconciling.views]
        if missing := [sink for sink in only or () if sink not in there]:
            raise InvalidState(f"The sink {missing[0][:60]} is not set up; set up: {', '.join(there) or 'none'}.")
        if not views:
            raise InvalidState("No sink is set up: PostgreSQL answers itself, and there is nothing to sync.")
        return [(view, rid, name) for rid, name in await self.named(ontology) for view in views]

    async def _built(self, wanted: Sequence[tuple[View, str, str]], tell: Told) -> list[Synced]:
        done = []
        for view, rid, name in wanted:
            async with self._database.reading() as snapshot:
                total = await sinks.count(snapshot, rid)

            async def told(count: int, what: str = f"{view.sink}: {name}", total: int = total) -> None:
                await tell(what, count, total)

            await told(0)
            built = await view.rebuild(rid, told)
            proof = await self._reconciling.reconcile(view, rid, name)
            done.append(Synced(view.sink, name, built.revision, built.entities, proof.refused, len(proof.differing) - proof.mended))
        return done

    async def _run(self, rid: str, wanted: Sequence[tuple[View, str, str]]) -> None:
        async def work(progress: Progress) -> dict[str, Any]:
            last = (-STEP, "")

            async def tell(what: str, count: int, total: int) -> None:
                nonlocal last
                if what != last[1] or count >= last[0] + STEP or count >= total:
                    last = (count, what)
                    await progress.phase("SYNC", total=total, done=count, detail=what)

            try:
                return {"synced": [asdict(each) for each in await self._built(wanted, tell)]}
            except SinkDown as down:
                raise Unavailable(f"A sink does not answer ({down}); what is searched was left as it was.") from None

        try:
            await self._jobs.run(rid, work)
        except asyncio.CancelledError:
            with suppress(Unavailable):
                await asyncio.shield(self._jobs.fail(rid, Unavailable("The server was stopped; what is searched was left as it was.")))
            raise
