"""Work that would hold the event loop goes to a thread when there is much of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MUCH = 200  # items; less is done sooner than a thread is woken


async def off_loop(work: Callable[[], T], size: int) -> T:
    """The result of the work, done in a thread when it is about many items."""
    return work() if size < MUCH else await asyncio.to_thread(work)
