"""One server for all hostile cases of a worker, and the proof after each that nothing was stored and nothing broke."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from tests.conftest import TEMPLATE, database_named
from tests.hostile.service import Service, serving

CREATE = """mutation ($input: CreateObjectTypeInput!) { createObjectType(input: $input) {
    __typename ... on CreateObjectTypePayload { refs objectType { rid version } } ... on Error { code message } } }"""


@pytest.fixture(scope="session")
def service(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The application with a database of its own, since that of the worker is emptied by other tests."""
    server = os.environ["OMS_TEST_SERVER"]
    name = f"oms_hostile_{worker_id}_{os.getpid()}"

    async def made() -> None:
        connection = await asyncpg.connect(server)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        await connection.close()

    asyncio.run(made())
    with serving(database_named(server, name), tmp_path_factory.mktemp("hostile")) as running:
        _fill(running)
        yield running


def _fill(service: Service) -> None:
    """Two ontologies, an object type in each, and a change set that is merged and one that is open."""
    done = service.graphql('mutation { createOntology(input: {apiName: "other", displayName: "Other"}) { __typename } }', role="ADMIN").json
    assert done["data"]["createOntology"]["__typename"] == "OntologyPayload", done
    person = _created(service, "main", "Person")
    place = _created(service, "main", "Place")
    foreign = _created(service, "other", "Person")
    opened = service.ask("POST", "/api/changeset", {"title": "Open"}).json
    merged = service.ask("GET", "/api/changeset?status=MERGED").json["items"][0]
    service.known |= {
        "person": person["objectType"]["rid"],
        "name": next(rid for ref, rid in person["refs"].items() if ref.endswith("name")),
        "id": next(rid for ref, rid in person["refs"].items() if ref.endswith("id")),
        "place": place["objectType"]["rid"],
        "foreign": foreign["objectType"]["rid"],
        "open": opened["rid"],
        "merged": merged["rid"],
    }


def _created(service: Service, ontology: str, name: str) -> Any:
    properties = [
        {"apiName": "id", "displayName": "Id", "type": {"base": "STRING"}},
        {"apiName": "name", "displayName": "Name", "type": {"base": "STRING"}},
        {"apiName": "age", "displayName": "Age", "type": {"base": "INTEGER"}},
    ]
    thing = {"apiName": name, "displayName": name, "primaryKey": "id", "properties": properties}
    done = service.graphql(CREATE, {"input": {"ontology": ontology, "object": thing}}).json
    assert "objectType" in done["data"]["createObjectType"], done
    return done["data"]["createObjectType"]


@pytest.fixture(autouse=True)
def unharmed(service: Service, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing was stored, nothing was logged as a fault, and the server still answers."""
    before = service.counts()
    yield
    assert service.counts() == before
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert service.ready()
