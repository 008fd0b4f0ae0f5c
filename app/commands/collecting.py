"""The collector of cycles goes by the clock, and not in the midst of answers."""

from __future__ import annotations

import asyncio
import gc

from app.persistence.background import set_aside, take_back

# Objects that are made and not yet freed before the collector looks for cycles on its own: more than sixteen large answers hold at once.
# Whatever it looks at while they are made is alive, so every look is in vain; a quarter of the time of large answers went there.
ALLOCATED = 100_000
MIDDLE, WHOLE = 4, 1  # its own looks at the young to one at the middle-aged, and of these to one at all: after half a million that stayed
SECONDS = 5.0  # between two looks at what is young
OLDER, ALL = 6, 24  # of that many looks one is at what survived the looks before, and one at everything


def settle() -> None:
    """Let the collector never look at the schema and the code, and look for new cycles less often."""
    set_aside()
    gc.set_threshold(ALLOCATED, MIDDLE, WHOLE)


def unsettle(thresholds: tuple[int, int, int]) -> None:
    """Let it look at everything again, as often as before."""
    take_back()
    gc.set_threshold(*thresholds)


async def collect(seconds: float = SECONDS) -> None:
    """Look for cycles for ever: at little, so that no look holds the loop for long; not while a large work asks that nobody does."""
    look = 0
    while True:
        await asyncio.sleep(seconds)
        if gc.isenabled():
            look += 1
            gc.collect(generation(look))


def generation(look: int) -> int:
    """Which generations a look is at: 0 for the young, 1 for the older beside them, 2 for all."""
    return 2 if look % ALL == 0 else 1 if look % OLDER == 0 else 0
