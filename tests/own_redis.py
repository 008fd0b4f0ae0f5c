"""Redis as tests use it: connections of the one that all share, and one for a test alone, which it may hold, kill, start again and wipe."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from app.adapters.redis_pool import RedisPool
from app.stack.artifacts import StackFailed
from app.stack.redis import Redis
from app.stack.server import Place
from tests.chaos.parts import free_port
from tests.real_servers import MISSING

SECONDS = 20
PATIENT = 30.0  # seconds: what is asked is what Redis keeps, and not how busy this machine is


@pytest_asyncio.fixture
async def pool(redis):
    """Connections of the Redis that all tests use."""
    made = RedisPool(redis, patience=PATIENT)
    yield made
    await made.close()


@dataclass
class OwnRedis:
    """One server, empty whenever it is started."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        server, place = Redis(), Place(self.folder, {"client": self.port}, self.folder, ())
        self.process = subprocess.Popen(server.prepared(place).command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + SECONDS
        while not server.answers(place):
            assert self.process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)

    def hang(self) -> None:
        self._pid(signal.SIGSTOP)

    def go_on(self) -> None:
        self._pid(signal.SIGCONT)

    def kill(self) -> None:
        """As the machine does, without a word."""
        self._pid(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def wipe(self) -> None:
        """Everything is forgotten, and no connection is lost."""
        self.say("FLUSHALL")

    def say(self, command: str) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(command.encode() + b"\r\n")
            return connection.recv(65_536)

    def _pid(self, number: int) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)


@pytest.fixture
def own_redis(tmp_path):
    """It ends with the test."""
    made = OwnRedis(tmp_path, free_port())
    try:
        made.start()
    except StackFailed as failed:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{MISSING}: {failed}")
    yield made
    with suppress(ProcessLookupError):
        made.kill()
