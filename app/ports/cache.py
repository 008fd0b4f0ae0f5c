"""A cache: bytes by key. What it holds may vanish at any time, and is never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Cache(Protocol):
    """May forget anything; a cache that cannot be reached knows nothing, and never fails."""

    async def get(self, key: bytes) -> bytes | None:
        """What was put under the key, if it is still there."""
        ...

    async def put(self, key: bytes, value: bytes) -> None:
        """Keep the value, in place of an older one."""
        ...

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """What was put under each key, in their order, asked for at once."""
        ...

    async def put_many(self, values: Mapping[bytes, bytes]) -> None:
        """Keep each value under its key."""
        ...
