"""Opens the outside world: everything that has to be closed again is opened here, in one block."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import httpx2

from app.adapters.development_issuer import DevelopmentIssuer
from app.adapters.memory_cache import MemoryCache
from app.adapters.redis import RedisCache, Tiers
from app.adapters.redis_hints import RedisHints
from app.adapters.redis_leases import TOPIC as LOCKS
from app.adapters.redis_leases import RedisLeases
from app.adapters.redis_pool import RedisPool
from app.adapters.redis_presence import TOPIC as PRESENCE
from app.adapters.redis_presence import RedisPresence
from app.adapters.tokens import verifier
from app.domain.actor import Role
from app.domain.breaker import Breaker, Circuit
from app.observability import faults
from app.observability.metrics import CIRCUIT_OPEN
from app.persistence import leases
from app.persistence.database import Database
from app.persistence.presence import PresenceTable
from app.persistence.schema_version import installation
from app.persistence.sinks import NEO4J, OPENSEARCH
from app.persistence.tail import Tail
from app.services.attendance import Attendance
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.graphing import Graphs
from app.services.holding import Holding
from app.services.imports import Imports
from app.services.jobs import Jobs
from app.services.live import Live
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.services.reconciling import Reconciling
from app.services.repairs import Repairs
from app.services.searching import Searching
from app.services.seating import Seating
from app.services.slots import export_slots
from app.services.syncing import Syncing
from app.settings import RELEASE, manifest
from app.sinks import graph_store, search_index, views
from app.web.authentication import Authentication
from app.web.cursors import Cursors
from app.web.origins import Origins
from dataloaders.kept_versions import KeptVersions
from resolvers.context import Services, Shared
from resolvers.schema import schema
from resolvers.transport.event_streams import EventStreams
from resolvers.transport.execution import Execution
from resolvers.transport.responses import Responses
from resolvers.transport.websocket import SocketEndpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.ports.cache import Cache
    from app.settings import Settings


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
        common = await stack.enter_async_context(shared_by_processes(settings, database))
        seating = await stack.enter_async_context(seats(database, common))
        holding = await stack.enter_async_context(held(database, common, tail))
        services = Services(
            editing=Editing(database),
            change_sets=ChangeSets(database),
            ontologies=Ontologies(database),
            locks=Locks(database, holding),
            attendance=await stack.enter_async_context(Attendance(seating).opened()),
            imports=imports,
            exports=export_slots(limits.exports),
            graphs=Graphs(graph, breaker("neo4j")),
            live=Live(tail, database, resume_events=limits.resume_events, seating=seating, holding=holding),
            searching=Searching(index, breaker("opensearch")) if index else None,
            syncing=await stack.enter_async_context(syncing.opened()),
            repairs=Repairs(database, kept),
            sinks=(*((OPENSEARCH,) if index else ()), *((NEO4J,) if graph else ())),
        )
        cursors = Cursors(settings.cursor_secret)
        versions = KeptVersions(await stack.enter_async_context(cache(common, "versions", limits.entity_cache_bytes)))
        shared = Shared(database, services, cursors, limits, release=RELEASE, kept_versions=versions)
        execution = Execution(
            schema(), limits, shared.open_context, faults.report,
            introspection=None if settings.development else Role.VIEWER,
            by_levels=by_levels,
            responses=Responses(await stack.enter_async_context(cache(common, "answers", limits.response_cache_bytes)), tail),
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


@dataclass(frozen=True, slots=True)
class Common:
    """What the processes of one installation share: a Redis."""

    installation: str
    pool: RedisPool
    hints: RedisHints
    secret: str


@asynccontextmanager
async def shared_by_processes(settings: Settings, database: Database) -> AsyncIterator[Common | None]:
    """The Redis of the settings, None where they name none."""
    name = await installation(database) if settings.redis_url else None
    if settings.redis_url is None or name is None:  # without a database nothing is shared before the next start
        yield None
        return
    pool = RedisPool(settings.redis_url, breaker=breaker("redis", seconds=5))
    try:
        async with RedisHints(pool, f"oms:{name}:hints").opened() as hints:
            yield Common(name, pool, hints, settings.cursor_secret)
    finally:
        await pool.close()


@asynccontextmanager
async def seats(database: Database, common: Common | None) -> AsyncIterator[Seating]:
    """Who looks at what, in every process."""
    table = PresenceTable(database)
    if common is None:
        yield Seating(table)
        return
    shared = RedisPresence(common.pool, scope=common.installation, secret=common.secret, channel=common.hints.channel)
    async with Seating(table, shared).opened() as seating:
        common.hints.follow(PRESENCE, seating.hinted, seating.again)
        yield seating


@asynccontextmanager
async def held(database: Database, common: Common | None, tail: Tail) -> AsyncIterator[Holding]:
    """Who holds what, in every process."""
    if common is None:
        yield Holding(database, epoch=lambda: tail.epoch)
        return
    shared = RedisLeases(common.pool, scope=common.installation, secret=common.secret, channel=common.hints.channel)
    async with Holding(database, shared, epoch=lambda: tail.epoch).opened() as holding:
        common.hints.follow(LOCKS, holding.hinted, holding.again)
        tail.hints[leases.TOPIC] = holding.doubt
        yield holding


@asynccontextmanager
async def cache(common: Common | None, of: str, size: int) -> AsyncIterator[Cache]:
    """What answers or versions of entities are kept in: so many bytes of this process's memory, before what all processes share."""
    near = MemoryCache(size)
    if common is None:
        yield near
        return
    promised = blake2b(schema().as_str().encode(), digest_size=6).hexdigest()
    scope = f"{common.installation}:{RELEASE}-{promised}:{of}"
    tiers = Tiers(near, RedisCache(common.pool, scope=scope, secret=common.secret), of=of)
    try:
        yield tiers
    finally:
        await tiers.sent()


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
