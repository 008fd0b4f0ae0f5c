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
    from app.persistence.database import Database


class Locks:
    """Each call is one transaction; who holds what is decided there, by the clock of the database."""

    def __init__(self, database: Database, *, seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._seconds = seconds

    async def acquire(self, actor: Actor, rid: str) -> Lease:
        """Hold an entity. Whoever holds it already gets a new token, and the one before is worth nothing any more."""
        actor.require(Role.EDITOR)
        async with self._database.writing() as work:
            return await leases.acquire(work, actor, rid, self._seconds)

    async def renew(self, actor: Actor, rid: str, token: int) -> Lease:
        """Hold it for as long again, from now on."""
        actor.require(Role.EDITOR)
        async with self._database.writing() as work:
            return await leases.renew(work, actor, rid, token, self._seconds)

    async def release(self, actor: Actor, rid: str, token: int) -> Lease:
        """Give it up."""
        actor.require(Role.EDITOR)
        async with self._database.writing() as work:
            return await leases.release(work, actor, rid, token)

    async def break_open(self, actor: Actor, rid: str) -> Lease:
        """Take it from whoever holds it; their token is worth nothing any more, and the audit log has it."""
        actor.require(Role.ADMIN)
        async with self._database.writing() as work:
            broken = await leases.end(work, rid)
            place = await whereabouts(work, rid)
            if broken is None or place is None:
                raise NotFound("lock of", rid[:200])
            detail = {"holder": broken.holder, "holderName": broken.holder_name, "token": broken.token}
            store.audited(work, broken.ontology, actor, "lock_broken", place.kind.value, rid, detail=detail)
        return broken
