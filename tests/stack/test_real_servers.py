"""The servers that tests are given are the real ones, and do what the service needs of them."""

import os
import subprocess
import sys
from uuid import uuid4

import httpx2
import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from neo4j import GraphDatabase


def test_kafka_makes_topics_and_makes_none_by_itself(kafka):
    admin = AdminClient({"bootstrap.servers": kafka})
    name = f"made.by.a.test.{uuid4()}"
    admin.create_topics([NewTopic(name, num_partitions=3, replication_factor=1)])[name].result(60)
    topics = admin.list_topics(timeout=60).topics
    assert len(topics[name].partitions) == 3
    assert admin.list_topics("made.by.nobody", timeout=60).topics["made.by.nobody"].error is not None


def test_opensearch_analyses_korean(opensearch):
    asked = {"tokenizer": "nori_tokenizer", "text": "철도차량"}
    answer = httpx2.post(f"{opensearch}/_analyze", json=asked, timeout=60)
    assert [each["token"] for each in answer.json()["tokens"]] == ["철도", "차량"]


def test_neo4j_answers_cypher(neo4j):
    with GraphDatabase.driver(neo4j) as driver:
        records, _, _ = driver.execute_query("MERGE (a:Thing {rid: 'a'})-[l:LINKS]->(b:Thing {rid: 'b'}) RETURN count(l) AS links")
    assert records[0]["links"] == 1


def test_keycloak_tells_of_our_realm(keycloak):
    said = httpx2.get(f"{keycloak}/.well-known/openid-configuration", timeout=60).json()
    assert said["issuer"] == keycloak


@pytest.mark.parametrize(("surroundings", "outcome"), [({}, "1 skipped"), ({"CI": "true"}, "1 error")])
def test_a_server_that_cannot_be_had_is_skipped_loudly_and_fails_in_ci(tmp_path, surroundings, outcome):
    (tmp_path / "services").mkdir()
    (tmp_path / "cache").write_text("no folder, so that nothing can be fetched into it")
    told = {name: value for name, value in os.environ.items() if name != "CI"} | surroundings
    told |= {"OMS_TEST_SERVICES": str(tmp_path / "services"), "OMS_CACHE_DIR": str(tmp_path / "cache")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n",
        "0",
        f"{__file__}::test_kafka_makes_topics_and_makes_none_by_itself",
    ]
    ended = subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=300)
    assert outcome in ended.stdout
    assert "The real servers cannot be had" in ended.stdout
    assert ("!!! The real servers cannot be had: 1 tests proved nothing" in ended.stdout) is (outcome == "1 skipped")


def test_opensearch_makes_indices_on_a_disk_that_is_nearly_full(opensearch):
    nodes = httpx2.get(f"{opensearch}/_nodes/settings?flat_settings=true", timeout=60).json()["nodes"]
    assert [each["settings"]["cluster.routing.allocation.disk.threshold_enabled"] for each in nodes.values()] == ["false"]
