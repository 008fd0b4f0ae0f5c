"""A real server for sockets, with a schema of its own over the real log, and a client that speaks the protocol."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import strawberry
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.bootstrap import held, shared_by_processes
from app.domain.actor import Actor
from app.domain.errors import TokenExpired, Unauthenticated, Unavailable
from app.limits import Limits
from app.persistence.database import Database
from app.persistence.log import Entry
from app.persistence.tail import Tail
from app.services.editing import Editing
from app.services.live import Live
from app.settings import Settings
from app.web.authentication import Authentication
from app.web.origins import Origins
from resolvers.subscriptions.feed import Feed
from resolvers.transport.execution import Execution
from resolvers.transport.sockets import SocketProtocol
from resolvers.transport.websocket import PROTOCOL, SocketEndpoint
from tests import given
from tests.waiting import GUARD

CHANGED = "subscription ($after: String) { changed(after: $after) { revision cursor } }"


@strawberry.type
class Changed:
    revision: int
    cursor: str
    padding: str = ""

    @strawberry.field
    def slow(self, info: strawberry.Info) -> int:
        info.context.services.executed += 1
        return self.revision

    @strawberry.field
    def broken(self) -> int | None:
        raise RuntimeError("secret")

    @strawberry.field
    def flaky(self, info: strawberry.Info) -> int | None:
        info.context.services.executed += 1
        if info.context.services.executed < 3:
            raise Unavailable("The database does not answer.")
        return self.revision


@strawberry.type
class Query:
    @strawberry.field
    def word(self, info: strawberry.Info, of: str = "") -> str:
        return of or str(info.context.actor.id)

    @strawberry.field
    async def wait(self, info: strawberry.Info) -> str:
        await info.context.services.released.wait()
        return "done"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def finish(self, info: strawberry.Info) -> str:
        await info.context.services.released.wait()
        info.context.services.finished += 1
        return "finished"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def changed(
        self, info: strawberry.Info, after: str | None = None, ontology: str = "main", pad: int = 0
    ) -> AsyncIterator[Changed]:
        def event(entry: Entry) -> Changed:
            return Changed(revision=entry.position, cursor=str(entry.cursor), padding="x" * pad)

        return Feed(await info.context.services.live.merges(ontology, after), event)

    @strawberry.subscription
    async def refused(self) -> AsyncIterator[Changed]:
        raise Unavailable("not today")


class Tokens:
    """A verifier whose tokens are the names of the actors; `name~seconds` ends then."""

    async def verify(self, token: str) -> Actor:
        name, _, ends = token.partition("~")
        known = {"vera": given.VIEWER, "edith": given.EDITOR, "ada": given.ADMIN}
        if name == "late":
            raise TokenExpired
        if name == "down":
            raise Unavailable("The keys cannot be read.")
        if name not in known:
            raise Unauthenticated
        actor = known[name]
        return Actor(actor.id, actor.name, actor.roles, expires_at=float(ends)) if ends else actor


@dataclass
class Services:
    live: Live
    released: asyncio.Event = field(default_factory=asyncio.Event)
    executed: int = 0
    finished: int = 0


@dataclass
class Served:
    port: int
    endpoint: SocketEndpoint
    tail: Tail
    services: Services
    editing: Editing
    server: uvicorn.Server
    reports: list[BaseException]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    @asynccontextmanager
    async def connected(self, token: str | None = "vera", **options: Any) -> AsyncIterator[Client]:
        options = {"subprotocols": [PROTOCOL], "compression": None, "ping_interval": None, "max_size": None} | options
        async with connect(self.url, **options) as connection:
            client = Client(connection)
            if token is not None:
                await client.say(type="connection_init", payload={"authorization": f"Bearer {token}"})
                assert await client.hear() == {"type": "connection_ack"}
            yield client

    async def merge(self, count: int = 1) -> int:
        for _ in range(count):
            merged = await self.editing.apply(given.EDITOR, "main", [given.shared_property()])
            await self.tail.reached(merged.ontology, merged.revision, within=GUARD)
        return merged.revision


@dataclass
class Client:
    connection: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def subscribe(self, query: str = CHANGED, *, id: str = "1", **variables: Any) -> None:  # noqa: A002 - the protocol's word
        await self.say(id=id, type="subscribe", payload={"query": query, "variables": variables})

    async def hear(self, seconds: float = GUARD) -> Any:
        return json.loads(await asyncio.wait_for(self.connection.recv(), seconds))

    async def events(self, count: int, name: str = "changed") -> list[Any]:
        return [(await self.hear())["payload"]["data"][name] for _ in range(count)]

    async def closed(self, seconds: float = GUARD) -> int | None:
        """The code that the server closes with; what it said before is dropped."""
        try:
            while True:
                await asyncio.wait_for(self.connection.recv(), seconds)
        except ConnectionClosed:
            return self.connection.close_code


@asynccontextmanager
async def serving(
    database: Database, url: str, *, world: Callable[[Live, Limits], Any] | None = None, origins: tuple[str, ...] = (),
    redis: str | None = None, **limits: Any,
) -> AsyncIterator[Served]:  # fmt: skip
    """The whole of the live side: tail, endpoint and server; `world` gives another schema with its contexts, `redis` is what locks are shared in."""
    bounds = Limits(**limits)
    async with AsyncExitStack() as stack:
        tail = await stack.enter_async_context(Tail.opened(url, database))
        common = await stack.enter_async_context(shared_by_processes(Settings(redis_url=redis), database))
        holding = await stack.enter_async_context(held(database, common, tail))
        services = Services(Live(tail, database, resume_events=bounds.resume_events, holding=holding))

        @asynccontextmanager
        async def open_context(actor: Actor, facts: Any) -> AsyncIterator[Any]:
            yield SimpleNamespace(actor=actor, services=services, revisions={}, http_status=None, retry_after=None)

        reports: list[BaseException] = []
        schema, contexts = world(services.live, bounds) if world else (strawberry.Schema(Query, Mutation, Subscription), open_context)
        execution = Execution(schema, bounds, contexts, lambda error, _: reports.append(error))
        endpoint = SocketEndpoint(execution, contexts, Authentication(Tokens()), bounds, Origins(origins))
        await stack.enter_async_context(endpoint.opened())
        port, server = await stack.enter_async_context(listening(endpoint, bounds))
        yield Served(port, endpoint, tail, services, Editing(database), server, reports)


@asynccontextmanager
async def listening(app: Any, limits: Limits, **options: Any) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """uvicorn with our protocol on a free port."""
    listener = sockets.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, ws=SocketProtocol, ws_max_size=limits.websocket_frame_bytes, ws_per_message_deflate=False, lifespan="off", log_config=None,
        access_log=False, timeout_graceful_shutdown=10, **options,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.005)
    try:
        yield listener.getsockname()[1], server
    finally:
        server.should_exit = True
        await task
        listener.close()
