"""Edit locks: a lease on one entity that its holder renews, and that lapses by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor
from app.domain.errors import Fenced, Locked

LEASE_SECONDS = 60
MOST_LEASES = 200  # of one holder at once
REMEMBERED_SECONDS = 2 * LEASE_SECONDS  # that a copy of an ended lease is kept for, so that an older one does not come back


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds an entity until when; of every two tokens of one entity the later one is greater."""

    rid: str
    ontology: str
    holder: str
    holder_name: str
    token: int
    acquired_at: datetime
    until: datetime
    held: bool  # whether it had not lapsed yet, by the clock of the database

    def locked(self) -> Locked:
        """What others are told."""
        who = self.holder_name or self.holder
        until = self.until.isoformat().replace("+00:00", "Z")
        return Locked(f"{who} is editing {self.rid}.", rid=self.rid, holder=self.holder, holderName=self.holder_name, until=until)


@dataclass(frozen=True, slots=True)
class Copy:
    """A lease as somebody saw it, for showing: what may be written is never decided by one."""

    lease: Lease
    rest: float  # seconds that it had left, by the clock of where it was seen

    @property
    def order(self) -> tuple[int, datetime]:
        """Of two copies of one entity's leases the one with the greater order is newer."""
        return self.lease.token, self.lease.until


class Copies:
    """Who holds what in one ontology, of copies from anywhere in any order: the newest of each entity counts, until it ends.

    Moments are those of a clock that only goes forward.
    """

    def __init__(self) -> None:
        self._newest: dict[str, tuple[Copy, float]] = {}

    def add(self, found: Iterable[Copy], now: float) -> None:
        """Take what is newer than what is known."""
        for copy in found:
            known = self._newest.get(copy.lease.rid)
            if known is None or known[0].order < copy.order:
                self._newest[copy.lease.rid] = (copy, now + copy.rest)
        self._newest = {rid: kept for rid, kept in self._newest.items() if kept[1] > now - REMEMBERED_SECONDS}

    def held(self, now: float) -> dict[str, Lease]:
        """The leases that have not lapsed, by the rid of their entity."""
        return {rid: copy.lease for rid, (copy, ends) in self._newest.items() if ends > now}


def check(actor: Actor, leases: Iterable[Lease]) -> None:
    """Refuse a write beside somebody else's lease, or with a token that is not the newest one of its entity.

    `leases` are those of all that is written and those that the tokens belong to, as the transaction of the write sees them.
    """
    found = tuple(leases)
    known = {lease.token for lease in found}
    for token in actor.lock_tokens:
        if token not in known:
            raise Fenced(f"The lock of token {token} was given up, broken or taken by somebody else in the meantime.", token=token)
    for lease in found:
        if lease.held and lease.holder != actor.id:
            raise lease.locked()
