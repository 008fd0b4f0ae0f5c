"""A real OpenSearch, and an index of it over the emptied database."""

from __future__ import annotations

import pytest_asyncio

from app.adapters.opensearch import OpenSearchIndex, alias_of


@pytest_asyncio.fixture
async def index(opensearch, database):
    """The index of the emptied database; what it made is removed."""
    made = OpenSearchIndex(opensearch)
    yield made
    for row in await database.pool.fetch("SELECT rid FROM ontology"):
        await made.drop(f"{alias_of(row['rid'])}*")
    await made.close()


@pytest_asyncio.fixture
async def main(database) -> str:
    """The rid of the ontology `main`."""
    rid: str = await database.pool.fetchval("SELECT rid FROM ontology WHERE api_name = 'main'")
    return rid
