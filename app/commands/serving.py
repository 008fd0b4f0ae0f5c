"""One process that listens, with uvicorn."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import uvicorn

from app.commands.collecting import collect, settle, unsettle
from app.commands.terminal import Refused
from app.ending import ended
from app.observability import logging

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.settings import Settings

BACKLOG = 2048
SWITCH_SECONDS = 0.001  # for which a thread that plans a large merge may keep the event loop waiting


class Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._collecting: asyncio.Task[None] | None = None
        self._thresholds = gc.get_threshold()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            settle()
            self._collecting = asyncio.create_task(collect())
            await asyncio.to_thread(self._ready)  # it may ask others, and who connects by now is not to wait for them

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let who waits be answered, and end."""
        await super().shutdown(sockets)
        if self._collecting is not None:
            await ended(self._collecting)
            unsettle(self._thresholds)


def listener(settings: Settings) -> socket.socket:
    """The socket, taken before anything slow is done."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(BACKLOG)  # two sockets with SO_REUSEADDR may bind, only one may listen
    except OSError as refused:
        what = "is taken" if refused.errno == errno.EADDRINUSE else f"cannot be listened on ({refused.strerror})"
        raise Refused(f"Port {settings.port} of {settings.host} {what}: choose another PORT or HOST.") from refused
    bound.set_inheritable(False)
    return bound


def address_of(bound: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "localhost", "::": "localhost", "127.0.0.1": "localhost"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    settings: Settings,
    bound: socket.socket,
    ready: Callable[[], None],
    *,
    tokens: Callable[[], Mapping[str, str]] | None = None,
    server: type[Server] = Server,
) -> None:
    """Serve until a signal says so; requests that run get their time to end. `tokens` are for the pages, in development.

    `server` may do more beside it, such as a benchmark's that watches the loop.
    """
    if find_spec("httptools") is None:
        raise Refused("httptools is not installed, and without it smuggled requests would be answered: install uvicorn[standard].")
    from app.main import create_app  # with the schema, of which a worker that takes a port needs nothing
    from app.web.protocol import bounded  # stands on httptools
    from resolvers.transport.sockets import SocketProtocol

    sys.setswitchinterval(SWITCH_SECONDS)
    logging.configure(settings.log_level, pretty=settings.development and sys.stderr.isatty())
    limits = settings.limits
    config = uvicorn.Config(
        create_app(settings, tokens=tokens),
        http=bounded(limits),
        ws=SocketProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws_max_size=limits.websocket_frame_bytes,
        timeout_graceful_shutdown=round(limits.shutdown_seconds),
    )
    server(config, ready).run(sockets=[bound])


def end_on_signals() -> None:
    """Let the signals of a supervisor and of a closed terminal end the process as cleanly as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
