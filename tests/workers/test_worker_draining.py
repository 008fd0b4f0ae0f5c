"""SIGTERM to `oms worker` in the middle of its work: what was begun is finished, and the next process goes on from there."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest

from app.adapters.neo4j import Neo4jGraph
from app.adapters.opensearch import OpenSearchIndex
from app.services.graphing import Graphing
from app.services.indexing import Indexing
from app.services.reconciling import Reconciling
from tests import given
from tests.chaos.proxy import Link
from tests.workers.kafka_reading import read
from tests.workers.test_relay import fill, first_of_each, in_order
from tests.workers.test_worker_command import SECONDS, environment, start

EVENTS = 20_000
MANY = 1_500
SOME = 15_000  # bytes of what a worker writes about them, which may be compressed


@asynccontextmanager
async def working(*names, **told):
    """The command once it is ready, killed at the end where it still runs."""
    process = await start(*names, **told)
    try:
        said = b""
        async with asyncio.timeout(SECONDS):
            while b"health and metrics at" not in said:
                line = await process.stderr.readline()
                assert line, said  # it has ended
                said += line
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()


async def ended(process):
    """Its exit code."""
    async with asyncio.timeout(SECONDS):
        await process.communicate()
    return process.returncode


async def until(true):
    async with asyncio.timeout(SECONDS):
        while not await true():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.005)


async def test_a_relay_in_the_middle_of_a_backlog_ends_with_its_batch_and_the_next_one_goes_on(
    kafka, prefix, database, database_url, settled
):
    told = environment(database_url, KAFKA_BROKER=kafka, KAFKA_PREFIX=prefix)
    await fill(database, EVENTS)
    async with working("relay", **told) as process:
        await until(lambda: database.pool.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NOT NULL)"))
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0
    marked, newest, left = await database.pool.fetchrow(
        "SELECT count(published_at), max(id) FILTER (WHERE published_at IS NOT NULL), min(id) FILTER (WHERE published_at IS NULL) FROM outbox"
    )
    assert 0 < marked < EVENTS
    assert left == newest + 1
    async with working("relay", **told) as process:
        await settled()
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0
    seen = await asyncio.to_thread(read, kafka, prefix, EVENTS)
    assert {each.event["data"]["number"] for each in first_of_each(seen)} == set(range(1, EVENTS + 1))
    assert len(seen) == EVENTS  # a batch that was sent is marked before the end: nothing comes twice
    assert in_order(seen)


@pytest.mark.parametrize(("name", "variable"), [("indexing-service", "OPENSEARCH_URL"), ("graph-sync-service", "NEO4J_URL")])
async def test_a_worker_in_the_middle_of_an_ontology_finishes_it_and_the_next_one_goes_on(
    request, opensearch, neo4j, database, database_url, write, name, variable
):
    url = {"OPENSEARCH_URL": opensearch, "NEO4J_URL": neo4j}[variable]
    link = Link(name, urlsplit(url).port, delay=0.02)  # so that nobody is done before one looks
    through = urlsplit(url)._replace(netloc=urlsplit(url).netloc.replace(str(urlsplit(url).port), str(await link.listen()))).geturl()
    merged = await write([given.shared_property() for _ in range(MANY)])

    async def reached(revision):
        return await database.pool.fetchval("SELECT max(revision) FROM sink_state") == revision

    async with working(name, **environment(database_url, **{variable: through})) as process:
        await until(lambda: asyncio.sleep(0, link.passed > SOME))
        link.swallows = True
        assert not await reached(merged.revision)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(1)
        assert process.returncode is None
        link.heal()
        assert await ended(process) == 0
    assert await reached(merged.revision)
    more = await write([given.shared_property() for _ in range(3)])
    async with working(name, **environment(database_url, **{variable: through})) as process:
        await until(lambda: reached(more.revision))
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0
    await link.close()
    async with view_of(name, url, database) as view:
        proof = await Reconciling(database, [view]).prove(view, merged.ontology, "main")
    assert proof.right
    assert proof.wanted.count == MANY + 3


@asynccontextmanager
async def view_of(name, url, database):
    """What the worker keeps, as the comparison looks at it."""
    if name == "indexing-service":
        index = OpenSearchIndex(url)
        yield Indexing(database, index)
        await index.drop("oms-*")
        await index.close()
    else:
        store = Neo4jGraph(url)
        yield Graphing(database, store)
        await store.close()
