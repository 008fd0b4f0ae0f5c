"""`oms worker`: the processes that carry the log to Kafka and into views; any number of each may run."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import httpx2
import structlog
import uvicorn
from starlette.applications import Starlette

from app.adapters.alerts import alerts
from app.adapters.kafka import KafkaPublisher
from app.adapters.kafka_feed import KafkaFeed
from app.adapters.neo4j import Neo4jGraph
from app.adapters.opensearch import OpenSearchIndex
from app.commands.database import require_newest
from app.commands.serving import address_of, listener
from app.commands.terminal import Refused, notes
from app.domain.errors import OmsError
from app.domain.topics import TOPICS
from app.ending import ended
from app.observability import faults, logging
from app.observability.tracing import tracing
from app.persistence.database import Database
from app.persistence.feed import LogFeed
from app.persistence.migrate import newest
from app.persistence.schema_version import applied
from app.persistence.sinks import Incidents
from app.persistence.tail import Tail
from app.services.graphing import Graphing
from app.services.indexing import Indexing
from app.services.reconciling import Reconciling
from app.settings import RELEASE
from app.web.health import health_routes
from workers.following import Following
from workers.indexing import Indexer
from workers.reconciling import Comparing
from workers.relay import Relay

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence

    from app.ports.event_feed import EventFeed
    from app.services.reconciling import View
    from app.settings import Settings

RELAY = "relay"
POOL = 5  # connections of a worker's process
DRAIN_SECONDS = 25.0  # a supervisor usually kills after thirty

log = structlog.get_logger(__name__)


class Worker(Protocol):
    """Something that runs until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Finish what is under way when `stop` is set."""


class Health(uvicorn.Server):
    """Leaves the signals to the workers, who finish before it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@dataclass(frozen=True, slots=True)
class World:
    """What the workers of one process share."""

    settings: Settings
    database: Database
    stack: AsyncExitStack

    async def feed(self, group: str) -> EventFeed:
        """The topic of merges, or the log itself where there is no Kafka."""
        if self.settings.kafka_broker:
            return KafkaFeed(self.settings.kafka_broker, group, self.settings.kafka_prefix)
        return LogFeed(await self.stack.enter_async_context(Tail.opened(self.settings.database_url or "", self.database)))

    async def publisher(self) -> KafkaPublisher:
        """Kafka, with every topic made."""
        opened = KafkaPublisher.opened(self.settings.kafka_broker, self.settings.kafka_prefix)
        return await self.stack.enter_async_context(opened)


async def _relay(world: World) -> Worker:
    if not world.settings.kafka_broker:
        raise Refused("KAFKA_BROKER is missing: the relay publishes to Kafka, and without it the log is followed in PostgreSQL.")
    return Relay(world.settings.database_url or "", await world.publisher())


async def _indexing(world: World) -> View:
    if world.settings.opensearch_url is None:
        raise Refused("OPENSEARCH_URL is missing: without it PostgreSQL answers searches, and there is nothing to index.")
    index = OpenSearchIndex(world.settings.opensearch_url)
    world.stack.push_async_callback(index.close)
    return Indexing(world.database, index)


async def _graph(world: World) -> View:
    if world.settings.neo4j_url is None:
        raise Refused("NEO4J_URL is missing: without it PostgreSQL answers about the graph, and there is nothing to write.")
    store = Neo4jGraph(world.settings.neo4j_url)
    world.stack.push_async_callback(store.close)
    return Graphing(world.database, store)


class Keeper:
    """Keeps one view: follows what is merged, and compares all of it now and then."""

    def __init__(self, following: Following, comparing: Comparing) -> None:
        self._following = following
        self._comparing = comparing

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; whatever ends the following ends it."""
        comparing = asyncio.create_task(self._comparing.run())
        try:
            await self._following.run(stop)
        finally:
            await ended(comparing)


# What is kept by following the merges, by the name of its group.
VIEWS: Mapping[str, Callable[[World], Awaitable[View]]] = {"indexing-service": _indexing, "graph-sync-service": _graph}


def names() -> list[str]:
    """Every worker that there is."""
    return [RELAY, *VIEWS]


def worker(settings: Settings, wanted: Sequence[str]) -> None:
    """Run the workers in this process until SIGTERM or Ctrl-C; 0 is a clean end."""
    if unknown := [name for name in wanted if name not in names()]:
        raise Refused(f"{unknown[0][:60]} is none of the workers: {', '.join(names())}.")
    require_newest(settings)
    logging.configure(settings.log_level)
    with listener(settings.model_copy(update={"port": settings.worker_port})) as bound:
        asyncio.run(_run(settings, wanted, bound))


async def _run(settings: Settings, wanted: Sequence[str], bound: socket.socket) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    async with running(settings, wanted, stop) as (world, tasks):
        health = Health(_health(world))
        serving = asyncio.create_task(health.serve(sockets=[bound]))
        notes.print(f"[dim]{', '.join(wanted)}: health and metrics at {address_of(bound)}[/]")
        try:
            await asyncio.wait([*tasks, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
        finally:
            health.should_exit = True
            await serving


@asynccontextmanager
async def running(settings: Settings, wanted: Sequence[str], stop: asyncio.Event) -> AsyncIterator[tuple[World, list[asyncio.Task[None]]]]:
    """The workers at work; at the end each finishes what it has begun, and the first fault is raised."""
    async with AsyncExitStack() as stack:
        stack.enter_context(tracing(settings.otel_exporter_otlp_endpoint, settings.oms_env, RELEASE))
        stack.enter_context(faults.reporting(settings.sentry_dsn, settings.oms_env, RELEASE, expected=(OmsError,)))
        database = await stack.enter_async_context(Database.opened(settings.database_url or "", size=POOL))
        world = World(settings, database, stack)
        if settings.kafka_broker:
            await (await world.publisher()).declare(TOPICS)
        tasks = [asyncio.create_task((await _made(world, name)).run(stop), name=name) for name in wanted]
        try:
            yield world, tasks
        finally:
            stop.set()
            _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            for task in late:
                log.warning("A worker does not end and is cancelled.", worker=task.get_name())
            await ended(*late)
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and (fault := task.exception()) is not None:
                raise fault


async def _made(world: World, name: str) -> Worker:
    if name == RELAY:
        return await _relay(world)
    view = await VIEWS[name](world)
    client = await world.stack.enter_async_context(httpx2.AsyncClient())
    comparing = Comparing(view, Reconciling(world.database, [view]), world.database)
    indexer = Indexer(view, Incidents(world.database, view.sink), alerts(world.settings.slack_webhook_url, client), healed=comparing.soon)
    return Keeper(Following(name, indexer, await world.feed(name), world.database), comparing)


def _health(world: World) -> uvicorn.Config:
    async def answers() -> bool:
        return await applied(world.database) == newest()

    return uvicorn.Config(
        Starlette(routes=health_routes({"database": answers})), lifespan="off", log_config=None, access_log=False, server_header=False
    )
