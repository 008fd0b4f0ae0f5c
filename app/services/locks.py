"""Edit locks: held for a minute at a time, and taken from their holder only by an Ontology Admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.actor import Actor, Role
from app.domain.errors import NotFound
from app.domain.lease import LEASE_SECONDS
from app.persistence import leases, store
from app.persistence.reads.whereabouts import whereabouts

if TYPE_CHECKING:
    from app.domain.lease import Lease
    from app.persistence.database import Database, Transaction
    from app.services.holding import Holding


class Locks:
    """Each call is one transaction; who holds what is decided there, by the clock of the database."""

    def __init__(self, database: Database, holding: Holding | None = None, *, seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._holding = holding
        self._seconds = seconds

    async def acquire(self, actor: Actor, rid: str) -> Lease:
        """Hold an entity. Whoever holds it already gets a new token, and the one before is worth nothing any more."""
        actor.require(Role.EDITOR)
        async with self._database.writing() as work:
            lease = await self._said(work, await leases.acquire(work, actor, rid, self._seconds))
        return self._told(lease, self._seconds)

    async def renew(self, actor: Actor, rid: str, token: int) -> Lease:
        """Hold it for as long again, from now on."""
        actor.require(Role.EDITOR)
        async with self._database.writing() as work:
            lease = await self._said(work, await leases.renew(work, actor, rid, token, self._seconds))
        return self._told(lease, self._seconds)

    async def release(self, actor: Actor, rid: str, token: int) -> Lease:
        """Give it up."""
        actor.require(Role.EDITOR)
        async with self._database.writing() as work:
            lease = await self._said(work, await leases.release(work, actor, rid, token))
        return self._told(lease, 0)

    async def break_open(self, actor: Actor, rid: str) -> Lease:
        """Take it from whoever holds it; their token is worth nothing any more, and the audit log has it."""
        actor.require(Role.ADMIN)
        async with self._database.writing() as work:
            ended = await leases.end(work, rid)
            place = await whereabouts(work, rid)
            if ended is None or place is None:
                raise NotFound("lock of", rid[:200])
            broken, now = ended
            await self._said(work, now)
            detail = {"holder": broken.holder, "holderName": broken.holder_name, "token": broken.token}
            store.audited(work, broken.ontology, actor, "lock_broken", place.kind.value, rid, detail=detail)
        self._told(now, 0)
        return broken

    async def _said(self, work: Transaction, lease: Lease) -> Lease:
        """Where no copies are shared, those who have some hear of it by the commit."""
        if self._holding is not None and self._holding.alone:
            await leases.tell_alone(work, lease.ontology)
        return lease

    def _told(self, lease: Lease, rest: float) -> Lease:
        """Show what is committed to those who follow it."""
        if self._holding is not None:
            self._holding.changed(lease, rest)
        return lease
