"""Telling people that something is wrong, or right again."""

from __future__ import annotations

from typing import Protocol


class AlertFailed(Exception):
    """The message could not be delivered; whatever it was about goes on."""


class Alerts(Protocol):
    """Where messages for people on duty go."""

    async def send(self, text: str) -> None:
        """Deliver one message; AlertFailed where that did not work."""
