"""`oms dev --full`: one command, and what is written is signed for by Keycloak, published by Kafka and found in OpenSearch."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx2
from browser import new_page
from test_graphiql import QUERY, RESPONSE, RUN, choosing, shot

from app.stack.stack import SERVERS

SECONDS = 240
EDITOR = "globalThis.__MONACO.editor.getModels().find((model) => model.uri.path.includes('operation'))"
NAME = f"lighthouses{uuid4().hex}"  # the database of kept servers may have those of another session
WRITE = f'mutation {{ createTypeGroup(input: {{ontology: "main", typeGroup: {{apiName: "{NAME}", displayName: "Lighthouses"}}}}) {{ __typename }} }}'


def test_one_command_serves_on_the_real_servers(kafka, keycloak, opensearch, neo4j, redis, real_stack):
    assert not real_stack.process(SERVERS["postgres"]).alive
    with TemporaryDirectory(prefix="oms-test-") as home:
        Path(home).chmod(0o755)
        (Path(home) / "services").symlink_to(os.environ["OMS_TEST_SERVICES"])  # the servers of the session, so that only PostgreSQL is new
        told = os.environ | {"OMS_DATA_DIR": home, "PORT": "0", "WORKER_PORT": "0", "COLUMNS": "200"}
        command = [sys.executable, "-m", "app.cli", "dev", "--full", "--free-ports"]
        with (Path(home) / "out").open("w") as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=told, start_new_session=True)
        try:
            said = until(lambda: (text := (Path(home) / "out").read_text()).count("whose password is the name") == 3 and text, process)
            address = re.search(r"Ontology Metadata Service\S*\s+(http://\S+)", said)[1]
            token = re.search(r"role Editor:\S*\s+(ey\S+)", said)[1]
            with httpx2.Client(headers={"authorization": f"Bearer {token}"}, timeout=60, trust_env=False) as client:
                answer = client.post(f"{address}/graphql", json={"query": WRITE}).json()
                assert answer["data"]["createTypeGroup"]["__typename"] == "CreateTypeGroupPayload", answer
            assert until(lambda: NAME in httpx2.get(f"{opensearch}/_search?q={NAME}", timeout=60, trust_env=False).text, process)
            asyncio.run(everybody_asks(address.replace("localhost", "127.0.0.1")))  # a browser of ours knows no names
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
    assert process.returncode == 0
    assert not real_stack.process(SERVERS["postgres"]).alive
    assert real_stack.process(SERVERS["kafka"]).alive


async def everybody_asks(address):
    """GraphiQL is signed in as somebody of each role, by Keycloak, for whoever opens it."""
    async with new_page() as page:
        await page.open(f"{address}/graphql")
        for role, name in {"Viewer": "Vera Viewer", "Editor": "Edda Editor", "Ontology Admin": "Adam Admin"}.items():
            await page.until(f"document.querySelector('#role') && document.querySelector('{RUN}') && {QUERY}")
            await page.evaluate(choosing(role))
            await page.evaluate(f"{EDITOR}.setValue('query As{name[:4]} {{ me {{ name roles }} }}')")
            await page.until("document.querySelector('.bar-note').textContent.startsWith('Valid until')")
            await page.click(RUN)
            told = f"{RESPONSE}.includes('{name}') && JSON.parse({RESPONSE}).data.me"
            assert (await page.until(told))["name"] == name
        await shot(page, "full")
        assert page.complaints == []


def until(true, process):
    """What it answers once that is true."""
    end = time.monotonic() + SECONDS
    while not (found := true()):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)
    return found
