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
_apart = False  # whether the process has set aside what it began with


def set_aside() -> None:
    """Leave all there is now to the end of the process: no collection looks at it again."""
    global _apart  # noqa: PLW0603 - the collector is one for the process
    gc.collect()
    gc.freeze()
    _apart = True


def take_back() -> None:
    """Let collections look at everything again: for a process that goes on after what it served has ended."""
    global _apart  # noqa: PLW0603 - as above
    gc.unfreeze()
    _apart = False


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
            gc.freeze()
            if not _apart:  # noted, since to count what is set aside takes 40 ms
                gc.unfreeze()
            gc.enable()
