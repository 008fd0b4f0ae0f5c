"""Opens the outside world: everything that has to be closed again is opened here, in one block."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version
from typing import TYPE_CHECKING

import httpx2

from app.adapters.development_issuer import DevelopmentIssuer
from app.adapters.memory_cache import MemoryCache
from app.adapters.neo4j import SECONDS as GRAPH_SECONDS
from app.adapters.neo4j import Neo4jGraph
from app.adapters.opensearch import OpenSearchIndex
from app.adapters.redis import RedisCache, Tiers
from app.adapters.tokens import verifier
from app.domain.actor import Role
from app.domain.breaker import Breaker, Circuit
from app.observability import faults
from app.observability.metrics import CIRCUIT_OPEN
from app.persistence.database import Database
from app.persistence.presence import PresenceTable
from app.persistence.schema_version import installation
from app.persistence.sinks import NEO4J, OPENSEARCH
from app.persistence.tail import Tail
from app.services.attendance import Attendance
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.graphing import Graphing, Graphs
from app.services.imports import Imports
from app.services.indexing import Indexing
from app.services.jobs import Jobs
from app.services.live import Live
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.services.reconciling import Reconciling
from app.services.repairs import Repairs
from app.services.searching import Searching
from app.services.syncing import Syncing
from app.settings import manifest
from app.web.authentication import Authentication
from app.web.cursors import Cursors
from app.web.origins import Origins
from resolvers.context import Services, Shared
from resolvers.schema import schema
from resolvers.transport.event_streams import EventStreams
from resolvers.transport.execution import Execution
from resolvers.transport.responses import Responses
from resolvers.transport.websocket import SocketEndpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.ports.cache import Cache
    from app.ports.graph_store import GraphStore
    from app.ports.search_index import SearchIndex
    from app.services.reconciling import View
    from app.settings import Settings

RELEASE = version("oms")
SEARCH_SECONDS = 2.0  # who waits longer is answered by PostgreSQL sooner
SYNC_SECONDS = 60.0  # that one request of a full sync may take


@dataclass(frozen=True, slots=True)
class World:
    """What one process has open."""

    settings: Settings
    database: Database
    tail: Tail
    services: Services
    imports: Imports
    authentication: Authentication
    issuer: DevelopmentIssuer | None  # where nobody else issues tokens, in development
    cursors: Cursors
    execution: Execution
    sockets: SocketEndpoint
    streams: EventStreams


@asynccontextmanager
async def opened(settings: Settings, *, by_levels: bool = True) -> AsyncIterator[World]:
    """Everything that the settings name, until the block ends; only a benchmark does without `by_levels`."""
    limits, url = settings.limits, settings.database_url
    if url is None:
        raise ValueError("DATABASE_URL is needed: whoever opens the world gives one")
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            Database.opened(
                url,
                size=limits.pool_size,
                acquire_seconds=limits.pool_acquire_seconds,
                statement_seconds=limits.statement_seconds,
                long_statement_seconds=limits.long_statement_seconds,
                lock_seconds=limits.writer_queue_seconds,
                idle_seconds=limits.idle_in_transaction_seconds,
            )
        )
        issuer = development_issuer(settings)
        tokens = issuer.verifier() if issuer else verifier(settings, await stack.enter_async_context(httpx2.AsyncClient()))
        tail = await stack.enter_async_context(Tail.opened(url, database))
        index = await stack.enter_async_context(search_index(settings))
        graph = await stack.enter_async_context(graph_store(settings))
        authentication = Authentication(tokens)
        kept = await stack.enter_async_context(views(settings, database))
        syncing = Syncing(database, Jobs(database), Reconciling(database, kept))
        imports = await stack.enter_async_context(Imports(database, Jobs(database), url, limits).opened())
        services = Services(
            editing=Editing(database),
            change_sets=ChangeSets(database),
            ontologies=Ontologies(database),
            locks=Locks(database),
            attendance=await stack.enter_async_context(Attendance(PresenceTable(database)).opened()),
            imports=imports,
            graphs=Graphs(graph, breaker("neo4j")),
            live=Live(tail, database, resume_events=limits.resume_events),
            searching=Searching(index, breaker("opensearch")) if index else None,
            syncing=await stack.enter_async_context(syncing.opened()),
            repairs=Repairs(database, kept),
            sinks=(*((OPENSEARCH,) if index else ()), *((NEO4J,) if graph else ())),
        )
        cursors = Cursors(settings.cursor_secret)
        shared = Shared(database, services, cursors, limits, release=RELEASE)
        execution = Execution(
            schema(), limits, shared.open_context, faults.report,
            introspection=None if settings.development else Role.VIEWER,
            by_levels=by_levels,
            responses=Responses(await stack.enter_async_context(cache(settings, database)), tail),
            trusted=None if settings.trusted_documents is None else manifest(settings.trusted_documents),
        )  # fmt: skip
        sockets = SocketEndpoint(execution, shared.open_context, authentication, limits, Origins(settings.cors_origins))
        yield World(
            settings=settings,
            database=database,
            tail=tail,
            services=services,
            imports=imports,
            authentication=authentication,
            issuer=issuer,
            cursors=cursors,
            execution=execution,
            sockets=await stack.enter_async_context(sockets.opened()),
            streams=EventStreams(execution, shared.open_context, sockets.groups, limits),
        )


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


@asynccontextmanager
async def cache(settings: Settings, database: Database) -> AsyncIterator[Cache]:
    """What answers are kept in: this process's memory, before what all processes share where the settings name it."""
    near = MemoryCache(settings.limits.response_cache_bytes)
    name = await installation(database) if settings.redis_url else None
    if settings.redis_url is None or name is None:  # without a database nothing is shared before the next start
        yield near
        return
    promised = blake2b(schema().as_str().encode(), digest_size=6).hexdigest()
    shared = RedisCache(
        settings.redis_url, scope=f"{name}:{RELEASE}-{promised}", secret=settings.cursor_secret, breaker=breaker("redis", seconds=5)
    )
    tiers = Tiers(near, shared)
    try:
        yield tiers
    finally:
        await tiers.sent()
        await shared.close()


def breaker(system: str, *, seconds: float = 10) -> Breaker:
    """A breaker whose state is told by the metrics."""
    made = Breaker(seconds=seconds)
    CIRCUIT_OPEN.labels(system).set_function(lambda: float(made.state is not Circuit.CLOSED))
    return made


def development_issuer(settings: Settings) -> DevelopmentIssuer | None:
    """Our own issuer, where development names no other one."""
    if settings.development and settings.keycloak_issuer is None:
        return DevelopmentIssuer(settings.oms_data_dir, settings.oms_env)
    return None
