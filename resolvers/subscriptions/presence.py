"""Who is looking at a change set."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry

from app.domain.presence import SHOWN
from resolvers.scalars import Rid

if TYPE_CHECKING:
    from app.domain.presence import Attendant, Present
    from app.persistence.watch import Sight


@strawberry.type(description="Somebody who is looking at a change set, however many windows they have open.")
class Participant:
    id: str = strawberry.field(description="Their id.")
    name: str = strawberry.field(description="Their name.")
    rid: Rid | None = strawberry.field(description="The entity that they look at, as `announcePresence` said it.")
    path: str | None = strawberry.field(description="The field of it that they look at.")
    since: datetime = strawberry.field(description="Since when they have been there.")

    @classmethod
    def of(cls, found: Attendant) -> Participant:
        """As the schema has it."""
        return cls(id=found.id, name=found.name, rid=None if found.rid is None else Rid(found.rid), path=found.path, since=found.since)


@strawberry.type(
    description="Who is looking at a change set now. Every event has all of them, so there is no cursor and nothing to read before; "
    "whoever follows it is among them."
)
class Presence:
    present: list[Participant] = strawberry.field(description=f"Who is there, whoever came first before the others; at most {SHOWN}.")
    count: int = strawberry.field(description="How many people are there in all.")
    joined: list[str] = strawberry.field(description="The ids of who came since the event before; of the first event, all of them.")
    left: list[str] = strawberry.field(description="The ids of who left since the event before.")

    @classmethod
    def of(cls, sight: Sight[Present]) -> Presence:
        """The event of a change of who is there."""
        before, after = {each.id for each in sight.before}, {each.id for each in sight.after}
        return cls(
            present=[Participant.of(each) for each in sight.after[:SHOWN]],
            count=len(sight.after),
            joined=sorted(after - before)[:SHOWN],
            left=sorted(before - after)[:SHOWN],
        )
