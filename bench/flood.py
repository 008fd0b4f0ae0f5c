"""As many requests as a server answers, over connections that stay open: raw sockets, for answers that are large or come fast.

Run as a program of its own, so that its work is not the server's: the job is JSON on standard input, the figures are
JSON on standard output. It spends some microseconds on a request, whatever the size of the answer.
"""

from __future__ import annotations

import asyncio
import json
import re
import select
import socket
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TURN = b"00000000"  # eight digits in a request that are another number each time, so that no two requests are the same
PLACE = b"11111111"  # likewise, of the numbers below `places`: as near as can be to any of them at random, and the same in every run
STRIDE = 7_919
ETAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
END_OF_CHUNKS = b"\r\n0\r\n\r\n"
BUFFER = 1 << 20


@dataclass(frozen=True)
class Job:
    """What to send, to where, and for how long."""

    port: int
    request: str
    seconds: float
    connections: int = 16
    warm_up: float = 1.0
    expected: int = 200
    places: int = 1


@dataclass(frozen=True)
class Load:
    """What came of it: answers a second, the bytes of one body, the middle latency in seconds, and its ETag if it had one."""

    rate: float
    body: int
    median: float
    wrong: int = 0  # answers of another status than the expected one
    tag: str = ""
    answers: int = 0  # the warm-up's too


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(BUFFER)
        self.filled = 0
        self.wanted = -1  # bytes of the whole answer; -1 until its head is read, -2 for one in chunks
        self.sent = 0.0

    def ask(self, request: bytes) -> None:
        self.filled, self.wanted, self.sent = 0, -1, time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read what is there; whether the answer is whole."""
        if self.filled == len(self.buffer):
            self.buffer.extend(bytes(len(self.buffer)))
        got = self.socket.recv_into(memoryview(self.buffer)[self.filled :])
        if not got:
            message = "the server closed a connection"
            raise ConnectionError(message)
        self.filled += got
        if self.wanted == -1:
            head = self.buffer.find(b"\r\n\r\n", 0, self.filled)
            if head < 0:
                return False
            text = bytes(self.buffer[: head + 2])
            found = LENGTH.search(text)
            self.wanted = head + 4 + int(found[1]) if found else -2 if CHUNKED.search(text) else head + 4
        if self.wanted == -2:
            return self.buffer.endswith(END_OF_CHUNKS) or self.buffer[self.filled - 7 : self.filled] == END_OF_CHUNKS
        return self.filled >= self.wanted

    @property
    def status(self) -> int:
        return int(self.buffer[9:12])

    @property
    def tag(self) -> str:
        found = ETAG.search(self.buffer, 0, self.filled)
        return found[1].decode() if found else ""

    @property
    def body(self) -> bytes:
        return bytes(self.buffer[self.buffer.find(b"\r\n\r\n") + 4 : self.filled])


def run(job: Job) -> Load:
    """Keep every connection busy until the time is over."""
    request = job.request.encode()

    fresh = time.time_ns() // 1_000  # or a run would ask what the one before it has asked, and be answered from memory

    def asked(turn: int) -> bytes:
        return request.replace(TURN, b"%08d" % ((fresh + turn) % 100_000_000)).replace(PLACE, b"%08d" % (turn * STRIDE % job.places))

    connections = {each.socket.fileno(): each for each in (_Connection(job.port) for _ in range(job.connections))}
    poll = select.epoll()
    turn = 0
    for number, each in connections.items():
        poll.register(number, select.EPOLLIN)
        each.ask(asked(turn))
        turn += 1
    latencies: list[float] = []
    wrong, size, tag = 0, -1, ""
    begin = time.perf_counter() + job.warm_up
    end = begin + job.seconds
    now = 0.0
    while now < end:
        for number, _ in poll.poll(0.5):
            each = connections[number]
            if not each.answered():
                continue
            now = time.perf_counter()
            if now >= begin:
                latencies.append(now - each.sent)
            wrong += each.status != job.expected
            if size < 0:
                size, tag = len(each.body), each.tag
            each.ask(asked(turn))
            turn += 1
        now = time.perf_counter()
    for each in connections.values():
        each.socket.close()
    middle = sorted(latencies)[len(latencies) // 2] if latencies else 0.0
    return Load(len(latencies) / job.seconds, max(size, 0), middle, wrong, tag, turn - job.connections)


async def flooded(job: Job) -> Load:
    """The figures of a run in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.flood", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate(json.dumps(asdict(job)).encode())
    if process.returncode:
        message = "the load generator failed"
        raise RuntimeError(message)
    return Load(**json.loads(told))


def get(document: str, variables: dict[str, object], headers: dict[str, str]) -> str:
    """A GET of a GraphQL operation, as it goes over the wire."""
    query = urlencode({"query": document, "variables": json.dumps(variables)})
    return (
        f"GET /graphql?{query} HTTP/1.1\r\nhost: localhost\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        + "\r\n"
    )


def post(document: str, variables: dict[str, object], headers: dict[str, str] | None = None) -> str:
    """A POST of a GraphQL operation, as it goes over the wire."""
    body = json.dumps({"query": document, "variables": variables})
    lines = {"host": "localhost", "content-type": "application/json", "content-length": str(len(body.encode())), **(headers or {})}
    return "POST /graphql HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n" + body


if __name__ == "__main__":
    print(json.dumps(asdict(run(Job(**json.load(sys.stdin))))))
