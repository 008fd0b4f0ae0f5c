"""`make chaos`: storms of several seeds over a whole installation, then every planted bug; prints a report and writes it down."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import uuid4

import asyncpg

from app.persistence.migrate import migrate
from app.settings import read
from app.stack.stack import Stack
from tests.chaos.broker import PROXIED, WAYS, ways
from tests.chaos.faults import WITH_SERVERS
from tests.chaos.judge import RECOVERS
from tests.chaos.planted import BUGS
from tests.chaos.run import Report, Scenario, run
from tests.chaos.scenarios import PROVOKED, caught, together
from tests.chaos.world import ROOT, Servers
from tests.conftest import database_named
from tests.real_servers import Onlooker

NAMES = ("kafka", "opensearch", "neo4j", "redis", "postgres")
PAGE = ROOT / "docs/chaos.md"
_RECOVERY = "From the kill until it answers again, with its own start. The bound is 30 s."
_LATE = (
    "{late} of {all} took longer, in storms in which up to {load:.1f} processes wanted each core: "
    "the judge allows as many times more as want one, since who waits for a core does not recover."
)
_ALONE = threading.Lock()
AT_ONCE = max(2, min(len(os.sched_getaffinity(0)), WAYS))  # small storms, since most of the time of each is spent waiting


@contextmanager
def servers() -> Iterator[Stack]:
    """Servers of our own, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="oms-chaos-servers-") as folder:
        Path(folder).chmod(0o755)
        stack = Stack(Path(folder) / "services", read().oms_cache_dir.expanduser(), PROXIED)
        try:
            stack.start(NAMES, Onlooker(), free_ports=True)
            yield stack
        finally:
            stack.stop(NAMES)


async def one(stack: Stack, seed: int, scenario: Scenario, told_of: Callable[[Report], None], *, bug: str = "") -> None:
    """A run over a database of its own; where servers are broken every worker is a process of its own, too."""
    told, name = stack.settings(), f"chaos_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(told["DATABASE_URL"])
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = database_named(told["DATABASE_URL"], name)
    await asyncio.to_thread(_migrated, url)
    places = Servers(
        url, told["KAFKA_BROKER"], told["OPENSEARCH_URL"], told["NEO4J_URL"], told["REDIS_URL"], ways(stack),
        stack if scenario.breaks_servers else None,
    )  # fmt: skip
    told_of(await run(places, seed, scenario, bug=bug, together=bool(bug) or not scenario.breaks_servers))


def _migrated(url: str) -> None:
    """Alembic keeps what it is doing in variables of its module."""
    with _ALONE:
        migrate(url)


async def tried(stack: Stack, bugs: list[str], told_of: Callable[[Report], None]) -> None:
    """Each bug, planted alone, and after them what provokes them, which does no harm without a bug.

    Some at once, but for those that need the servers for themselves.
    """
    room = asyncio.Semaphore(AT_ONCE)
    healthy = together([PROVOKED[bug] for bug in bugs])
    wanted = [*((PROVOKED[bug], bug) for bug in bugs), *((scenario, "") for scenario in healthy)]

    async def beside(scenario: Scenario, bug: str) -> None:
        async with room:
            await one(stack, 1, scenario, told_of, bug=bug)

    ended = await asyncio.gather(*(beside(*each) for each in wanted if not each[0].breaks_servers), return_exceptions=True)
    for scenario, bug in wanted:
        if scenario.breaks_servers:
            await one(stack, 1, scenario, told_of, bug=bug)
    for failed in ended:  # now that the others have ended as well
        if failed is not None:
            raise failed


def main() -> int:
    """0 where every storm left everything whole and every bug was caught."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    asked.add_argument("--seeds", type=int, nargs="*", default=[1, 2])
    asked.add_argument("--seconds", type=float, default=60, help="of each storm")
    asked.add_argument(
        "--bugs",
        nargs="*",
        default=sorted(BUGS),
        choices=sorted(BUGS),
        metavar="BUG",
        help="planted one at a time; none with an empty list",
    )
    asked.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    given = asked.parse_args()
    reports: list[Report] = []

    def told_of(report: Report) -> None:
        reports.append(report)
        mark = f"{report.bug}: {'caught' if caught(report.bug, report.verdict) else 'NOT CAUGHT'}: " if report.bug else ""
        sys.stdout.write(f"{mark}{report.line}\n")
        sys.stdout.flush()
        if given.write:  # each time, so that what was found is there however it ends
            PAGE.write_text(page([each for each in reports if not each.bug], [each for each in reports if each.bug]))

    with servers() as stack:
        for seed in given.seeds:
            storm = Scenario(seconds=given.seconds, faults=WITH_SERVERS, poison=seed % 2 == 0, breaks_servers=True)
            asyncio.run(one(stack, seed, storm, told_of))
        asyncio.run(tried(stack, given.bugs, told_of))
    faults = failures(reports, given.seeds, given.bugs)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    return int(bool(faults))


def failures(reports: list[Report], seeds: Sequence[int], bugs: Sequence[str]) -> list[str]:
    """Why the whole is a failure: what did not agree, a bug that was not caught, and what was never tried."""
    wrong = [f"seed {each.seed} left something that does not agree" for each in reports if not each.bug and not each.verdict.clean]
    wrong += [f"{each.bug} is planted and not caught" for each in reports if each.bug and not caught(each.bug, each.verdict)]
    wrong += [f"{bug} was not tried" for bug in bugs if bug not in {each.bug for each in reports}]
    tried = len([each for each in reports if not each.bug])
    return wrong + ([f"of {len(seeds)} storms {tried} were tried"] if tried < len(seeds) else [])


def page(storms: list[Report], planted: list[Report]) -> str:
    """The report."""
    faults = sum((each.faults for each in storms), Counter[str]())
    recovered: dict[str, list[float]] = defaultdict(list)
    for name, seconds in (killed for each in storms for killed in each.recoveries):
        recovered[name.rstrip("0123456789-")].append(seconds)
    lines = [
        "# Chaos", "",
        "Written by `make chaos`; do not edit. Editors work over HTTP while processes are killed and stopped, connections cut, delayed and silenced,",
        "views wiped and false signals sent. What the editors were told is then held against the database, its history and audit, the topics,",
        "OpenSearch, Neo4j and the logs of subscribers (`tests/chaos/judge.py`).", "",
        f"{datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores: two APIs, two relays, two of each worker; real Kafka, OpenSearch, Neo4j, Redis and PostgreSQL, each behind a proxy.", "",
        "| seed | seconds | load | told | refused | sent again | reads of pairs | faults | slowest recovery | views equal after | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [
        f"| {each.seed} | {each.seconds:.0f} | {each.load:.0f} | {each.told} | {each.refused} | {each.resent} | {each.reads} "
        f"| {sum(each.faults.values())} | {each.slowest} | {each.converged:.1f} s | {str(each.verdict).replace(chr(10), '; ')} |"
        for each in storms
    ]
    lines += ["", "`load` is the machine's, over the last minute of a storm; it has what others do as well.", ""]
    lines += [f"{sum(each.revived for each in storms)} processes ended by themselves and were started again, as a supervisor does.", ""]
    times = [seconds for those in recovered.values() for seconds in those]
    late = sum(seconds > RECOVERS for seconds in times)
    wanting = max((each.load for each in storms), default=0.0) / (os.cpu_count() or 1)
    lines += [
        "## Recovery after kill -9",
        "",
        _RECOVERY if not late else f"{_RECOVERY} {_LATE.format(late=late, all=len(times), load=wanting)}",
        "",
        "| killed | times | median | slowest | within 30 s |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {len(those)} | {median(those):.1f} s | {max(those):.1f} s | {sum(each <= RECOVERS for each in those)} |"
        for name, those in sorted(recovered.items())
    ]
    lines += ["", "## What was done, in all storms together", ""]
    lines += [f"* {name}: {count}" for name, count in sorted(faults.items())]
    lines += [
        "",
        "## Planted bugs",
        "",
        "Each is planted alone, in every process (`tests/chaos/planted.py`).",
        "",
        "| bug | caught | by |",
        "|---|---|---|",
    ]
    lines[-2:-2] = [f"{sum(caught(each.bug, each.verdict) for each in planted)} of {len(planted)} are caught.", ""]
    for each in sorted(planted, key=lambda one: one.bug):
        lines.append(f"| {each.bug} | {'yes' if caught(each.bug, each.verdict) else 'NO'} | {', '.join(each.verdict.found)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
