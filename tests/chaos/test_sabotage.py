"""Whatever is done to the views, in any order, is named and healed; and whatever bug is in the code beside it, the judge says so."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.chaos.planted import BUGS, planted
from tests.chaos.sabotage import PROVOKING, STEPS, Step, installation, sabotaged
from tests.chaos.scenarios import caught
from tests.chaos.world import Servers
from tests.services.test_laws import emptied

HUNTING = settings.get_current_profile_name() == "search"
SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate))
STEPS_DRAWN = st.builds(Step, st.sampled_from(sorted(STEPS)), st.integers(0, 2**32))


@pytest.fixture
def made(database, database_url, opensearch, neo4j, tmp_path):
    """An installation of its own for each example."""

    @asynccontextmanager
    async def anew():
        await emptied(database)
        async with installation(database, Servers(database_url, "", opensearch, neo4j, ""), str(tmp_path)) as world:
            yield world

    return anew


@settings(SLOW, max_examples=200 if HUNTING else 6)
@drawn(st.lists(STEPS_DRAWN, min_size=6, max_size=14))
async def test_whatever_is_done_to_the_views_is_named_and_healed(made, steps: list[Step]):
    async with made() as world:
        verdict = await sabotaged(world, steps)
        note(str(world.done))
        assert verdict.clean, verdict


@settings(SLOW, max_examples=200 if HUNTING else 8)
@drawn(st.sampled_from(sorted(PROVOKING)), st.lists(STEPS_DRAWN, max_size=5), st.integers(0, 2**32))
async def test_a_bug_is_caught_whatever_was_done_before(made, bug: str, before: list[Step], seed: int):
    async with made() as world:
        verdict = await sabotaged(world, [*before, *(Step(name, seed) for name in PROVOKING[bug])], bug)
        note(str(world.done))
        assert caught(bug, verdict), f"{bug} is not caught: {verdict}"


def test_a_bug_that_was_planted_is_gone_afterwards():
    from app.adapters import opensearch
    from app.services.indexing import Indexing

    before = (opensearch.SHUT, Indexing.reach)
    for bug in BUGS:
        with planted(bug):
            pass
    assert (opensearch.SHUT, Indexing.reach) == before
    with planted("a-shut-index-refuses-documents"):
        assert before[0] != opensearch.SHUT
