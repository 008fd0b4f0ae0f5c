"""Who begins and ends to hold what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from resolvers.scalars import Rid
from resolvers.types.lock import EditLock

if TYPE_CHECKING:
    from app.domain.lease import Lease
    from app.persistence.watch import Sight


@strawberry.type(description="What has changed of one lock.")
class LockChange:
    rid: Rid = strawberry.field(description="The entity.")
    lock: EditLock | None = strawberry.field(description="Who holds it now, and until when; null where nobody does.")


@strawberry.type(
    description="Locks were acquired, renewed, released or broken, or have lapsed. The first event has every lock that is held, "
    "so there is no cursor, and nothing to read before."
)
class LocksChanged:
    complete: bool = strawberry.field(description="Whether `changes` has every lock that is held, whatever was told before.")
    changes: list[LockChange] = strawberry.field(description="What differs from the event before, or every lock that is held.")

    @classmethod
    def of(cls, sight: Sight[dict[str, Lease]]) -> LocksChanged:
        """The event of a change of who holds what."""
        before, after = sight.before, sight.after
        moved = [rid for rid in sorted(before.keys() | after.keys()) if before.get(rid) != after.get(rid)]
        changes = [LockChange(rid=Rid(rid), lock=EditLock.of(after[rid]) if rid in after else None) for rid in moved]
        return cls(complete=sight.whole, changes=changes)
