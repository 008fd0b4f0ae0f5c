"""The server that bench/fanout.py measures: our sockets and event streams over a real log, and a commit to set them off."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import uvicorn

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.limits import Limits
from app.persistence.database import Database
from app.persistence.tail import Tail
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.live import Live
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.web.authentication import Authentication
from app.web.cursors import Cursors
from app.web.origins import Origins
from app.web.protocol import bounded
from resolvers.context import Services, Shared
from resolvers.schema import schema
from resolvers.transport.event_streams import EventStreams
from resolvers.transport.execution import Execution
from resolvers.transport.http import GraphQLEndpoint
from resolvers.transport.sockets import SocketProtocol
from resolvers.transport.websocket import SocketEndpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import Receive, Scope, Send

EDITOR = Actor("bench", "bench", frozenset({Role.EDITOR}))


class Anybody:
    async def verify(self, _: str) -> Actor:
        return EDITOR


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[tuple[int, Callable[[], Awaitable[float]]]]:
    limits = Limits(sockets_per_user=1_000_000, event_streams_per_user=1_000_000)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.opened(url))
        tail = await stack.enter_async_context(Tail.opened(url, database))
        live = Live(tail, database, resume_events=limits.resume_events)

        services = Services(Editing(database), ChangeSets(database), Ontologies(database), Locks(database), live=live)
        contexts = Shared(database, services, Cursors("a secret of the bench"), limits).open_context
        execution = Execution(schema(), limits, contexts, lambda *_: None)
        authentication = Authentication(Anybody())
        sockets = await stack.enter_async_context(SocketEndpoint(execution, contexts, authentication, limits, Origins(())).opened())
        streams = EventStreams(execution, contexts, sockets.groups, limits)
        http = GraphQLEndpoint(execution, authentication, limits, lambda *_: None, streams=streams)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await (sockets if scope["type"] == "websocket" else http)(scope, receive, send)

        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=bounded(limits),
                ws=SocketProtocol,
                lifespan="off",
                log_config=None,
                access_log=False,
                backlog=4096,
                ws_ping_interval=None,
            )
        )
        running = asyncio.create_task(server._serve([listener]))  # noqa: SLF001 - without its signal handlers
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        committed = 0.0

        def note() -> None:
            nonlocal committed
            committed = time.monotonic()

        database.listeners.insert(0, note)

        async def commit() -> float:
            name = f"bench{uuid4().hex[:12]}"
            fields = {"apiName": name, "displayName": name, "type": {"base": "STRING"}}
            await Editing(database).apply(EDITOR, "main", [Operation(Verb.CREATE, Kind.SHARED_PROPERTY, ref=name, fields=fields)])
            return committed

        try:
            yield listener.getsockname()[1], commit
        finally:
            server.should_exit = True
            await running
