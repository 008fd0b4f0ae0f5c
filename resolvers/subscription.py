"""The root of subscriptions. Each field returns a feed, which the transports follow for all who ask alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, cast

import strawberry

from app.domain.actor import Role
from app.services.live import Live
from resolvers.authorization import requires
from resolvers.mutations.presence import attendance
from resolvers.subscriptions.change_set_changed import ChangeSetChanged, ChangeSetEventFilter
from resolvers.subscriptions.feed import Feed
from resolvers.subscriptions.index_status_changed import IndexStatusChanged, IndexStatusFilter
from resolvers.subscriptions.locks_changed import LocksChanged
from resolvers.subscriptions.ontology_changed import OntologyChanged
from resolvers.subscriptions.presence import Presence
from resolvers.types.job import Job

After = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last event seen: what followed it comes first, without gap or duplicate, then what happens. "
        "Without it only what happens from now on. CURSOR_EXPIRED when it is of another epoch or too far behind: read the data again."
    ),
]
OntologyName = Annotated[str, strawberry.argument(description="The apiName of the ontology.")]


@strawberry.type(
    description="What is pushed when it is committed, over graphql-transport-ws or as Server-Sent Events. When it can be searched is another matter."
)
class Subscription:
    @strawberry.subscription(
        description="One event for each revision of an ontology, however large, in order. `after` takes `epoch.revision`, such as `1.42`.",
        extensions=[requires(Role.VIEWER)],
    )
    async def ontology_changed(
        self, info: strawberry.Info[Any], ontology: OntologyName = "main", after: After = None
    ) -> AsyncIterator[OntologyChanged]:
        return _feed(Feed(await _live(info).merges(ontology, _begin(info, after)), OntologyChanged.of))

    @strawberry.subscription(
        description="What happens to one change set, in order. NOT_FOUND where there is none.", extensions=[requires(Role.VIEWER)]
    )
    async def change_set_changed(
        self,
        info: strawberry.Info[Any],
        rid: Annotated[strawberry.ID, strawberry.argument(description="The rid of the change set.")],
        after: After = None,
    ) -> AsyncIterator[ChangeSetChanged]:
        following = await _live(info).change_set(rid, _begin(info, after))
        return _feed(Feed(following, ChangeSetChanged.of, lambda entry: entry.change_set == rid))

    @strawberry.subscription(
        description="What happens to the change sets of an ontology, in order, so that people learn what waits for them.",
        extensions=[requires(Role.VIEWER)],
    )
    async def change_sets_changed(
        self,
        info: strawberry.Info[Any],
        ontology: OntologyName = "main",
        filter: Annotated[ChangeSetEventFilter | None, strawberry.argument(description="Which events; all where it is left out.")] = None,
        after: After = None,
    ) -> AsyncIterator[ChangeSetChanged]:
        wants = (filter or ChangeSetEventFilter()).wants()
        return _feed(Feed(await _live(info).change_sets(ontology, _begin(info, after)), ChangeSetChanged.of, wants))

    @strawberry.subscription(
        description="Who holds what in an ontology: all of it first, then what changes. A lock that lapses is told within seconds.",
        extensions=[requires(Role.VIEWER)],
    )
    async def locks_changed(self, info: strawberry.Info[Any], ontology: OntologyName = "main") -> AsyncIterator[LocksChanged]:
        return _feed(Feed(await _live(info).locks(ontology), LocksChanged.of))

    @strawberry.subscription(
        description="What can be searched: all that cannot yet first, then what changes, conflated by entity. An entity that was merged is told "
        "as PENDING and then as INDEXED; where one follows the other at once, perhaps only as INDEXED.",
        extensions=[requires(Role.VIEWER)],
    )
    async def index_status_changed(
        self,
        info: strawberry.Info[Any],
        ontology: OntologyName = "main",
        filter: Annotated[IndexStatusFilter | None, strawberry.argument(description="Which entities; all where it is left out.")] = None,
    ) -> AsyncIterator[IndexStatusChanged]:
        live, wanted = _live(info), filter or IndexStatusFilter()
        wanted.check()
        rid = await live.tail.ontology(ontology)
        return _feed(Feed(await live.progress(ontology), lambda sight: IndexStatusChanged.of(rid, sight, wanted)))

    @strawberry.subscription(
        description="A job as it is now, and whenever that changes, conflated: where it goes fast, not every step is told. NOT_FOUND where there is none.",
        extensions=[requires(Role.VIEWER)],
    )
    async def job_changed(
        self, info: strawberry.Info[Any], rid: Annotated[strawberry.ID, strawberry.argument(description="The rid of the job.")]
    ) -> AsyncIterator[Job]:
        return _feed(Feed(await _live(info).job(rid), lambda sight: Job.of(sight.after), lambda sight: sight.after is not None))

    @strawberry.subscription(
        description="Who is looking at a change set: all of them at once, then each change. Whoever follows it is present, from the first event until "
        "the connection has been gone for ten seconds; `announcePresence` shows what they look at. NOT_FOUND where there is no such change set.",
        extensions=[requires(Role.VIEWER)],
    )
    async def presence(
        self,
        info: strawberry.Info[Any],
        change_set: Annotated[strawberry.ID, strawberry.argument(description="The rid of the change set.")],
    ) -> AsyncIterator[Presence]:
        ended = await attendance(info).arrive(info.context.actor, change_set)
        try:
            following = await _live(info).presence(change_set)
        except BaseException:
            ended()
            raise
        return _feed(Feed(following, Presence.of, ended=ended))


def _begin(info: strawberry.Info[Any], after: str | None) -> str | None:
    """Where to begin: what an event stream saw last is newer than what its document says."""
    return info.context.last_event_id or after


def _live(info: strawberry.Info[Any]) -> Live:
    return cast("Live", info.context.services.live)


def _feed(feed: Feed[Any]) -> AsyncIterator[Any]:
    """Strawberry wants an iterator in the annotation, and gets what makes one."""
    return cast("AsyncIterator[Any]", feed)
