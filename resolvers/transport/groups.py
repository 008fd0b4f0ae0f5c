"""Fan-out: what many subscribers asked in the same words and may see alike is executed and encoded once.

A group is one operation, one set of variables and one role. Its live members have all seen the same events, so an event
reaches them as the same bytes. Who resumes, or cannot keep up, goes through the log on its own until it has caught up.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast
from uuid import uuid4

import orjson

from app.domain.actor import Actor, Role
from app.domain.errors import CursorExpired, ErrorCode, QueryTimeout, Unavailable
from app.ending import ended
from resolvers.subscriptions.feed import Feed
from resolvers.transport.answer import RequestFacts
from resolvers.transport.shape import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from graphql.execution import Executor

    from app.persistence.log import Cursor, Entry
    from resolvers.transport.answer import Answer
    from resolvers.transport.execution import Execution, Found, OpenContext

BATCH = 200  # members that are written to before the loop has its turn
PAYLOADS = 64  # answers kept of a group, for those who catch up
PAYLOAD_BYTES = 1024 * 1024  # … and their bytes
ATTEMPTS = 6  # at an event while the database does not answer
AT_ONCE = 4  # events that are executed at the same time: the pool is there for those who ask
TAIL = b"}"


class Recipient(Protocol):
    """The socket or stream that a member writes to; `mark` is the cursor of an event, empty where there is none."""

    def head(self, operation: str) -> bytes: ...

    def write(self, head: bytes, payload: bytes, mark: bytes) -> bool: ...

    async def send(self, head: bytes, payload: bytes, mark: bytes) -> bool: ...

    def fail(self, operation: str, error: Exception) -> None: ...


class Member:
    """One subscription of one socket or stream: live in its group, or on its way there."""

    __slots__ = ("cursor", "ended", "group", "head", "left", "operation", "recipient", "task")

    def __init__(self, recipient: Recipient, operation: str, group: Group, cursor: Cursor, ended: Callable[[], None]) -> None:
        self.recipient = recipient
        self.operation = operation
        self.head = recipient.head(operation)
        self.group = group
        self.cursor = cursor
        self.ended = ended
        self.left = False
        self.task: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """End the subscription without a word to the client."""
        if not self.left:
            self.left = True
            self.ended()
            self.group.leave(self)
            if self.task is not None and self.task is not asyncio.current_task():
                self.task.cancel()

    def catch_up(self) -> None:
        """Go through the log until the group is reached; a live member needs no task."""
        self.task = asyncio.create_task(self._catch_up(), name="catching up")

    async def _catch_up(self) -> None:
        try:
            await self.group.bring(self)
        except Exception as error:  # noqa: BLE001 - the edge: the client is told, masked where it is a fault
            self.recipient.fail(self.operation, error)
        finally:
            self.task = None


class Group:
    """Executes each event once for all its members."""

    def __init__(
        self, feed: Feed[Any], execution: Execution, executor: Executor[object], found: Found, role: Role,
        *, turns: asyncio.Semaphore, ended: Callable[[Group], None],
    ) -> None:  # fmt: skip
        self.feed = feed
        self.cursor = feed.stream.cursor  # what the live members have seen
        self.live: set[Member] = set()
        self.behind: set[Member] = set()
        self._turns = turns
        self._ended = ended
        self._execution = execution
        self._executor = executor
        self._found = found
        self._actor = Actor(id="", name="", roles=frozenset({role}))
        self._payloads: OrderedDict[int, asyncio.Task[bytes]] = OrderedDict()
        self._task = asyncio.create_task(self._run(), name="group of subscribers")

    def join(self, member: Member) -> None:
        """Let a member in where it stands: it is live at once when it has seen all that the group has."""
        if member.cursor.position >= self.cursor.position:
            self.live.add(member)
        else:
            self.behind.add(member)
            member.catch_up()

    def leave(self, member: Member) -> None:
        """Forget a member; without any, the group ends."""
        self.live.discard(member)
        self.behind.discard(member)
        if not self.live and not self.behind:
            self.end()

    def end(self) -> None:
        """Stop following the log."""
        self._ended(self)
        for task in (self._task, *self._payloads.values()):
            task.cancel()

    def tasks(self) -> list[asyncio.Task[None] | asyncio.Task[bytes]]:
        """What still runs, for those who wait for the end."""
        catching_up = [member.task for member in self.behind if member.task]
        return [self._task, *self._payloads.values(), *catching_up]

    async def bring(self, member: Member) -> None:
        """Send a member what it missed and let it in; between the last look and the entry nothing else runs."""
        stream = self.feed.stream
        while member.cursor.position < self.cursor.position:
            if self.cursor.position - member.cursor.position > self.feed.limit:
                raise CursorExpired
            for entry in await stream.after(member.cursor):
                if self.feed.wants(entry):
                    if not await member.recipient.send(member.head, await self.payload(entry), self._mark(entry.cursor)):
                        return  # the socket ends, and with it the member
                    await asyncio.sleep(0)
                member.cursor = entry.cursor
        stream.check(member.cursor)
        self.behind.discard(member)
        if not member.left:
            self.live.add(member)

    async def payload(self, entry: Entry) -> bytes:
        """The answer to one event, executed and encoded by the first who asks."""
        making = self._payloads.get(entry.position)
        if making is None:
            making = self._payloads[entry.position] = asyncio.create_task(self._made(entry), name="event of a group")
        made = await asyncio.shield(making)
        self._forget()
        return made

    async def _run(self) -> None:
        try:
            while True:
                await self._follow()
        except Exception as error:  # noqa: BLE001 - the edge: the clients are told, masked where it is a fault
            for member in [*self.live, *self.behind]:
                member.recipient.fail(member.operation, error)

    async def _follow(self) -> None:
        stream = self.feed.stream
        try:
            await stream.beyond(self.cursor)
            new = await stream.after(self.cursor)
        except Unavailable:
            await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - spreads groups
            return
        for entry in new:
            made = await self.payload(entry) if self.feed.wants(entry) else None
            before, self.cursor = self.cursor, entry.cursor
            if made is not None:
                await self._spread(made, before)

    async def _spread(self, payload: bytes, before: Cursor) -> None:
        position, mark = self.cursor.position, self._mark(self.cursor)
        for count, member in enumerate(list(self.live), 1):
            if member.left or member.cursor.position >= position:
                continue
            if not member.recipient.write(member.head, payload, mark):
                self._fall_behind(member, before)
            if count % BATCH == 0:
                await asyncio.sleep(0)

    def _mark(self, cursor: Cursor) -> bytes:
        return str(cursor).encode() if self.feed.resumable else b""

    def _fall_behind(self, member: Member, before: Cursor) -> None:
        if member.cursor.position < before.position:
            member.cursor = before
        self.live.discard(member)
        self.behind.add(member)
        member.catch_up()

    async def _made(self, entry: Entry) -> bytes:
        for attempt in range(ATTEMPTS):
            facts = RequestFacts(request_id=uuid4().hex)
            async with self._turns:
                answer = await self._execution.event(self._executor, self.feed.event(entry), self._found, self._actor, facts)
            if not any(error["extensions"].get("code") == ErrorCode.UNAVAILABLE for error in answer.errors):
                break
            await asyncio.sleep(0.1 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads groups
        return encoded(answer)

    def _forget(self) -> None:
        keep = PAYLOADS if self.behind else 1
        sizes = {at: _size(task) for at, task in self._payloads.items() if task.done()}
        total = sum(sizes.values())
        for position, size in sizes.items():
            if len(self._payloads) <= keep and total <= PAYLOAD_BYTES:
                return
            total -= size
            del self._payloads[position]


async def follow(
    execution: Execution, open_context: OpenContext, groups: Groups, found: Found, actor: Actor, facts: RequestFacts, recipient: Recipient,
    operation: str,
) -> Member:  # fmt: skip
    """Start a subscription and let its recipient into the group of those who ask the same; Refused where it does not start."""
    executor = await execution.executor(found)
    feed: object = None
    try:
        async with asyncio.timeout(found.seconds), open_context(actor, facts) as context:
            feed = cast("object", await execution.source(executor, context))
    except BaseException as broken:
        if isinstance(feed, Feed):
            feed.ended()
        if isinstance(broken, TimeoutError):
            raise QueryTimeout(found.seconds) from None
        raise
    if not isinstance(feed, Feed):
        message = "a subscription returns a feed"
        raise TypeError(message)
    role = max((role for role in Role if actor.may(role)), key=list(Role).index)
    key: Hashable = (feed.stream, role, *shape(found.operation).key(found.request.variables))
    return groups.join(key, feed, executor, found, role, recipient, operation)


def encoded(answer: Answer) -> bytes:
    """The answer with what HTTP says in its OMS-Revision header."""
    body = answer.body()
    if answer.revisions:
        body["extensions"]["revisions"] = answer.revisions
    return orjson.dumps(body)


def _size(task: asyncio.Task[bytes]) -> int:
    return 0 if task.cancelled() or task.exception() else len(task.result())


class Groups:
    """All groups of a process, by what is asked and what may be seen."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._groups: dict[Hashable, Group] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    def __len__(self) -> int:
        return len(self._groups)

    def join(
        self, key: Hashable, feed: Feed[Any], executor: Executor[object], found: Found, role: Role, recipient: Recipient, operation: str
    ) -> Member:
        """Subscribe a socket's operation, from the feed's cursor on, or from now."""
        group = self._groups.get(key)
        if group is None:
            group = Group(feed, self._execution, executor, found, role, turns=self._turns, ended=partial(self._forget, key))
            self._groups[key] = group
        member = Member(recipient, operation, group, feed.cursor or feed.stream.cursor, feed.ended)
        group.join(member)
        return member

    async def close(self) -> None:
        """End every group and wait until nothing of them runs."""
        groups = list(self._groups.values())
        tasks = [task for group in groups for task in group.tasks()]
        for group in groups:
            group.end()
        await ended(*tasks)

    def _forget(self, key: Hashable, group: Group) -> None:
        if self._groups.get(key) is group:
            del self._groups[key]
