"""The processes of a whole system, as benchmarks start, kill and end them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping

WORKERS: Mapping[str, tuple[str, ...]] = {
    "relay": ("worker", "relay"),
    "indexing-service": ("worker", "indexing-service"),
    "graph-sync-service": ("worker", "graph-sync-service"),
}
PARTS: Mapping[str, tuple[str, ...]] = {"API": ("api",), **WORKERS}


class Parts:
    """Our own processes."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str) -> None:
        """Begin those."""
        for name in names:
            command = [sys.executable, "-m", "app.cli", *PARTS[name]]
            self._running[name] = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self, name: str) -> None:
        """Without a word."""
        self._running[name].send_signal(signal.SIGKILL)
        self._running[name].wait()

    def end(self) -> None:
        """Ask all to finish."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait()
