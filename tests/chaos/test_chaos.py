"""A short storm over a whole installation: nothing that was told is lost, done twice or seen torn, and the harness has teeth."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.chaos.broker import ways
from tests.chaos.planted import BUGS
from tests.chaos.run import Scenario, run
from tests.chaos.scenarios import CAUGHT_BY, PROVOKED
from tests.chaos.world import ROOT, Servers


@pytest.fixture
def servers(database, database_url, real_stack, kafka, opensearch, neo4j, redis):
    return Servers(database_url, kafka, opensearch, neo4j, redis, ways(real_stack))


async def test_nothing_that_was_told_is_lost_in_a_storm(servers):
    report = await run(servers, 1, Scenario(seconds=15))
    assert report.verdict.clean, report.line
    assert report.told > 20
    assert set(report.passed) == {"postgres", "kafka", "opensearch", "neo4j", "redis"}
    assert all(report.passed.values()), "everything goes through what can break it"


@pytest.mark.parametrize("bug", ["relay-makes-new-ids", "torn-snapshot", "hard-deletes"])
async def test_the_harness_catches_a_bug_that_is_planted(servers, bug):
    report = await run(servers, 1, PROVOKED[bug], bug=bug)
    assert CAUGHT_BY[bug] in report.verdict.found, report.line


def test_every_planted_bug_has_a_storm_that_provokes_it():
    assert set(PROVOKED) == set(CAUGHT_BY) == set(BUGS)
    assert len(BUGS) >= 10


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_the_code_still_says_what_a_planted_bug_changes(bug):
    planting = f"from tests.chaos.planted import BUGS; BUGS[{bug!r}]()"
    planted = subprocess.run([sys.executable, "-c", planting], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (planted.returncode, planted.stderr) == (0, "")
