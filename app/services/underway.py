"""Work that goes on after the request that began it, and ends with the process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from app.ending import ended

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Underway:
    """As a block: what still runs at its end is cancelled, and waited for until it has said so."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, work: Coroutine[object, object, None], name: str) -> None:
        """Do it beside everything else."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def done(self) -> None:
        """Wait for all that runs now."""
        await asyncio.gather(*self._tasks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await ended(*self._tasks)
