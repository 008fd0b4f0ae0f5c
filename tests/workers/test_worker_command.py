"""`oms worker` runs until it is told to end, answers for its health, and refuses by a sentence."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys

import httpx2
import pytest

from app.adapters.neo4j import Neo4jGraph
from app.domain.document import version
from tests import given

SECONDS = 120


def environment(database_url, **given):
    """What the command is told."""
    return os.environ | {"DATABASE_URL": database_url, "WORKER_PORT": "0", **given}


async def start(*names, **environment):
    """The command, not yet ready."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "worker", *names, stderr=asyncio.subprocess.PIPE, env=environment
    )


async def refused(*names, **environment):
    """The code and the one sentence of a command that did not do it."""
    process = await start(*names, **environment)
    _, said = await asyncio.wait_for(process.communicate(), SECONDS)
    return process.returncode, said.decode().strip().splitlines()[-1]


async def test_it_publishes_indexes_answers_and_ends_with_zero(kafka, opensearch, prefix, database, database_url, write, settled):
    told = environment(database_url, KAFKA_BROKER=kafka, KAFKA_PREFIX=prefix, OPENSEARCH_URL=opensearch)
    process = await start("relay", "indexing-service", **told)
    async with asyncio.timeout(SECONDS):
        while (found := re.search(rb"health and metrics at (\S+)", line := await process.stderr.readline())) is None:
            assert line  # without one it has ended
        revision = (await write(given.object_type("Ship"))).revision
        await settled()
        while await database.pool.fetchval("SELECT max(revision) FROM sink_state") != revision:  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)
    address = found[1].decode()
    async with httpx2.AsyncClient(base_url=address, trust_env=False) as client:
        assert (await client.get("/readyz")).json() == {"status": "ok", "checks": {"database": "ok"}}
        metrics = (await client.get("/metrics")).text
        assert "relay_leads 1.0" in metrics
        assert 'consumer_lag_messages{worker="indexing-service"}' in metrics
        assert 'worker_runs_total{outcome="done",worker="indexing-service"}' in metrics
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(SECONDS):
        await process.communicate()
    assert process.returncode == 0


async def test_the_graph_follows_the_log_also_without_kafka(neo4j, database, database_url, write):
    process = await start("graph-sync-service", **environment(database_url, NEO4J_URL=neo4j))
    ontology = (await write(given.object_type("Ship"))).ontology
    made = await write([given.type_group("fleet"), *given.object_type("Harbour")])
    store = Neo4jGraph(neo4j)
    async with asyncio.timeout(SECONDS):
        while await store.reached(ontology) != version(1, made.revision):
            assert process.returncode is None
            await asyncio.sleep(0.05)
    async with store.at(ontology, version(1, made.revision)) as state:
        assert (await state.statistics(1)).nodes == 5
    await store.close()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(SECONDS):
        await process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("names", "told", "sentence"),
    [
        (["relays"], {}, "oms: relays is none of the workers: relay, indexing-service, graph-sync-service"),
        (["relay"], {}, "oms: KAFKA_BROKER is missing: the relay publishes to Kafka, and without it the log is followed in PostgreSQL."),
        (
            ["indexing-service"],
            {},
            "oms: OPENSEARCH_URL is missing: without it PostgreSQL answers searches, and there is nothing to index.",
        ),
        (
            ["graph-sync-service"],
            {},
            "oms: NEO4J_URL is missing: without it PostgreSQL answers about the graph, and there is nothing to write.",
        ),
    ],
)
async def test_what_cannot_run_is_refused_by_a_sentence(database_url, names, told, sentence):
    code, said = await refused(*names, **environment(database_url, **told))
    assert (code, said[: len(sentence)]) == (1, sentence)


@pytest.mark.parametrize("modules", ["app.commands.worker", "app.cli, app.commands.syncing, app.commands.dead_letters, app.sinks"])
def test_a_worker_and_what_compares_carry_nothing_of_the_schema(modules):
    """They start sooner, and a worker is smaller by a quarter."""
    looking = f"import sys, {modules}; print(sorted({{'strawberry', 'resolvers', 'app.bootstrap'}} & sys.modules.keys()))"
    told = subprocess.run([sys.executable, "-c", looking], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
