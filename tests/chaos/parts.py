"""The processes of one installation, each started by its command, killed, stopped and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

import httpx2

STARTING = 180.0


class NeverReady(Exception):
    """A process that does not answer."""


def free_port() -> int:
    """A port that nobody listens on now, and none of those that the system gives to whoever asks for any."""
    while True:
        port = SystemRandom().randrange(20_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@dataclass
class Part:
    """One process: `arguments` are those of `oms`; the port is where it tells that it is ready."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    home: Path
    bug: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    held: bool = False  # it is not to be started now, even if it has ended
    recoveries: list[float] = field(default_factory=list)  # seconds from a start after a kill to the answer

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self.process is not None
        return self.process.pid

    @property
    def ended(self) -> bool:
        """Whether it ended by itself, and may be started again."""
        return not self.held and self.process is not None and self.process.poll() is not None

    def start(self) -> None:
        """Begin, without waiting for it."""
        self.held = False
        module = ["tests.chaos.planted", self.bug] if self.bug else ["app.cli"]
        port = "PORT" if self.arguments[0] == "api" else "WORKER_PORT"
        self.starts += 1
        with (self.home / f"{self.name}.log").open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *module, *self.arguments],
                env={**os.environ, **self.environment, port: str(self.port)}, stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip

    async def ready(self) -> float:
        """Wait until it answers; how many seconds that took."""
        began = time.monotonic()
        async with httpx2.AsyncClient(trust_env=False, timeout=2) as client:
            while time.monotonic() - began < STARTING:
                with suppress(httpx2.HTTPError):
                    if (await client.get(f"{self.address}/healthz")).status_code == 200:
                        return time.monotonic() - began
                await asyncio.sleep(0.1)
        raise NeverReady(f"{self.name}: {(self.home / f'{self.name}.log').read_text()[-2_000:]}")

    def kill(self) -> None:
        """As the machine does, without a word."""
        self.held = True
        self._signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait()

    def pause(self) -> None:
        """Hold it; it does not know."""
        self.held = True
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.held = False
        self._signal(signal.SIGCONT)

    def end(self, seconds: float = 70) -> int:
        """Ask it to finish, and wait; its exit code."""
        if self.process is None:
            return 0
        self.held = True
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return -9

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
