"""A short storm over a whole installation: nothing that was told is lost, done twice or seen torn, and the harness has teeth."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.chaos.__main__ import failures, page
from tests.chaos.broker import ways
from tests.chaos.judge import CONVERGES
from tests.chaos.ledger import Verdict
from tests.chaos.planted import BUGS
from tests.chaos.run import Report, Scenario, run
from tests.chaos.scenarios import CAUGHT_BY, PROVOKED, caught, together
from tests.chaos.world import ROOT, Servers


@pytest.fixture
def servers(database, database_url, real_stack, kafka, opensearch, neo4j, redis):
    return Servers(database_url, kafka, opensearch, neo4j, redis, ways(real_stack))


async def test_nothing_that_was_told_is_lost_in_a_storm(servers):
    report = await run(servers, 1, Scenario(seconds=15))
    sys.stdout.write(f"{report.line}: {sorted(report.faults)}\n")  # for who runs it with -s
    assert report.verdict.clean, report.line
    assert report.told > 20
    assert set(report.passed) == {"postgres", "kafka", "opensearch", "neo4j", "redis"}
    assert all(report.passed.values()), "everything goes through what can break it"


@pytest.mark.parametrize("bug", ["relay-makes-new-ids", "torn-snapshot", "hard-deletes", "a-refused-vertex-is-not-noted"])
async def test_the_harness_catches_a_bug_that_is_planted(servers, bug):
    report = await run(servers, 1, PROVOKED[bug], bug=bug)
    assert caught(bug, report.verdict), report.line


def reported(
    bug: str = "", found: dict[str, list[str]] | None = None, recoveries: tuple[tuple[str, float], ...] = (), load: float = 1.0
) -> Report:
    return Report(
        1, bug, Verdict(found or {}), 30, 2, 1, 40, Counter({"kill -9 of api-1": 1}), 1.5, list(recoveries), 0, load, {}, {}, 60.0,
    )  # fmt: skip


def test_a_bug_that_is_not_caught_and_one_that_was_not_tried_fail_the_run():
    caught_one = reported("hard-deletes", {"tombstones": ["one is missing"]})
    assert failures([reported(), caught_one], [1], ["hard-deletes"]) == []
    assert failures([reported(), reported("hard-deletes", {"the views": ["something else"]})], [1], ["hard-deletes"]) == [
        "hard-deletes is planted and not caught"
    ]
    assert failures([caught_one], [1], ["hard-deletes", "torn-snapshot"]) == ["torn-snapshot was not tried", "of 1 storms 0 were tried"]
    assert failures([reported(found={"the views": ["one differs"]})], [1], []) == ["seed 1 left something that does not agree"]


def test_the_report_speaks_of_load_only_where_a_recovery_was_late():
    quiet = page([reported(recoveries=(("api-1", 12.0), ("kafka", 29.0)))], [])
    assert "The bound is 30 s.\n" in quiet
    busy = page([reported(recoveries=(("api-1", 12.0), ("kafka", 31.0)), load=2.0 * (os.cpu_count() or 1))], [])
    assert "The bound is 30 s. 1 of 2 took longer, in storms in which up to 2.0 processes wanted each core" in busy
    assert "1 of 2 are caught." in page([], [reported("hard-deletes", {"tombstones": ["one"]}), reported("torn-snapshot")])


def test_a_healthy_installation_goes_through_everything_that_provokes_a_bug():
    healthy = together(list(PROVOKED.values()))
    assert {fault for each in healthy for fault in each.faults} == {fault for each in PROVOKED.values() for fault in each.faults}
    assert {(each.poison, each.delays, each.breaks_servers) for each in healthy} == {
        (each.poison, each.delays, each.breaks_servers) for each in PROVOKED.values()
    }
    assert all(each.count == 2 and each.converges == CONVERGES for each in healthy)


def test_every_planted_bug_has_a_storm_that_provokes_it():
    assert set(PROVOKED) == set(CAUGHT_BY) == set(BUGS)
    assert len(BUGS) >= 10


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_the_code_still_says_what_a_planted_bug_changes(bug):
    planting = f"from tests.chaos.planted import BUGS; BUGS[{bug!r}]()"
    planted = subprocess.run([sys.executable, "-c", planting], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (planted.returncode, planted.stderr) == (0, "")
