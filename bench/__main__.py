"""Every benchmark, printed as one table and written to docs/benchmarks.md; `python -m bench NAME … [--write]` runs some.

Only ratios taken in one run mean anything: nothing here is a test, and no test asserts a time. Each benchmark runs in a
process of its own, on loopback, and ends by itself; one that does not is ended after LONGEST seconds.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.page import HEAD, section, write
from bench.stage import Row, measured_by

NAMES = (
    "reads",
    "mutations",
    "merging",
    "mixed",
    "growth",
    "memory",
    "importing",
    "fanout",
    "relaying",
    "pipeline",
    "recovering",
    "rebuilding",
    "starting",
)
LONGEST = 1_800 + float(os.environ.get("OMS_BENCH_SECONDS", "0"))  # seconds, beside those of a load that somebody wants for longer
WRITE = "--write"


def measured(name: str) -> list[Row]:
    """The rows of one benchmark; of one that fails a row that says so, and the others are still run."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        try:
            return alone.submit(measured_by, name).result(LONGEST)
        except Exception as failed:  # noqa: BLE001 - whatever it was, it is told
            for process in alone._processes.values():  # noqa: SLF001 - there is no public way to end one that hangs
                process.terminate()
            return [Row(name, f"failed: {type(failed).__name__}: {failed}"[:200], "-", met=False, why="it failed.")]


def main() -> None:
    """Print the rows as they come."""
    wanted = tuple(each for each in sys.argv[1:] if each != WRITE) or NAMES
    if unknown := set(wanted) - set(NAMES):
        sys.exit(f"bench: there is no {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    print(HEAD, flush=True)
    short: list[Row] = []
    for name in wanted:
        load = os.getloadavg()[0]
        rows = measured(name)
        for row in rows:
            print(row, flush=True)
        short += [row for row in rows if row.met is False]
        if wanted == NAMES or WRITE in sys.argv:
            write({name: section(rows, load)}, NAMES)
    if short:
        print("\n" + "\n".join(f"* {row.what}: {row.why}" for row in short))


if __name__ == "__main__":
    main()
