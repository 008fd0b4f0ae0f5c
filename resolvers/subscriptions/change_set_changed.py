"""What happens to change sets, so that people learn what waits for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry

from app.domain.errors import ListTooLong
from resolvers.enums import ChangeSetStatus, ReviewStatus
from resolvers.scalars import BigInt, Revision, Rid
from resolvers.types.refs import ChangeSetRef

if TYPE_CHECKING:
    from app.persistence.log import Entry

LONGEST_LIST = 100


@strawberry.enum(name="ChangeSetEventType", description="What can happen to a change set.")
class EventType(Enum):
    """The words of the change-set log."""

    OPENED = strawberry.enum_value("opened", description="It was made.")
    STAGED = strawberry.enum_value("staged", description="Operations were added.")
    AMENDED = strawberry.enum_value("amended", description="An operation was reworded.")
    REORDERED = strawberry.enum_value("reordered", description="Its operations got another order.")
    DROPPED = strawberry.enum_value("dropped", description="Operations were taken out.")
    COMMENTED = strawberry.enum_value("commented", description="Somebody commented on it.")
    REVIEW_REQUESTED = strawberry.enum_value("review_requested", description="Its author asks for a review.")
    APPROVED = strawberry.enum_value("approved", description="A reviewer approved it as it was then.")
    CHANGES_REQUESTED = strawberry.enum_value("changes_requested", description="A reviewer wants it changed.")
    MERGED = strawberry.enum_value("merged", description="It became a revision of its ontology.")
    CLOSED = strawberry.enum_value("closed", description="It was given up.")
    ROLLED_BACK = strawberry.enum_value("rolled_back", description="A later change set undid it.")


@strawberry.input(
    description="Which events of change sets; all that is given must hold. `{reviewers: [me]}` is everything about what waits for me."
)
class ChangeSetEventFilter:
    types: list[EventType] | None = strawberry.field(default=None, description="One of these happened.")
    authors: list[str] | None = strawberry.field(default=None, description="The change set is by one of these people (their ids).")
    actors: list[str] | None = strawberry.field(default=None, description="One of these people did it (their ids).")
    reviewers: list[str] | None = strawberry.field(
        default=None, description="The change set is one that any of these people is to review (their ids), whatever happened to it."
    )

    def wants(self) -> Callable[[Entry], bool]:
        """The test of an entry; LIST_TOO_LONG where a list holds more than it may."""
        lists = {"types": self.types, "authors": self.authors, "actors": self.actors, "reviewers": self.reviewers}
        for name, given in lists.items():
            if given is not None and len(given) > LONGEST_LIST:
                message = f"A list of a filter holds at most {LONGEST_LIST} values, not {len(given)}."
                raise ListTooLong(message, path=f"filter.{name}", given=len(given), limit=LONGEST_LIST)
        types = None if self.types is None else frozenset(str(each.value) for each in self.types)
        authors, actors, reviewers = (None if each is None else frozenset(each) for each in (self.authors, self.actors, self.reviewers))

        def wanted(entry: Entry) -> bool:
            data = entry.data or {}
            return (
                (types is None or entry.type in types)
                and (authors is None or data.get("author") in authors)
                and (actors is None or entry.actor in actors)
                and (reviewers is None or not reviewers.isdisjoint(data.get("reviewers") or ()))
            )

        return wanted


@strawberry.type(
    description="Something happened to a change set. It is committed, so whoever reads now sees it. "
    "Status, review, version, title and count are as of the event, the change set itself is as it is now."
)
class ChangeSetChanged:
    type: EventType = strawberry.field(description="What happened.")
    rid: Rid = strawberry.field(description="The rid of the change set.")
    cursor: str = strawberry.field(description="Where to go on after this event: `after` of the next subscription. Epoch and position.")
    at: datetime = strawberry.field(description="When it happened.")
    actor: str = strawberry.field(description="The id of who did it.")
    actor_name: str = strawberry.field(description="The name of who did it.")
    title: str = strawberry.field(description="The title.")
    author: str = strawberry.field(description="The id of who made the change set.")
    status: ChangeSetStatus = strawberry.field(description="The status that it then had.")
    review: ReviewStatus = strawberry.field(description="Where it then was in its review.")
    version: int = strawberry.field(description="The version of the change set that the event made.")
    operation_count: int = strawberry.field(description="How many operations it then had.")
    merged_revision: Revision | None = strawberry.field(description="The revision that it became; null where it is not merged.")
    epoch: BigInt = strawberry.field(description="Grows when the database is restored from a backup; cursors of another epoch expire.")

    @classmethod
    def of(cls, entry: Entry) -> ChangeSetChanged:
        """The event of an entry of the change-set log."""
        data = entry.data or {}
        merged = data.get("mergedRevision")
        return cls(
            type=EventType(entry.type),
            rid=Rid(entry.change_set),
            cursor=str(entry.cursor),
            at=entry.at,
            actor=entry.actor,
            actor_name=entry.actor_name,
            title=data["title"],
            author=data["author"],
            status=ChangeSetStatus(data["status"]),
            review=ReviewStatus(data["review"]),
            version=data["version"],
            operation_count=data["operationCount"],
            merged_revision=None if merged is None else Revision(merged),
            epoch=BigInt(entry.epoch),
        )

    @strawberry.field(description="The change set, as it is now.")
    async def change_set(self, info: strawberry.Info[Any]) -> ChangeSetRef:
        from resolvers.types.change_set import change_set_with

        return await change_set_with(info, self.rid)
