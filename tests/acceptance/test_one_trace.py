"""What a browser begins is one trace, through API, PostgreSQL, outbox and Kafka, to the workers and their sinks."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections import defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.chaos.workload import APPLY, creation
from tests.chaos.world import Servers, world

TRACE, BROWSER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PATHS = (
    ("POST /graphql",),
    ("BEGIN", "POST /graphql"),
    ("relay version.changeset.merged", "POST /graphql"),
    ("indexing-service", "relay version.changeset.merged", "POST /graphql"),
    ("graph-sync-service", "relay version.changeset.merged", "POST /graphql"),
    ("opensearch bulk", "indexing-service", "relay version.changeset.merged", "POST /graphql"),
    ("neo4j write", "graph-sync-service", "relay version.changeset.merged", "POST /graphql"),
)


@contextmanager
def collector():
    """An address that takes OTLP over HTTP, and the spans that came, by their ids."""
    spans = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            sent = ExportTraceServiceRequest.FromString(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
            for each in (span for resource in sent.resource_spans for scope in resource.scope_spans for span in scope.spans):
                if each.trace_id.hex() == TRACE:
                    spans[each.span_id.hex()] = (each.name, each.parent_span_id.hex())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", spans
    finally:
        server.shutdown()
        server.server_close()


def paths(spans):
    """Each span with those above it, up to the browser's own."""
    found = defaultdict(int)
    for each in spans.values():
        name, parent = each
        path = [name]
        while parent in spans:
            name, parent = spans[parent]
            path.append(name)
        if parent == BROWSER:
            found[tuple(path)] += 1
    return found


@pytest.fixture
def servers(database, database_url, kafka, opensearch, neo4j, redis):
    return Servers(database_url, kafka, opensearch, neo4j, redis)


async def test_a_mutation_is_one_trace_from_the_browser_to_the_sinks(servers):
    with collector() as (address, spans):
        more = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        async with world(servers, count=1, more=more) as made, httpx2.AsyncClient(trust_env=False, timeout=60) as client:
            asked = {"query": APPLY, "variables": {"i": {"ontology": "main", "operations": creation("key-1", 1)}}}
            headers = {"authorization": f"Bearer {made.token}", "traceparent": f"00-{TRACE}-{BROWSER}-01"}
            answer = await client.post(f"{made.addresses[0]}/graphql", json=asked, headers=headers)
            assert answer.json()["data"]["applyChanges"]["revision"] == 1
            async with asyncio.timeout(60):
                while not all(path in paths(spans) for path in PATHS):  # noqa: ASYNC110 - other processes send them
                    await asyncio.sleep(0.1)
