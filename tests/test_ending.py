"""Whoever ends a loop is not kept waiting by a cancellation that was lost."""

from __future__ import annotations

import asyncio

import pytest

from app.ending import ended
from app.services.underway import Underway
from tests.waiting import GUARD


async def losing(times: int) -> None:
    """A loop below which a library answers instead of passing the cancellation on."""
    while True:
        try:
            await asyncio.sleep(GUARD)
        except asyncio.CancelledError:
            if not times:
                raise
            times -= 1


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_a_loop_ends_however_often_its_cancellation_is_lost(lost: int) -> None:
    loop = asyncio.create_task(losing(lost))
    await asyncio.sleep(0)
    async with asyncio.timeout(GUARD):
        await ended(loop, again=0.01)
    assert loop.cancelled()


async def test_what_has_failed_or_is_done_is_ended_already() -> None:
    async def failing() -> None:
        raise ValueError

    failed, done = asyncio.create_task(failing()), asyncio.create_task(asyncio.sleep(0))
    await asyncio.sleep(0.01)
    await ended(failed, done)
    assert (failed.done(), done.done()) == (True, True)


async def test_work_that_loses_its_cancellation_does_not_keep_the_process_from_ending() -> None:
    async with asyncio.timeout(GUARD):
        async with Underway() as underway:
            underway.begin(losing(1), "work that swallows it once")
            await asyncio.sleep(0)
    assert len(underway) == 0
