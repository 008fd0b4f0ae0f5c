"""Ending tasks that would go on for ever."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_SECONDS = 5.0  # in which a task that was told may still put things in order


async def ended(*tasks: asyncio.Task[Any], again: float = AGAIN_SECONDS) -> None:
    """Cancel the tasks, and return when they have ended, however they did.

    They are told more than once: a cancellation is lost where what is waited for arrives at the same moment, as in
    `asyncio.wait_for` before Python 3.12, and a loop that never hears of it would be waited for without end.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again)
    await asyncio.gather(*tasks, return_exceptions=True)
