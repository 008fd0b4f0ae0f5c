"""What the workers' tests share: topics of their own, and a relay that runs for as long as a block."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
import pytest_asyncio

from app.adapters.kafka import KafkaPublisher
from app.domain.topics import MERGED, TOPICS
from app.services.editing import Editing
from tests.given import EDITOR
from workers.relay import Relay

FEW = tuple(
    topic for topic in TOPICS if topic.name in {MERGED, "version.changeset.updated"}
)  # every test makes its own, and a broker feels it


@pytest.fixture
def prefix() -> str:
    """The names of a test's own topics and groups begin with it."""
    return f"t{uuid4().hex[:12]}."


@pytest_asyncio.fixture
async def publisher(kafka, prefix):
    async with KafkaPublisher.opened([kafka], prefix) as opened:
        yield opened


@pytest.fixture
def relaying(database_url, publisher):
    """A relay at work."""

    @asynccontextmanager
    async def running(**options):
        stop = asyncio.Event()
        relay = Relay(database_url, publisher, **{"topics": FEW, **options})
        task = asyncio.create_task(relay.run(stop))
        try:
            yield relay
        finally:
            stop.set()
            await asyncio.wait_for(task, 60)

    return running


@pytest.fixture
def write(database):
    """Merge operations into `main`."""

    async def written(operations, actor=EDITOR):
        return await Editing(database).apply(actor, "main", operations)

    return written


@pytest.fixture
def settled(database):
    """Wait until every event is marked as published."""

    async def waiting(seconds=120):
        async with asyncio.timeout(seconds):
            while await database.pool.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL"):  # noqa: ASYNC110 - it may be another process that does it
                await asyncio.sleep(0.05)

    return waiting
