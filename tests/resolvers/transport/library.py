"""A small schema in the shape of ours, with every way for a field to go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from app.domain.actor import Actor, Role
from app.domain.errors import Forbidden, IdempotencyKeyReused, NotFound, Unavailable
from app.limits import Limits
from resolvers.transport.answer import RequestFacts
from resolvers.transport.execution import Execution

EDITOR = Actor("u1", "Ada", frozenset({Role.EDITOR}))
VIEWER = Actor("u2", "Vic", frozenset({Role.VIEWER}))
ADMIN = Actor("u3", "Adm", frozenset({Role.ADMIN}))


@strawberry.type
class PageInfo:
    has_next_page: bool = False


@strawberry.type
class Reference:
    name: str = "r"


@strawberry.interface
class Named:
    name: str = "n"


@strawberry.type
class Property(Named):
    @strawberry.field
    def owner(self) -> Annotated[Thing, strawberry.lazy("tests.resolvers.transport.library")]:
        return Thing()


@strawberry.type
class PropertyEdge:
    cursor: str = "c"
    node: Property = strawberry.field(default_factory=Property)


@strawberry.type
class PropertyConnection:
    nodes: list[Property]
    edges: list[PropertyEdge]
    page_info: PageInfo = strawberry.field(default_factory=PageInfo)


@strawberry.type
class Thing(Named):
    references: list[Reference] = strawberry.field(default_factory=lambda: [Reference()])

    @strawberry.field
    def properties(self, first: int | None = None, last: int | None = None) -> PropertyConnection:
        return PropertyConnection(nodes=[Property()] * min(first or last or 10, 3), edges=[])


@strawberry.type
class ThingConnection:
    nodes: list[Thing]
    page_info: PageInfo = strawberry.field(default_factory=PageInfo)


@strawberry.type
class Refusal:
    message: str


Found = Annotated[Thing | Property | Refusal, strawberry.union("Found")]


@strawberry.input
class Change:
    name: str
    count: int = 0


@strawberry.type
class Query:
    @strawberry.field
    def things(self, first: int | None = None, last: int | None = None) -> ThingConnection:
        return ThingConnection(nodes=[Thing()] * min(first or last or 10, 3))

    @strawberry.field
    def thing(self, name: str = "n") -> Thing | None:
        return Thing(name=name)

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Thing]:
        return [Thing(name=each) for each in ids]

    @strawberry.field
    def found(self) -> Found:
        return Thing()

    @strawberry.field
    def broken(self) -> str | None:
        message = "SELECT secret FROM /var/lib/postgres on db-7"
        raise RuntimeError(message)

    @strawberry.field
    def null_where_none_may_be(self) -> str:
        return None  # type: ignore[return-value]  # the fault under test

    @strawberry.field
    def unsayable(self) -> strawberry.scalars.JSON:
        return {"number": 2**70}

    @strawberry.field
    def missing(self) -> str | None:
        raise NotFound("object type", "x")

    @strawberry.field
    def forbidden(self) -> str | None:
        raise Forbidden(needs="Editor")

    @strawberry.field
    def unavailable(self) -> str | None:
        message = "The database is busy."
        raise Unavailable(message, retry_after=7)

    @strawberry.field
    async def slow(self, seconds: float) -> str | None:
        await asyncio.sleep(seconds)
        return "done"

    @strawberry.field
    def me(self, info: Info[Any, None]) -> str:
        return str(info.context.actor.name)

    @strawberry.field
    def conflict(self, info: Info[Any, None]) -> str:
        info.context.http_status = 409
        return "conflict"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def apply_changes(self, info: Info[Any, None], changes: list[Change]) -> int:
        info.context.revisions["main"] = "1.43"
        return len(changes)

    @strawberry.mutation
    def rename(self, name: str) -> str:
        return name

    @strawberry.mutation
    def again(self) -> str | None:
        raise IdempotencyKeyReused


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info[Any, None], to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[int, None]:
        raise Forbidden(needs="Editor")
        yield 1

    @strawberry.subscription
    async def things(self) -> AsyncGenerator[Thing, None]:
        for name in ("a", "b"):
            yield Thing(name=name)


schema = strawberry.Schema(Query, Mutation, Subscription, types=[Property, Thing])


@dataclass
class Context:
    actor: Actor
    facts: RequestFacts
    revisions: dict[str, str] = field(default_factory=lambda: {"main": "1.42"})
    http_status: int | None = None
    retry_after: int | None = None


@dataclass
class Opened:
    """Every context that was opened, and every fault that was reported."""

    contexts: list[Context] = field(default_factory=list)
    closed: int = 0
    faults: list[BaseException] = field(default_factory=list)
    failure: Exception | None = None

    @asynccontextmanager
    async def __call__(self, actor: Actor, facts: RequestFacts) -> AsyncIterator[Context]:
        if self.failure:
            raise self.failure
        self.contexts.append(Context(actor, facts))
        try:
            yield self.contexts[-1]
        finally:
            self.closed += 1

    def report(self, error: BaseException, _tags: object) -> None:
        self.faults.append(error)


def execution(opened: Opened | None = None, *, introspection: Role | None = None, **limits: Any) -> Execution:
    opened = opened or Opened()
    return Execution(schema, Limits(**limits), opened, opened.report, introspection=introspection)
