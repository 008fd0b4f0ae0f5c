"""docs/benchmarks.md: the table of a whole run, the machine it ran on, and why a figure falls short."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.stage import Row, postgres_program

PAGE = Path(__file__).parent.parent / "docs/benchmarks.md"
HEAD = "| what | figure | beside it, in the same run | ratio | target | met |\n|---|---|---|---|---|---|"
GIB = 1024**3
_ABOUT = """\
# Benchmarks

Written by `make bench`; do not edit. Every load is on loopback and runs against a real PostgreSQL with durable commits. **Only the ratios
mean something**: both figures of a line are from one run on one machine, and single figures move by a third from run to run on a small one.
"""


def machine() -> str:
    """What it ran on, without its name."""
    model = next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine())
    memory = psutil.virtual_memory().total / GIB
    postgres = subprocess.run([postgres_program("postgres"), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory, {platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}, {postgres}."


def _cpuinfo() -> Sequence[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else ()


def write(rows: Iterable[Row]) -> None:
    """The page of a run that has just ended."""
    rows = list(rows)
    when = datetime.now(UTC).date().isoformat()
    short = "\n".join(f"* **{row.what}**: {row.why or 'not known yet.'}" for row in rows if row.met is False)
    missed = f"## Where it falls short\n\n{short}\n" if short else "Every target was met.\n"
    table = "\n".join(map(str, rows))
    PAGE.write_text(f"{_ABOUT}\nRun on {when}: {machine()}\n\n{HEAD}\n{table}\n\n{missed}")
