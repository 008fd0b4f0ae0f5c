"""A module of ours in a process of its own: what it is to do comes on its standard input, so that no secret is an argument."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

import orjson

PATIENCE = 5.0  # seconds that a process gets to end when it is told to


class Killed(Exception):
    """The process ended by a signal (then `code` is negative) or with an error; the message says which."""

    def __init__(self, code: int) -> None:
        super().__init__(f"signal {-code}" if code < 0 else f"exit code {code}")
        self.code = code


async def run_apart(module: str, spec: dict[str, Any], *, seconds: float) -> None:
    """Run it to its end; TimeoutError when that takes longer, Killed when it fails. Whoever is cancelled ends it."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, stdin=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(seconds):
            await process.communicate(orjson.dumps(spec))
    finally:
        if process.returncode is None:
            await _ended(process)
    if process.returncode:
        raise Killed(process.returncode)


async def _ended(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
