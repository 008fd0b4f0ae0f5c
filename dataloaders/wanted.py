"""What a field wants to be read: awaited alone, or gathered with everything that its level wants and read at once.

A resolver that returns a Wanted has done nothing yet but say which keys it needs of which loader, and what becomes of
what is found. So both ways to execute share one read path.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from strawberry.dataloader import DataLoader

if TYPE_CHECKING:
    from collections.abc import Generator

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loader(Generic[K, V]):
    """Reads many keys in one call and remembers what came, failures too, for one operation."""

    def __init__(self, read: Callable[[list[K]], Awaitable[list[V]]]) -> None:
        self._read = read
        self._known: dict[K, V | Exception] = {}
        self._gathering: DataLoader[K, V] | None = None  # made when somebody asks alone

    def load(self, key: K) -> Awaitable[V]:
        """One of them; whoever asks in the same turn of the loop shares the call."""
        return self._alone().load(key)

    def load_many(self, keys: Sequence[K]) -> Awaitable[list[V]]:
        """Several of them, likewise."""
        return self._alone().load_many(keys)

    def _alone(self) -> DataLoader[K, V]:
        if self._gathering is None:
            self._gathering = DataLoader(self._gathered)
        return self._gathering

    async def level(self, keys: Sequence[K]) -> list[V]:
        """All that a level wants, now; what is not known yet is read in one call."""
        known = self._known
        single = dict.fromkeys(keys)
        if missing := [key for key in single if key not in known] if known else list(single):
            await self._fill(missing)
        found = [known[key] for key in keys]
        for each in found:
            if isinstance(each, Exception):
                raise each
        return found  # type: ignore[return-value]  # none of them is an exception

    async def _gathered(self, keys: list[K]) -> list[V | Exception]:
        if missing := [key for key in keys if key not in self._known]:
            await self._fill(missing)
        return [self._known[key] for key in keys]

    async def _fill(self, missing: list[K]) -> None:
        try:
            self._known.update(zip(missing, await self._read(missing), strict=True))
        except Exception as failure:  # noqa: BLE001 - kept and raised for whoever wants one of these keys
            self._known.update(dict.fromkeys(missing, failure))


class Wanted(Generic[V]):
    """Keys of one loader, and what is made of the values: `made(values, *given)`."""

    __slots__ = ("given", "keys", "loader", "made")

    def __init__(self, loader: Loader[Any, Any], keys: Sequence[Any], made: Callable[..., V], *given: Any) -> None:
        self.loader = loader
        self.keys = keys
        self.made = made
        self.given = given

    def __await__(self) -> Generator[Any, None, V]:
        return self._alone().__await__()

    async def _alone(self) -> V:
        return self.made(await self.loader.load_many(self.keys), *self.given)
