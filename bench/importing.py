"""schema.org, a real ontology of some 900 classes, by `oms import`: from the file to one merged change set.

OMS_SCHEMAORG names the file; without it nothing is measured.

python -m bench importing
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path

from bench.stage import Row, database

MIB = 1024 * 1024
WHAT = "import of schema.org, by the command, from nothing to merged"
TARGET = "≤ 10 s (beyond: 3 s)"


def given() -> str | None:
    """The file, where there is one."""
    named = os.environ.get("OMS_SCHEMAORG")
    return str(Path(named).resolve()) if named and Path(named).exists() else None


async def measure() -> list[Row]:
    """One import into an empty ontology."""
    path = given()
    if path is None:
        return [Row(WHAT, "not measured: OMS_SCHEMAORG names no file", TARGET)]
    async with database() as (_, url):
        command = [sys.executable, "-m", "app.cli", "import", path, "--ontology", "main", "--json"]
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, "DATABASE_URL": url}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        told, complained = await process.communicate()
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise RuntimeError(complained.decode()[-1_000:])
    answer = json.loads(told)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [
        Row(
            WHAT,
            f"{took:.1f} s",
            TARGET,
            took <= 10,
            f"{spent:.1f} s of CPU of the command; {answer.get('carried', 0):,} statements carried",
            why="others held the cores: the command's own CPU stands beside it.",
        )
    ]
