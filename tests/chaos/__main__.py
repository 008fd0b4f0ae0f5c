"""`make chaos`: storms of several seeds over a whole installation, then every planted bug; prints a report and writes it down."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg

from app.adapters.embedded_postgres import EmbeddedPostgres
from app.persistence.migrate import migrate
from app.settings import read
from app.stack.stack import Stack
from tests.chaos.faults import WITH_SERVERS
from tests.chaos.planted import BUGS
from tests.chaos.run import Report, Scenario, run
from tests.chaos.scenarios import CAUGHT_BY, PROVOKED
from tests.chaos.world import ROOT, Servers
from tests.conftest import database_named
from tests.real_servers import Onlooker

NAMES = ("kafka", "opensearch", "neo4j", "redis")
PAGE = ROOT / "docs/chaos.md"


@contextmanager
def servers() -> Iterator[tuple[str, dict[str, str], Stack]]:
    """The address of a PostgreSQL of our own, the settings that lead to the others, and the others, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="oms-chaos-servers-") as folder:
        Path(folder).chmod(0o755)
        stack = Stack(Path(folder) / "services", read().oms_cache_dir.expanduser())
        server = EmbeddedPostgres(Path(folder) / "postgres")
        try:
            yield server.start(), stack.start(NAMES, Onlooker(), free_ports=True), stack
        finally:
            server.stop()
            stack.stop(NAMES)


async def one(postgres: str, told: dict[str, str], seed: int, scenario: Scenario, *, bug: str = "", stack: Stack | None = None) -> Report:
    """A run over a database of its own; with the stack every worker is a process of its own, and the servers are killed as well."""
    name = f"chaos_{uuid4().hex[:8]}"
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = database_named(postgres, name)
    await asyncio.to_thread(migrate, url)
    places = Servers(url, told["KAFKA_BROKER"], told["OPENSEARCH_URL"], told["NEO4J_URL"], told["REDIS_URL"], stack)
    return await run(places, seed, scenario, bug=bug, together=stack is None)


def main() -> int:
    """0 where every storm left everything whole and every bug was caught."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    asked.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    asked.add_argument("--seconds", type=float, default=60, help="of each storm")
    asked.add_argument("--bugs", nargs="*", default=sorted(BUGS), help="planted one at a time; none with an empty list")
    asked.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    given = asked.parse_args()
    storms: list[Report] = []
    planted: list[Report] = []
    with servers() as (postgres, told, stack):
        for seed in given.seeds:
            scenario = Scenario(seconds=given.seconds, faults=WITH_SERVERS)
            storms.append(asyncio.run(one(postgres, told, seed, scenario, stack=stack)))
            _say(storms[-1].line)
        for scenario in dict.fromkeys(PROVOKED[bug] for bug in given.bugs):  # what provokes a bug does no harm without it
            storms.append(asyncio.run(one(postgres, told, 1, scenario)))
            _say(storms[-1].line)
        for bug in given.bugs:
            planted.append(asyncio.run(one(postgres, told, 1, PROVOKED[bug], bug=bug)))
            _say(f"{bug}: {'caught' if caught(planted[-1]) else 'NOT CAUGHT'}: {planted[-1].line}")
    if given.write:
        PAGE.write_text(page(storms, planted))
    return int(not all(each.verdict.clean for each in storms) or not all(map(caught, planted)))


def caught(report: Report) -> bool:
    """Whether the judge said what it has to say of the bug."""
    return CAUGHT_BY[report.bug] in report.verdict.found


def page(storms: list[Report], planted: list[Report]) -> str:
    """The report."""
    faults = sum((each.faults for each in storms), Counter[str]())
    slowest = max((seconds for each in storms for seconds in each.recoveries), default=0.0)
    lines = [
        "# Chaos", "",
        "Written by `make chaos`; do not edit. Editors work over HTTP while processes are killed and stopped, connections cut, delayed and silenced,",
        "views wiped and false signals sent. What the editors were told is then held against the database, its history and audit, the topics,",
        "OpenSearch, Neo4j and the logs of subscribers (`tests/chaos/judge.py`).", "",
        f"{datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores: two APIs, two relays, two of each worker; real Kafka, OpenSearch, Neo4j, Redis and PostgreSQL.", "",
        "| seed | seconds | told | refused | sent again | reads of pairs | faults | slowest recovery | views equal after | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for each in storms:
        recovery = f"{max(each.recoveries):.1f} s" if each.recoveries else "-"
        lines.append(
            f"| {each.seed} | {each.seconds:.0f} | {each.told} | {each.refused} | {each.resent} | {each.reads} | {sum(each.faults.values())} "
            f"| {recovery} | {each.converged:.1f} s | {str(each.verdict).replace(chr(10), '; ')} |"
        )
    lines += ["", f"Recovery after a kill took {slowest:.1f} s at most (bound: 30 s).", "", "What was done, in all storms together:", ""]
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
    for each in planted:
        lines.append(f"| {each.bug} | {'yes' if caught(each) else 'NO'} | {', '.join(each.verdict.found)} |")
    return "\n".join(lines) + "\n"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
