"""One installation under attack: every way between its parts is a proxy's, every part can be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit
from uuid import uuid4

from app.adapters.development_issuer import DevelopmentIssuer
from app.adapters.neo4j import Neo4jGraph
from app.adapters.opensearch import OpenSearchIndex, alias_of
from app.adapters.opensearch_mapping import MAPPING, settings
from app.domain.actor import Role
from app.domain.definition import Status
from app.persistence.database import Database
from app.ports.search_index import SinkDown
from app.services.ontologies import Ontologies
from app.settings import OmsEnv
from app.stack.stack import Stack
from tests.chaos.broker import Way
from tests.chaos.parts import Part
from tests.chaos.proxy import Link
from tests.given import ADMIN
from tests.workers.kafka_reading import Seen

ROOT = Path(__file__).parents[2]
WAITS = 600.0  # seconds for a way to Kafka
WORKERS = ("relay", "indexing-service", "graph-sync-service")


@dataclass(frozen=True)
class Servers:
    """Where the real ones are."""

    database: str
    kafka: str
    opensearch: str
    neo4j: str
    redis: str
    ways: tuple[Way, ...] = ()  # to Kafka, for who comes through a proxy
    stack: Stack | None = None  # where they may be killed as well


@dataclass
class World:
    """What a scenario may break, and what the judge looks at."""

    servers: Servers
    prefix: str
    token: str
    database: Database  # without a proxy
    index: OpenSearchIndex
    store: Neo4jGraph
    links: dict[str, Link]
    apis: list[Part]
    workers: list[Part]
    fronts: list[Link]  # before the APIs
    ontologies: dict[str, str]
    environment: Mapping[str, str]  # of every process
    poison: bool = False  # whether the indices refuse documents of one status
    bug: str = ""  # that is planted in every process
    within: bool = False  # whether commands run in this process, since there are no others
    spoilt: dict[tuple[str, str], str] = field(default_factory=dict)  # how, by sink and rid: what a view may differ in
    recovering: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # parts that were killed and do not answer yet
    done: list[str] = field(default_factory=list)  # faults, for the report
    wiped: list[tuple[str, str]] = field(default_factory=list)  # sinks and ontologies that begin anew
    kept: list[Seen] = field(default_factory=list)  # what was in topics that were deleted
    restored: list[tuple[str, float]] = field(default_factory=list)  # servers that were killed, and seconds until all was well again
    revived: list[str] = field(default_factory=list)  # processes that had ended by themselves

    @property
    def addresses(self) -> list[str]:
        """Where clients find the APIs."""
        return [f"http://127.0.0.1:{link.port}" for link in self.fronts]

    @property
    def parts(self) -> list[Part]:
        """Every process of ours."""
        return [*self.apis, *self.workers]


@asynccontextmanager
async def world(
    servers: Servers,
    *,
    bug: str = "",
    together: bool = True,
    count: int = 2,
    more: Mapping[str, str] = MappingProxyType({}),
    poison: bool = False,
) -> AsyncIterator[World]:
    """Two APIs and two of each worker, ready; `together` puts all workers of one set into one process; `more` are settings.

    With `poison` the indices refuse documents of one status: they were made by a release that knew less.
    """
    prefix = f"chaos{uuid4().hex[:10]}."
    with TemporaryDirectory(prefix="oms-chaos-") as folder:
        home = Path(folder)
        links = {name: Link(name, target) for name, target in _targets(servers).items()}
        for link in links.values():
            await link.listen()
        if servers.ways:
            links["kafka"] = await _way(servers.ways)
        told = _environment(servers, links, prefix, home) | dict(more)
        sets = [WORKERS] if together else [(name,) for name in WORKERS]
        apis = [Part(f"api-{number}", ("api",), told, home, bug) for number in range(1, count + 1)]
        workers = [
            Part(f"{'-'.join(names)}-{number}", ("worker", *names), told, home, bug) for number in range(1, count + 1) for names in sets
        ]
        fronts = [Link(f"to {part.name}", part.port) for part in apis]
        async with Database.opened(servers.database, size=6) as database:
            await _second(database)
            rows = await database.pool.fetch("SELECT rid, api_name FROM ontology")
            found = World(
                servers, prefix, _token(told), database, OpenSearchIndex(servers.opensearch, seconds=30),
                Neo4jGraph(servers.neo4j, seconds=30), links, apis, workers, fronts, {row["api_name"]: row["rid"] for row in rows}, told, poison, bug,
            )  # fmt: skip
            try:
                for front in fronts:
                    await front.listen()
                if poison:
                    await _poisoned(found)
                for part in found.parts:
                    part.start()
                supervising = asyncio.create_task(_supervised(found))
                try:
                    await asyncio.gather(*(part.ready() for part in found.parts))
                    yield found
                finally:
                    supervising.cancel()
            finally:
                await _ended(found)


async def _supervised(found: World) -> None:
    """A process that ends by itself is started again, as it is in production; the report counts them."""
    while True:
        for part in found.parts:
            if part.ended:
                found.revived.append(part.name)
                part.start()
        await asyncio.sleep(0.5)


async def _poisoned(found: World) -> None:
    for rid in found.ontologies.values():
        fields = MAPPING["properties"] | {"status": {"type": "constant_keyword", "value": Status.EXPERIMENTAL.value}}
        body = {"settings": settings(0), "mappings": MAPPING | {"properties": fields}, "aliases": {alias_of(rid): {}}}
        await found.index._client.indices.create(index=f"{alias_of(rid)}-v1", body=body)


async def _way(ways: Sequence[Way]) -> Link:
    """Before Kafka, on a port that the broker tells of; who finds all of them held waits until another installation ends."""
    async with asyncio.timeout(WAITS):
        while True:
            for way in ways:
                link = Link("kafka", way.behind)
                with suppress(OSError):
                    await link.listen(way.told)
                    return link
            await asyncio.sleep(1)


async def _ended(found: World) -> None:
    for link in (*found.links.values(), *found.fronts):
        link.heal()
    await asyncio.gather(*(asyncio.to_thread(part.end) for part in found.parts))
    for link in (*found.links.values(), *found.fronts):
        await link.close()
    await cleared(found)


async def cleared(found: World) -> None:
    """Nothing of it is left in the sinks, and no connection to them."""
    with suppress(SinkDown):  # then the server goes with what is in it
        await found.store._written(("MATCH (n) WHERE n.ontology IN $own DETACH DELETE n", {"own": list(found.ontologies.values())}))
        for rid in found.ontologies.values():
            await found.index.drop(f"{alias_of(rid)}*")
    await found.index.close()
    await found.store.close()


async def _second(database: Database) -> None:
    if not await database.pool.fetchval("SELECT count(*) FROM ontology WHERE api_name = 'second'"):
        await Ontologies(database).create(ADMIN, api_name="second", display_name="Second")


def _targets(servers: Servers) -> dict[str, str | int]:
    parts = urlsplit(servers.database)
    folder = parse_qs(parts.query).get("host", [unquote(parts.hostname or "")])[0]
    port = parts.port or int(parse_qs(parts.query).get("port", ["5432"])[0])
    return {
        "postgres": f"{folder}/.s.PGSQL.{port}" if folder.startswith("/") else port,
        "opensearch": urlsplit(servers.opensearch).port or 9200,
        "neo4j": urlsplit(servers.neo4j).port or 7687,
        "redis": urlsplit(servers.redis).port or 6379,
    }


def _environment(servers: Servers, links: dict[str, Link], prefix: str, home: Path) -> dict[str, str]:
    url = urlsplit(servers.database)
    user = f"{quote(url.username)}{f':{quote(url.password)}' if url.password else ''}@" if url.username else ""
    database = urlunsplit(("postgresql", f"{user}127.0.0.1:{links['postgres'].port}", url.path, "sslmode=disable", ""))
    return {
        "OMS_ENV": "development", "OMS_DATA_DIR": str(home), "DATABASE_URL": database, "KAFKA_BROKER": f"127.0.0.1:{links['kafka'].port}" if "kafka" in links else servers.kafka,
        "KAFKA_PREFIX": prefix, "OPENSEARCH_URL": f"http://127.0.0.1:{links['opensearch'].port}",
        "NEO4J_URL": f"bolt://127.0.0.1:{links['neo4j'].port}", "REDIS_URL": f"redis://127.0.0.1:{links['redis'].port}/0",
        "PYTHONPATH": str(ROOT), "OMS_LIMIT_POOL_SIZE": "10",
    }  # fmt: skip


def _token(told: dict[str, str]) -> str:
    """As `oms token` gives it, without the seconds that the command takes to start."""
    return DevelopmentIssuer(Path(told["OMS_DATA_DIR"]), OmsEnv.DEVELOPMENT).issue(Role.ADMIN, "Chaos")
