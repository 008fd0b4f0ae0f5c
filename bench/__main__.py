"""Every benchmark in one run, as one table; `python -m bench NAME …` runs some.

Only ratios taken in one run mean anything: nothing here is a test, and no test asserts a time.
"""

from __future__ import annotations

import asyncio
import importlib
import sys

NAMES = ("merging", "mutations", "fanout")


def main() -> None:
    """Print the rows as they come."""
    wanted = sys.argv[1:] or NAMES
    print("| what | figure | target | met |\n|---|---|---|---|")
    for name in wanted:
        for row in asyncio.run(importlib.import_module(f"bench.{name}").measure()):
            print(row, flush=True)


if __name__ == "__main__":
    main()
