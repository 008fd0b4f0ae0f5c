"""`/api/lock/<rid>`: edit locks. A write says in the header OMS-Lock-Token under which of them it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.errors import BadInput, ListTooLong, NotFound
from app.domain.lease import MOST_LEASES
from app.domain.rid import well_formed
from app.persistence import leases
from app.web.rest.call import Reply, only
from app.web.rest.shapes import record_json

if TYPE_CHECKING:
    from app.domain.lease import Lease
    from app.persistence.database import Database
    from app.services.locks import Locks
    from app.web.rest.call import Call

HEADER = "oms-lock-token"
GREATEST = 2**63 - 1
DIGITS = len(str(GREATEST))


@dataclass(frozen=True, slots=True)
class LockPaths:
    """The handlers of the lock of one entity."""

    locks: Locks
    database: Database

    async def get(self, call: Call) -> Reply:
        """200 with who holds the entity and until when; 404 where nobody does."""
        only(call.query, where="The URL")
        rid = _rid(call)
        async with self.database.reading() as snapshot:
            found = (await leases.held(snapshot, [rid])).get(rid)
        if found is None:
            raise NotFound("lock of", rid)
        return Reply(lease_json(found))

    async def acquire(self, call: Call) -> Reply:
        """200 with the token that renewing, releasing and writes name the lock by; 409 while somebody else holds it."""
        only(call.query, where="The URL")
        found = await self.locks.acquire(call.actor, _rid(call))
        return Reply({**lease_json(found), "token": found.token})

    async def renew(self, call: Call) -> Reply:
        """200 with the later end; `token` is in the body."""
        only(call.query, where="The URL")
        words = call.words()
        only(words, "token", where="The body")
        found = await self.locks.renew(call.actor, _rid(call), _token(words.get("token")))
        return Reply({**lease_json(found), "token": found.token})

    async def release(self, call: Call) -> Reply:
        """200 with the lock as it was; `token` is in the URL, or `break=true`, by which an Ontology Admin takes it from anybody."""
        only(call.query, "token", "break", where="The URL")
        if call.flag("break"):
            return Reply(lease_json(await self.locks.break_open(call.actor, _rid(call))))
        return Reply(lease_json(await self.locks.release(call.actor, _rid(call), _token(call.query.get("token")))))


def lease_json(lease: Lease) -> dict[str, Any]:
    """Who holds what until when; the token is nobody else's business."""
    return record_json(lease, "ontology", "token", "held")


def lock_tokens(header: str | None) -> tuple[int, ...]:
    """What OMS-Lock-Token says: `17` or `17, 18`."""
    given = [part.strip() for part in (header or "").split(",") if part.strip()]
    if len(given) > MOST_LEASES:
        raise ListTooLong(f"A write is done under at most {MOST_LEASES} locks, not {len(given)}.", path="OMS-Lock-Token")
    return tuple(_token(each, "OMS-Lock-Token") for each in given)


def _rid(call: Call) -> str:
    rid = call.parameters["rid"]
    if not well_formed(rid):
        raise NotFound("entity", rid[:200])
    return rid


def _token(given: Any, path: str = "token") -> int:
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) <= DIGITS:
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= GREATEST:
        raise BadInput(f"{path} holds the number that acquiring the lock answered with.", path=path)
    return given
