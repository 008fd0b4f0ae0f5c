"""docs/benchmarks.md: the tables, the machine that they were measured on, and why a figure falls short."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.stage import Row, postgres_program

PAGE = Path(__file__).parent.parent / "docs/benchmarks.md"
HEAD = "| what | figure | beside it, in the same run | ratio | target | met |\n|---|---|---|---|---|---|"
GIB = 1024**3
_ABOUT = """\
# Benchmarks

Written by `make bench`, a section a benchmark; do not edit. `python -m bench NAME … --write` measures some and writes their sections anew.

Every load is on loopback and runs against a real PostgreSQL with durable commits. **Only the ratios mean something**: what stands in a
line is from one run on one machine, and on a small or a busy one single figures move by a third and more from run to run. So the load that the
machine had from others when a section began is told with it, and beside times the processor time that is ours.
"""
_SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def section(rows: Sequence[Row], load: float) -> str:
    """The rows of one benchmark, and a sentence for each that falls short."""
    when = datetime.now(UTC).date().isoformat()
    short = "".join(f"* **{row.what}**: {row.why or 'not known yet.'}\n" for row in rows if row.met is False)
    missed = f"\nWhere it falls short:\n\n{short}" if short else ""
    table = "\n".join(map(str, rows))
    return f"\n{when}, on {machine()} Load of the machine before: {load:.1f}.\n\n{HEAD}\n{table}\n{missed}\n"


def write(sections: Mapping[str, str], order: Sequence[str], page: Path = PAGE) -> None:
    """The page with these sections; the others stay as they are."""
    kept = dict(_SECTION.findall(page.read_text())) if page.exists() else {}
    every = {name: text.strip() for name, text in {**kept, **sections}.items()}
    named = [*order, *(name for name in every if name not in order)]
    page.write_text("\n\n".join([_ABOUT.rstrip(), *(f"## {name}\n\n{every[name]}" for name in named if name in every)]) + "\n")


def machine() -> str:
    """What it ran on, without its name."""
    model = next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), platform.machine())
    memory = psutil.virtual_memory().total / GIB
    postgres = subprocess.run([postgres_program("postgres"), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory, {platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}, {postgres}."


def _cpuinfo() -> Sequence[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else ()
