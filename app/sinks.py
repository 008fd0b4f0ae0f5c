"""Opens the search index and the graph database of the settings, for the API and for commands that ask nothing else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.adapters.neo4j import SECONDS as GRAPH_SECONDS
from app.adapters.neo4j import Neo4jGraph
from app.adapters.opensearch import OpenSearchIndex
from app.services.graphing import Graphing
from app.services.indexing import Indexing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.persistence.database import Database
    from app.ports.graph_store import GraphStore
    from app.ports.search_index import SearchIndex
    from app.services.reconciling import View
    from app.settings import Settings

SEARCH_SECONDS = 2.0  # who waits longer is answered by PostgreSQL sooner
SYNC_SECONDS = 60.0  # that one request of a full sync may take


@asynccontextmanager
async def search_index(settings: Settings, *, seconds: float = SEARCH_SECONDS) -> AsyncIterator[SearchIndex | None]:
    """The search engine of the settings, None where they name none; `seconds` are what one request may take."""
    if settings.opensearch_url is None:
        yield None
        return
    index = OpenSearchIndex(settings.opensearch_url, seconds=seconds)
    try:
        yield index
    finally:
        await index.close()


@asynccontextmanager
async def graph_store(settings: Settings, *, seconds: float = GRAPH_SECONDS) -> AsyncIterator[GraphStore | None]:
    """The graph database of the settings, None where they name none; `seconds` are what one transaction may take."""
    if settings.neo4j_url is None:
        yield None
        return
    store = Neo4jGraph(settings.neo4j_url, seconds=seconds)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def views(settings: Settings, database: Database, *, seconds: float = SYNC_SECONDS) -> AsyncIterator[list[View]]:
    """What keeps the log in another system, for each that the settings name; `seconds` are what one request may take."""
    async with search_index(settings, seconds=seconds) as index, graph_store(settings, seconds=seconds) as graph:
        yield [*([Indexing(database, index)] if index else []), *([Graphing(database, graph)] if graph else [])]
