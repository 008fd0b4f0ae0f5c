"""How tests wait: for what will be true, and never for a time in which it ought to be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

GUARD = 60.0  # seconds until a test that waits has failed; no busy machine takes so long
PAUSE = 0.01
# How many wait for a lock in this database; `pg_locks` tells of the databases of other tests too, and names none where a row is waited for.
WAITERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def until(true: Callable[[], object]) -> None:
    """Until it is true, seen from outside."""
    async with asyncio.timeout(GUARD):
        while not true():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(PAUSE)
