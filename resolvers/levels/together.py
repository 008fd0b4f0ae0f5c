"""What a field wants for all parents of a level at once, in place of a Wanted for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resolvers.levels.plan import Edge

Parents = Sequence[tuple[Any, dict[str, Any]]]


class Together:
    """Keys of one loader, and where what is found is written: by `answer`, which each sort has in its own way."""

    __slots__ = ("edge", "keys", "places")

    def __init__(self, edge: Edge, parents: Parents, keys: Sequence[Any]) -> None:
        self.edge = edge
        self.keys = keys
        self.places = [place for _, place in parents]


def rids_at_one(parents: Parents, rid: Callable[[Any], str | None]) -> list[str] | None:
    """The rid that each of the parents names; None where one names none, or they are of several revisions."""
    at = parents[0][0]._at  # noqa: SLF001 - as every object of ours has
    rids = [rid(source) for source, _ in parents if source._at is at]  # noqa: SLF001
    return rids if len(rids) == len(parents) and None not in rids else None  # type: ignore[return-value]  # None is not in it
