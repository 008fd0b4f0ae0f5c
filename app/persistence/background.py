"""Work that would hold the event loop goes to a thread when there is much of it."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
from contextlib import contextmanager

T = TypeVar("T")

MUCH = 200  # items; less is done sooner than a thread is woken


async def off_loop(work: Callable[[], T], size: int) -> T:
    """The result of the work, done in a thread when it is about many items."""
    return work() if size < MUCH else await asyncio.to_thread(work)


_paused = 0


@contextmanager
def uncollected(size: int) -> Iterator[None]:
    """No cyclic garbage collection while much is made that lives to the end of the block.

    A full collection amid 10,000 new definitions held the event loop for 170 ms; they are freed by reference counts anyway.
    So what is left of them at the end goes to the oldest generation unlooked at: the first collection would do it otherwise. Where a
    process has set aside what it began with, they are set aside with it, or every look at all would be at that again.
    """
    global _paused  # noqa: PLW0603 - the collector is one for the process
    if size < MUCH:
        yield
        return
    _paused += 1
    gc.disable()
    try:
        yield
    finally:
        _paused -= 1
        if not _paused:
            apart = gc.get_freeze_count()
            gc.freeze()
            if not apart:
                gc.unfreeze()
            gc.enable()
