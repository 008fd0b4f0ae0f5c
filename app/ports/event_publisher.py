"""Where events go for others to follow: topics of a log that keeps the order of each key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.topics import Topic


class PublishFailed(Exception):
    """Not every event was acknowledged, and nobody knows which were; the message says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One event as it is sent: messages of a key arrive in the order in which they were given."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class EventPublisher(Protocol):
    """Publishes at least once and in order."""

    async def declare(self, topics: Sequence[Topic]) -> None:
        """Make the topics that are missing, with their partitions and retention; PublishFailed where that is not possible."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return once all are acknowledged by as many replicas as the topic wants; PublishFailed otherwise."""
