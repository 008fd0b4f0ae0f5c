"""One event to 5,000 subscribers of one process, beside a bare broadcast of the same run.

Three processes: this one counts, a second holds the subscribers as raw sockets, a third is the server that is measured:
first `websockets.broadcast` of a constant, without ASGI, then ours, from a real commit in PostgreSQL to the last client: over
graphql-transport-ws, then as Server-Sent Events, a connection a subscriber both times.
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import os
import resource
import selectors
import socket
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from bench.stage import Row, database

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

SUBSCRIBERS = 5_000
EVENTS = 20
SPARE = 200  # descriptors beside the sockets
QUERY = (
    'subscription ($after: String) { ontologyChanged(ontology: "main", after: $after) '
    "{ revision cursor at actor counts { kind created updated deleted } } }"
)
PAUSE = 0.3  # seconds between two events
CONNECT_AT_ONCE = 100
MARK = b'"revision":'
FLOOR, SOCKETS, STREAMS = "broadcast", "sockets", "event streams"


@dataclass
class Figures:
    """What one server cost."""

    p50: float  # seconds from the commit, or the call of the broadcast, to a client; of the median event
    p99: float  # likewise
    cpu: float  # seconds of the server's CPU a delivery
    memory: float  # bytes of the server a subscriber
    longest: float  # seconds that the server's loop was held


def raise_limit(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def resident() -> int:
    """Bytes of memory that this process holds, as Linux says it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


# --- the subscribers: one process, raw sockets, one selector -----------------------------------------------------------------


def _frame(text: str) -> bytes:
    data = text.encode()
    head = bytes((0x81, 0x80 | len(data))) if len(data) < 126 else bytes((0x81, 0xFE)) + len(data).to_bytes(2, "big")
    return head + b"\0\0\0\0" + data  # a mask of zeros leaves the text as it is


def _handshake(port: int) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    ).encode()


def _until(connection: socket.socket, mark: bytes) -> None:
    seen = b""
    while mark not in seen:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError(seen)
        seen += part


def _listener(port: int, _: int) -> socket.socket:
    """One that asked for an event stream."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = json.dumps({"query": QUERY, "variables": {}})
    connection.sendall(
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer bench\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    _until(connection, b":\n\n")
    connection.setblocking(False)  # noqa: FBT003 - its only argument
    return connection


def _subscriber(port: int, number: int) -> socket.socket:
    """One with a socket and a subscription on it."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(_handshake(port))
    _until(connection, b"\r\n\r\n")
    connection.sendall(_frame('{"type":"connection_init","payload":{"authorization":"Bearer bench"}}'))
    _until(connection, b"connection_ack")
    subscribe = {"id": f"s{number}", "type": "subscribe", "payload": {"query": QUERY, "variables": {}}}
    connection.sendall(_frame(json.dumps(subscribe)))
    connection.setblocking(False)  # noqa: FBT003 - its only argument
    return connection


def subscribers(name: str, port: int, count: int, pipe: Connection) -> None:
    """Connect all, say so, then answer each event with the times at which it arrived."""
    raise_limit(count + SPARE)
    chosen = selectors.DefaultSelector()
    connected = _listener if name == STREAMS else _subscriber
    for number in range(count):
        chosen.register(connected(port, number), selectors.EVENT_READ)
    time.sleep(1)
    pipe.send("ready")
    while pipe.recv() == "event":
        arrived: list[float] = []
        until = time.monotonic() + 30
        while len(arrived) < count and time.monotonic() < until:
            for key, _ in chosen.select(1):
                data = key.fileobj.recv(65_536)  # type: ignore[union-attr]  # only sockets are registered
                arrived.extend([time.monotonic()] * data.count(MARK))
        pipe.send(arrived)


# --- the servers -------------------------------------------------------------------------------------------------------------


async def _broadcaster(pipe: Connection) -> None:
    from websockets.asyncio.server import broadcast, serve

    connected: set[Any] = set()

    async def converse(connection: Any) -> None:
        await connection.recv()
        await connection.send('{"type":"connection_ack"}')
        await connection.recv()
        connected.add(connection)
        await connection.wait_closed()

    async with serve(
        converse, "127.0.0.1", 0, subprotocols=["graphql-transport-ws"], compression=None, ping_interval=None, max_queue=4,
        open_timeout=None, backlog=4096,
    ) as server:  # fmt: skip
        payload = json.dumps(
            {"id": "s1", "type": "next", "payload": {"data": {"ontologyChanged": {
                "revision": 1, "cursor": "1.1", "at": "2026-01-01T00:00:00.000000+00:00", "actor": "bench",
                "counts": [{"kind": "SHARED_PROPERTY", "created": 1, "updated": 0, "deleted": 0}]}},
                "extensions": {"requestId": "0" * 32, "cost": 2}}}, separators=(",", ":"),
        )  # fmt: skip

        async def act() -> float:
            began = time.monotonic()
            broadcast(connected, payload)
            return began

        await _measured(pipe, server.sockets[0].getsockname()[1], act)


async def _ours(pipe: Connection, url: str) -> None:
    from bench.fanout_server import serving

    async with AsyncExitStack() as stack:
        port, commit = await stack.enter_async_context(serving(url))
        await _measured(pipe, port, commit)


async def _measured(pipe: Connection, port: int, act: Any) -> None:
    """Do as the pipe says, and tell what it cost."""
    loop, longest = asyncio.get_running_loop(), 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = loop.time()
            await asyncio.sleep(0.002)
            longest = max(longest, loop.time() - began - 0.002)

    watching = asyncio.create_task(watch())
    pipe.send(port)
    while (said := await loop.run_in_executor(None, pipe.recv)) != "end":
        if said == "memory":
            pipe.send(resident())
        elif said == "cost":
            pipe.send((time.process_time(), longest))
            longest = 0.0
        else:
            pipe.send(await act())
    watching.cancel()


def server(name: str, pipe: Connection, url: str, count: int) -> None:
    raise_limit(count + SPARE)
    uvloop.run(_broadcaster(pipe) if name == FLOOR else _ours(pipe, url))


# --- the run -----------------------------------------------------------------------------------------------------------------


def measured(name: str, url: str, count: int, events: int) -> Figures:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    running = context.Process(target=server, args=(name, theirs, url, count), daemon=True)
    running.start()
    port = ours.recv()
    ours.send("memory")
    before = ours.recv()
    clients, far = context.Pipe()
    holding = context.Process(target=subscribers, args=(name, port, count, far), daemon=True)
    holding.start()
    assert clients.recv() == "ready"
    ours.send("memory")
    memory = (ours.recv() - before) / count
    halves: list[float] = []
    slowest: list[float] = []
    for number in range(events + 2):
        if number == 2:  # the first two warm it up
            halves.clear()
            slowest.clear()
            ours.send("cost")
            spent, _ = ours.recv()
        clients.send("event")
        ours.send("event")
        began, arrived = ours.recv(), clients.recv()
        assert len(arrived) == count, f"{len(arrived)} of {count} were reached"
        late = sorted(at - began for at in arrived)
        halves.append(late[count // 2])
        slowest.append(late[int(count * 0.99)])
        time.sleep(PAUSE)
    ours.send("cost")
    total, longest = ours.recv()
    ours.send("end")
    clients.send("end")
    running.join(20)
    holding.join(20)
    middle = statistics.median
    return Figures(middle(halves), middle(slowest), (total - spent) / (count * events), memory, longest)


async def measure() -> list[Row]:
    """The servers one after the other, as ratios to the bare broadcast."""
    raise_limit(SUBSCRIBERS + SPARE)
    async with database() as (_, url):
        found = {name: await asyncio.to_thread(measured, name, url, SUBSCRIBERS, EVENTS) for name in (FLOOR, SOCKETS, STREAMS)}
    return [
        *_rows(f"event to {SUBSCRIBERS:,} subscribers over graphql-transport-ws", found[SOCKETS], found[FLOOR]),
        *_rows(f"event to {SUBSCRIBERS:,} subscribers as Server-Sent Events", found[STREAMS], found[FLOOR]),
    ]


def _rows(event: str, ours: Figures, floor: Figures) -> list[Row]:
    late, spent, held = ours.p99 / floor.p99, ours.cpu / floor.cpu, ours.memory / 1024
    busy = (
        "the median of the slowest answers tells of other processes too: the clients, the server and PostgreSQL share the cores with them."
    )
    return [
        Row(
            f"{event}: p99", f"{ours.p99 * 1e3:.0f} ms", "≤ 1.5x (beyond: 1.2x)", late <= 1.5, f"bare broadcast: {floor.p99 * 1e3:.0f} ms",
            f"{late:.2f}x", busy,
        ),
        Row("… CPU a delivery", f"{ours.cpu * 1e6:.0f} µs", "-", None, f"bare broadcast: {floor.cpu * 1e6:.0f} µs", f"{spent:.2f}x"),
        Row(
            "… memory a subscriber", f"{held:.0f} KB", "≤ 35 KB", held <= 35, f"bare broadcast: {floor.memory / 1024:.0f} KB",
            why="a connection has its protocol, its request and its task.",
        ),
        Row("… longest pause of the loop", f"{ours.longest * 1e3:.0f} ms", "-", None, f"bare broadcast: {floor.longest * 1e3:.0f} ms"),
    ]  # fmt: skip
