"""The real servers of `make services`: how long all six take to start a second time, with what processor time and memory.

python -m bench starting
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from app.settings import read
from app.stack.server import Server
from app.stack.stack import SERVERS, Stack
from bench.relaying import Unseen
from bench.stage import Row

MIB = 1024 * 1024
SECOND, MOST = 30, 4_096  # seconds and MiB: what is left of 24 GiB beside the tests is far more


class Starting(Unseen):
    """Notes what each server has taken by the moment at which it answers."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.rows: list[Row] = []
        self.cpu = 0.0

    def ready(self, server: Server, seconds: float) -> None:
        """A server answers."""
        cpu, memory = _taken(self._stack, server)
        self.cpu += cpu
        self.rows.append(Row(f"… {server.title}", f"{seconds:.1f} s", "-", None, f"{cpu:.1f} s of CPU, {memory:.0f} MiB"))


async def measure() -> list[Row]:
    """Started, ended and started again, in a folder that is then removed."""
    return await asyncio.to_thread(_measured)


def _measured() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="oms-bench-starting-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL runs as another account where we are root
        stack = Stack(Path(folder), read().oms_cache_dir.expanduser())
        try:
            first = _started(stack, Unseen())
            ending = time.perf_counter()
            stack.stop(SERVERS)
            ended = time.perf_counter() - ending
            second = _started(stack, seen := Starting(stack))
            memory = sum(_taken(stack, server)[1] for server in SERVERS.values())
        finally:
            stack.stop(SERVERS)
    busy = f"others had the cores: the servers' own {seen.cpu:.0f} s of CPU take {seen.cpu / (os.cpu_count() or 1):.0f} s where nobody else works."
    return [
        Row(
            "the second start of all six servers",
            f"{second:.1f} s",
            f"≤ {SECOND} s",
            second <= SECOND,
            f"{seen.cpu:.1f} s of their CPU",
            why=busy,
        ),
        *seen.rows,
        Row(
            "… their memory, shared pages counted once",
            f"{memory:,.0f} MiB",
            f"≤ {MOST:,} MiB",
            memory <= MOST,
            why="a heap is larger than was allowed for.",
        ),
        Row("… the first start, in an empty folder", f"{first:.1f} s", "-"),
        Row("… their end", f"{ended:.1f} s", "-"),
    ]


def _started(stack: Stack, witness: Unseen) -> float:
    began = time.perf_counter()
    stack.start(SERVERS, witness, free_ports=True)
    return time.perf_counter() - began


def _taken(stack: Stack, server: Server) -> tuple[float, float]:
    """Seconds of CPU and MiB of the server with its children."""
    cpu = memory = 0.0
    for process in _family(stack.process(server).pid):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            cpu += times.user + times.system
            memory += process.memory_full_info().pss / MIB
    return cpu, memory


def _family(pid: int | None) -> list[psutil.Process]:
    if pid is None:
        return []
    own = psutil.Process(pid)
    return [own, *own.children(recursive=True)]
