"""Copies of who holds what, which processes show each other. They may be late or missing; the database alone decides who may write."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.domain.lease import Copy


class Copied(NamedTuple):
    """What is known of one ontology."""

    copies: tuple[Copy, ...]
    age: float | None  # seconds since somebody copied all of it from the database; None where nobody did


class SharedLeases(Protocol):
    """`Away` where the place is. Keys are of ontologies, with the epoch of the database: tokens grow within one only."""

    async def put(self, key: str, copies: Collection[Copy], *, complete: bool = False) -> None:
        """Keep the copies that are newer than what is there; `complete` says that they are all there are in the database."""

    async def read(self, keys: Collection[str]) -> dict[str, Copied]:
        """What is kept of each."""

    async def turn(self, key: str) -> bool:
        """Whether the caller is the one who copies all of it from the database next; another may be in a moment."""
