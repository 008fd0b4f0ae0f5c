"""Every benchmark in one run, as one table; `python -m bench NAME …` runs some, and only a whole run writes docs/benchmarks.md.

Only ratios taken in one run mean anything: nothing here is a test, and no test asserts a time. Each benchmark runs in a
process of its own, on loopback, and ends by itself; one that does not is ended after LONGEST seconds.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.page import HEAD, write
from bench.stage import Row, measured_by

NAMES = ("reads", "mutations", "merging", "mixed", "growth", "memory", "importing", "fanout", "relaying")
LONGEST = 1_800  # seconds


def main() -> None:
    """Print the rows as they come."""
    wanted = tuple(sys.argv[1:]) or NAMES
    if unknown := set(wanted) - set(NAMES):
        sys.exit(f"bench: there is no {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    print(HEAD, flush=True)
    measured: list[Row] = []
    for name in wanted:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            try:
                found = alone.submit(measured_by, name).result(LONGEST)
            except Exception as failed:  # noqa: BLE001 - one that fails is a line of the table, and the others are still run
                for process in alone._processes.values():  # noqa: SLF001 - there is no public way to end one that hangs
                    process.terminate()
                found = [Row(name, f"failed: {type(failed).__name__}: {failed}"[:200], "-", met=False)]
        for row in found:
            print(row, flush=True)
        measured += found
    if wanted == NAMES:
        write(measured)
    elif short := [row for row in measured if row.met is False and row.why]:
        print("\n" + "\n".join(f"* {row.what}: {row.why}" for row in short))


if __name__ == "__main__":
    main()
