"""Running what a command does, on an event loop of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def done(work: Coroutine[Any, Any, T]) -> T:
    """What the coroutine comes to.

    `asyncio.run` makes a text of the finished task, hence of all that it answers, when it gives SIGINT back: of a large
    import some hundreds of megabytes. So the task that it sees answers nothing.
    """
    kept: list[T] = []

    async def keeping() -> None:
        kept.append(await work)

    asyncio.run(keeping())
    return kept[0]
