"""The whole live side over HTTP and WebSocket, and a client of event streams that speaks bytes."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.types import Receive, Scope, Send

from app.bootstrap import seats, shared_by_processes
from app.limits import Limits
from app.persistence.database import Database
from app.persistence.tail import Tail
from app.services.attendance import Attendance
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.live import Live
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.services.seating import Seating
from app.settings import Settings
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
from tests import given
from tests.sockets import Tokens
from tests.waiting import GUARD, until

FOLLOW = "subscription ($after: String) { ontologyChanged(after: $after) { revision cursor } }"


@dataclass
class Event:
    """One event of a stream; a comment has none of these."""

    event: str = ""
    id: str = ""
    data: str = ""
    retry: str = ""

    @property
    def body(self) -> Any:
        return json.loads(self.data)


@dataclass
class Answered:
    """An answer whose body still arrives; `comments` counts the signs of life."""

    status: int
    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    comments: int = 0
    _rest: bytes = b""

    async def event(self, seconds: float = GUARD) -> Event | None:
        """The next event, None at the end of the stream."""
        async with asyncio.timeout(seconds):
            while True:
                while b"\n\n" not in self._rest:
                    chunk = await self._chunk()
                    if not chunk:
                        assert not self._rest
                        return None
                    self._rest += chunk
                block, self._rest = self._rest.split(b"\n\n", 1)
                if block == b":":
                    self.comments += 1
                    continue
                found = Event()
                for line in block.decode().split("\n"):
                    name, _, value = line.partition(":")
                    setattr(found, name, value.removeprefix(" "))
                return found

    async def events(self, count: int) -> list[Event]:
        return [each for each in [await self.event() for _ in range(count)] if each is not None]

    async def body(self) -> Any:
        return json.loads(await self.reader.readexactly(int(self.headers["content-length"])))

    def cut(self) -> None:
        self.writer.transport.abort()

    async def _chunk(self) -> bytes:
        try:
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            data = await self.reader.readexactly(size + 2)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""
        return data[:-2]


@dataclass
class Served:
    port: int
    streams: EventStreams
    sockets: SocketEndpoint
    tail: Tail
    seating: Seating
    editing: Editing
    server: uvicorn.Server
    answers: list[Answered] = field(default_factory=list)

    async def ask(
        self, query: str = FOLLOW, *, by: str | None = "vera", method: str = "POST", accept: str = "text/event-stream", buffer: int | None = None,
        headers: dict[str, str] | None = None, extensions: dict[str, Any] | None = None, **variables: Any,
    ) -> Answered:  # fmt: skip
        connection = socket.socket()
        if buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=buffer or 2**16)
        asked: dict[str, Any] = {
            "variables": variables,
            **({"query": query} if query else {}),
            **({"extensions": extensions} if extensions else {}),
        }
        body = json.dumps(asked).encode() if method == "POST" else b""
        parameters = {name: value if isinstance(value, str) else json.dumps(value) for name, value in asked.items()}
        target = "/graphql" if method == "POST" else f"/graphql?{urlencode(parameters)}"
        sent = {"host": "oms", "accept": accept, **(headers or {})}
        if by is not None:
            sent["authorization"] = f"Bearer {by}"
        if body:
            sent |= {"content-type": "application/json", "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        writer.write(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode() + body)
        line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        told = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        self.answers.append(Answered(int(line.split()[1]), told, reader, writer))
        return self.answers[-1]

    async def merge(self, count: int = 1) -> int:
        for _ in range(count):
            merged = await self.editing.apply(given.EDITOR, "main", [given.shared_property()])
            await self.tail.reached(merged.ontology, merged.revision, within=GUARD)
        return merged.revision

    async def following(self, count: int) -> None:
        """Until so many subscribers are live."""
        await until(lambda: sum(len(group.live) for group in self.sockets.groups._groups.values()) == count)


@asynccontextmanager
async def streaming(
    database: Database, url: str, *, grace: float = 10, trusted: Mapping[str, str] | None = None, redis: str | None = None, **limits: Any
) -> AsyncIterator[Served]:
    """One process with the real schema; with `redis` its people are shared there."""
    bounds = Limits(**limits)
    reports: list[BaseException] = []
    async with AsyncExitStack() as stack:
        tail = await stack.enter_async_context(Tail.opened(url, database))
        common = await stack.enter_async_context(shared_by_processes(Settings(redis_url=redis), database))
        seating = await stack.enter_async_context(seats(database, common))
        live = Live(tail, database, resume_events=bounds.resume_events, seating=seating)
        attendance = await stack.enter_async_context(Attendance(seating, grace=grace, every=0.5).opened())
        services = Services(
            Editing(database), ChangeSets(database), Ontologies(database), Locks(database), live=live, attendance=attendance
        )
        shared = Shared(database, services, Cursors("a secret of the tests only"), bounds)
        execution = Execution(schema(), bounds, shared.open_context, lambda error, _: reports.append(error), trusted=trusted)
        authentication = Authentication(Tokens())
        sockets = await stack.enter_async_context(
            SocketEndpoint(execution, shared.open_context, authentication, bounds, Origins(())).opened()
        )
        streams = EventStreams(execution, shared.open_context, sockets.groups, bounds)
        http = GraphQLEndpoint(execution, authentication, bounds, lambda error, _: reports.append(error), streams=streams)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await (sockets if scope["type"] == "websocket" else http)(scope, receive, send)

        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, http=bounded(bounds), ws=SocketProtocol, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=10
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.005)
        served = Served(listener.getsockname()[1], streams, sockets, tail, seating, services.editing, server)
        try:
            yield served
        finally:
            for answer in served.answers:
                answer.cut()
            server.should_exit = True
            await task
            listener.close()
        assert reports == []
        assert not streams.open
