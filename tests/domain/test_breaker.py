"""A breaker spares callers what would fail, and finds out by one call whether it works again."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.breaker import Breaker, Circuit, CircuitOpen


class Down(Exception):
    """The system is away."""


class World:
    def __init__(self, **options):
        self.now, self.calls, self.down, self.closed = 0.0, 0, False, 0
        self.breaker = Breaker(failures=3, seconds=10, clock=lambda: self.now, **options)
        self.breaker.closed.append(self._told)

    def _told(self):
        self.closed += 1

    async def system(self):
        self.calls += 1
        await asyncio.sleep(0)
        if self.down:
            raise Down
        return "answer"

    async def call(self):
        return await self.breaker.run(self.system, Down)

    async def fail(self, times):
        self.down = True
        for _ in range(times):
            with pytest.raises(Down):
                await self.call()


async def test_it_opens_after_failures_in_a_row_and_spares_the_rest():
    world = World()
    await world.fail(2)
    world.down = False
    assert await world.call() == "answer"
    await world.fail(2)
    assert world.breaker.state is Circuit.CLOSED
    await world.fail(1)

    with pytest.raises(CircuitOpen):
        await world.call()
    assert (world.breaker.state, world.calls) == (Circuit.OPEN, 6)


async def test_after_a_while_one_call_decides_for_all():
    world = World()
    await world.fail(3)
    world.now = 10.0
    world.down = False

    outcomes = await asyncio.gather(*(world.call() for _ in range(5)), return_exceptions=True)

    assert [outcome for outcome in outcomes if outcome == "answer"] == ["answer"]
    assert sum(isinstance(outcome, CircuitOpen) for outcome in outcomes) == 4
    assert (world.breaker.state, world.closed) == (Circuit.CLOSED, 1)


async def test_a_trial_that_fails_opens_it_again_at_once():
    world = World()
    await world.fail(3)
    world.now = 10.0
    await world.fail(1)
    world.now = 19.9

    with pytest.raises(CircuitOpen):
        await world.call()
    assert (world.calls, world.closed) == (4, 0)


async def test_a_trial_that_is_cancelled_leaves_room_for_another():
    world = World()
    await world.fail(3)
    world.now = 10.0
    trial = asyncio.create_task(world.call())
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    world.down = False

    assert await world.call() == "answer"


async def test_an_answer_that_is_a_refusal_is_an_answer():
    world = World()
    await world.fail(2)

    async def refusing():
        raise LookupError

    with pytest.raises(LookupError):
        await world.breaker.run(refusing, Down)
    await world.fail(2)
    assert world.breaker.state is Circuit.CLOSED
