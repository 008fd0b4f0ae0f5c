"""The signals that our own workers follow: an ontology has a new revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence


@dataclass(frozen=True, slots=True)
class Signal:
    """A hint, never the truth: it may be late, doubled or lost, and says nothing of what changed."""

    ontology: str
    revision: int
    traceparent: str | None = None


class EventFeed(Protocol):
    """Shares the ontologies among the processes that follow under one name."""

    async def follow(self, handle: Callable[[Sequence[Signal]], Awaitable[Collection[str]]]) -> None:
        """Hand over signals until cancelled.

        `handle` answers with the ontologies that it could not bring up to date: their signals come again after a pause, all
        others are settled. While it works no second call begins.
        """
