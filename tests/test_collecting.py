"""Cycles are looked for by the clock."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from app.commands.collecting import ALL, OLDER, collect, generation
from app.ending import ended
from tests.waiting import until


class Knot:
    """What only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def by_the_clock_alone():
    """The collector never looks by itself."""
    before = gc.get_threshold()
    gc.set_threshold(0)
    yield
    gc.set_threshold(*before)


@pytest.fixture
async def collecting():
    task = asyncio.create_task(collect(seconds=0.001))
    yield
    await ended(task)


async def test_a_cycle_is_freed_however_long_it_had_lived(by_the_clock_alone, collecting):
    young, old = Knot(), Knot()
    seen = weakref.ref(young), weakref.ref(old)
    del young
    await until(lambda: seen[0]() is None)
    gc.collect()  # what is left is of the oldest from now on
    assert seen[1]() is old
    del old
    await until(lambda: seen[1]() is None)


async def test_nobody_looks_while_a_large_work_asks_for_peace(by_the_clock_alone, collecting):
    gc.disable()
    try:
        knot = Knot()
        seen = weakref.ref(knot)
        del knot
        await asyncio.sleep(0.05)
        assert seen() is not None
    finally:
        gc.enable()
    await until(lambda: seen() is None)


def test_of_many_looks_some_are_at_the_older_and_one_is_at_all():
    looks = [generation(number) for number in range(1, ALL + 1)]
    assert looks.count(2) == 1
    assert looks.count(1) == ALL // OLDER - 1
