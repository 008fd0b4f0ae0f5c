"""Edit locks: a lease on one entity that its holder renews, and that lapses by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.actor import Actor
from app.domain.errors import Fenced, Locked

LEASE_SECONDS = 60
MOST_LEASES = 200  # of one holder at once


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
