"""A cache: bytes by key. What it holds may vanish at any time, and is never changed."""

from __future__ import annotations

from typing import Protocol


class Cache(Protocol):
    """May forget anything; a cache that cannot be reached knows nothing, and never fails."""

    async def get(self, key: bytes) -> bytes | None:
        """What was put under the key, if it is still there."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Keep the value, in place of an older one."""
        ...
