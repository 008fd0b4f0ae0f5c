"""A real OpenSearch, and an index of it over the emptied database."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
import pytest_asyncio

from app.adapters.opensearch import OpenSearchIndex, alias_of


@pytest.fixture
def engine_shared(opensearch, request):
    """The engine with those who test beside us; with nobody for who is marked `alone`, since a setting of it is everybody's."""
    with (Path(os.environ["OMS_TEST_SERVICES"]) / "engine-shared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if request.node.get_closest_marker("alone") else fcntl.LOCK_SH)
        yield opensearch


@pytest_asyncio.fixture
async def index(engine_shared, database):
    """The index of the emptied database; what it made is removed."""
    made = OpenSearchIndex(engine_shared)
    yield made
    for row in await database.pool.fetch("SELECT rid FROM ontology"):
        await made.drop(f"{alias_of(row['rid'])}*")
    await made.close()


@pytest_asyncio.fixture
async def main(database) -> str:
    """The rid of the ontology `main`."""
    rid: str = await database.pool.fetchval("SELECT rid FROM ontology WHERE api_name = 'main'")
    return rid
