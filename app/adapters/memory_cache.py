"""The cache of one process: what was used last, up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BESIDE = 200  # bytes that an entry takes beside its key and its value


class MemoryCache:
    """Forgets what was not used for the longest time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[bytes, bytes] = OrderedDict()
        self.size = 0

    async def get(self, key: bytes) -> bytes | None:
        """What was put under the key, if it is still there."""
        value = self._held.get(key)
        if value is not None:
            self._held.move_to_end(key)
        return value

    async def put(self, key: bytes, value: bytes) -> None:
        """Keep the value, in place of an older one; one that is larger than a tenth of the cache is not kept."""
        self._drop(key)
        if _size(key, value) * 10 > self._limit:
            return
        self._held[key] = value
        self.size += _size(key, value)
        while self.size > self._limit:
            self._drop(next(iter(self._held)))

    async def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """What was put under each key, if it is still there."""
        return [await self.get(key) for key in keys]

    async def put_many(self, values: Mapping[bytes, bytes]) -> None:
        """Keep each, as `put` does."""
        for key, value in values.items():
            await self.put(key, value)

    def _drop(self, key: bytes) -> None:
        value = self._held.pop(key, None)
        if value is not None:
            self.size -= _size(key, value)


def _size(key: bytes, value: bytes) -> int:
    return len(key) + len(value) + BESIDE
