"""GraphQL over WebSocket: the protocol graphql-transport-ws, one session a socket.

Close codes: 4400 a bad message, 4401 subscribed before the acknowledgement, 4403 a token that is refused or has ended,
4406 another subprotocol, 4408 no connection_init in time, 4409 an id in use, 4429 too many connection_inits or sockets,
1009 a frame too large, 1012 the service restarts, 1013 the client does not drain. Never 1011: clients take it as final.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.ending import ended
from app.web.headers import headers_of
from resolvers.transport.groups import Groups
from resolvers.transport.session import BAD_SUBPROTOCOL, Session
from resolvers.transport.sockets import socket_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from starlette.types import Receive, Scope, Send

    from app.limits import Limits
    from app.web.authentication import Authentication
    from app.web.origins import Origins
    from resolvers.transport.execution import Execution, OpenContext

PROTOCOL = "graphql-transport-ws"


class SocketEndpoint:
    """An ASGI application for WebSockets; `opened` ends what still runs when the server stops."""

    def __init__(
        self, execution: Execution, open_context: OpenContext, authenticate: Authentication, limits: Limits, origins: Origins
    ) -> None:
        self.execution = execution
        self.open_context = open_context
        self.authenticate = authenticate
        self.limits = limits
        self.groups = Groups(execution)
        self.sockets: Counter[str] = Counter()  # by subject
        self._origins = origins
        self._writing: set[asyncio.Task[object]] = set()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[SocketEndpoint]:
        """Serve until the block ends; then mutations may finish and groups end."""
        try:
            yield self
        finally:
            if self._writing:
                await asyncio.wait(self._writing, timeout=self.limits.shutdown_seconds)
            await ended(*self._writing)
            await self.groups.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it closes."""
        await receive()
        headers = headers_of(scope)
        if not self._welcomes(headers.get("origin"), headers.get("host")):
            await send({"type": "websocket.close"})  # before it is accepted: 403
            return
        if PROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            socket_of(scope).finish(BAD_SUBPROTOCOL, f"Only {PROTOCOL} is spoken here.")
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        await Session(self, socket_of(scope), headers.get("authorization")).run(receive)

    async def write(self, mutation: Coroutine[object, object, object]) -> object:
        """Run a mutation to its end, also when the client that sent it is gone."""
        task = asyncio.create_task(mutation, name="mutation of a socket")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    def _welcomes(self, origin: str | None, host: str | None) -> bool:
        try:
            return self._origins.allow_handshake(origin, host)
        except ValueError:  # such as http://[
            return False
