"""`oms dev --full`: one command, and what is written is signed for by Keycloak, published by Kafka and found in OpenSearch."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from app.stack.stack import SERVERS

SECONDS = 240
WRITE = 'mutation { createTypeGroup(input: {ontology: "main", typeGroup: {apiName: "lighthouses", displayName: "Lighthouses"}}) { __typename } }'


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
            assert until(
                lambda: "lighthouses" in httpx2.get(f"{opensearch}/_search?q=lighthouses", timeout=60, trust_env=False).text, process
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(SECONDS)
    assert process.returncode == 0
    assert not real_stack.process(SERVERS["postgres"]).alive
    assert real_stack.process(SERVERS["kafka"]).alive


def until(true, process):
    """What it answers once that is true."""
    end = time.monotonic() + SECONDS
    while not (found := true()):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.2)
    return found
