"""Messages for people on duty: to a Slack webhook where there is one, else to the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import structlog

from app.ports.alerts import AlertFailed

if TYPE_CHECKING:
    from app.ports.alerts import Alerts

SECONDS = 5.0
LONGEST = 3_000  # characters of one message

log = structlog.get_logger(__name__)


class SlackAlerts:
    """One incoming webhook; its address is a secret and never shown."""

    def __init__(self, url: str, client: httpx2.AsyncClient) -> None:
        self._url = url
        self._client = client

    async def send(self, text: str) -> None:
        try:
            answer = await self._client.post(self._url, json={"text": text[:LONGEST]}, timeout=SECONDS)
        except httpx2.HTTPError as failed:
            raise AlertFailed(f"the webhook does not answer ({type(failed).__name__})") from None
        if not answer.is_success:
            raise AlertFailed(f"the webhook answers {answer.status_code}")


class LoggedAlerts:
    """Where nobody gave a webhook."""

    async def send(self, text: str) -> None:
        log.warning("An alert.", text=text)


def alerts(url: str | None, client: httpx2.AsyncClient) -> Alerts:
    """Where the settings say."""
    return LoggedAlerts() if url is None else SlackAlerts(url, client)
