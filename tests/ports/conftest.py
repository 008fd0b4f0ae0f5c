"""What the contract tests of several ports use."""

from __future__ import annotations

import pytest_asyncio

from app.adapters.redis_pool import RedisPool

PATIENT = 30.0  # seconds: what is asked is what Redis keeps, and not how busy this machine is


@pytest_asyncio.fixture
async def pool(redis):
    """Connections of the Redis that all tests use."""
    made = RedisPool(redis, patience=PATIENT)
    yield made
    await made.close()
