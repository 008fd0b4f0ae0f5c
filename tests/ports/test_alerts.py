"""Alerts reach a webhook, and say so where they do not."""

from __future__ import annotations

import asyncio

import httpx2
import orjson
import pytest

from app.adapters.alerts import LoggedAlerts, SlackAlerts, alerts
from app.ports.alerts import AlertFailed


@pytest.fixture
async def webhook():
    """A local webhook; what it got, what it answers, and its address."""
    got: list[dict[str, str]] = []
    status = ["200 OK"]

    async def answer(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        [length] = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        got.append(orjson.loads(await reader.readexactly(length)))
        writer.write(f"HTTP/1.1 {status[0]}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield got, status, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/services/secret"
    server.close()
    await server.wait_closed()


async def test_a_message_is_posted_as_slack_takes_it(webhook):
    got, _, url = webhook
    async with httpx2.AsyncClient() as client:
        await alerts(url, client).send("역: the sink fails")

    assert got == [{"text": "역: the sink fails"}]


async def test_a_webhook_that_refuses_or_is_away_is_an_alert_that_failed_and_shows_no_address(webhook):
    got, status, url = webhook
    status[0] = "500 Oops"
    async with httpx2.AsyncClient() as client:
        with pytest.raises(AlertFailed, match="answers 500"):
            await SlackAlerts(url, client).send("x")
        with pytest.raises(AlertFailed) as failed:
            await SlackAlerts("http://127.0.0.1:1/services/secret", client).send("x")

    assert "secret" not in str(failed.value)
    assert len(got) == 1


async def test_without_a_webhook_alerts_are_logged():
    async with httpx2.AsyncClient() as client:
        assert isinstance(alerts(None, client), LoggedAlerts)
        await alerts(None, client).send("x")
