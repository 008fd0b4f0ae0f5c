"""Files that people send to the running server: a job at once, progress for whoever follows it, and an outcome that is true."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from websockets.asyncio.client import connect

from tests.conftest import TEMPLATE, database_named
from tests.hostile.service import Service, serving
from tests.transfer.real_world import PIZZA

IMPORT = """mutation ($input: ImportOntologyInput!) { importOntology(input: $input) { clientMutationId job { rid state author } } }"""
JOB = """query ($rid: ID!) { job(rid: $rid) { rid kind title ontologyName state phase done total detail startedAt finishedAt
    failure { code message violations { rule message } }
    import { outcome revision changeSetRid statements carried listed changes { kind action count } changeSet { origin labels status review }
        receipt(first: 2) { totalCount pageInfo { hasNextPage endCursor } nodes { code subject sentence statements } } } } }"""
RECEIPT = """query ($rid: ID!, $after: String) { job(rid: $rid) { import { receipt(first: 100, after: $after) { nodes { code } } } } }"""
FOLLOW = "subscription ($rid: ID!) { jobChanged(rid: $rid) { state phase done total import { outcome } failure { code } } }"


@pytest.fixture(scope="module")
def service(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    server, name = os.environ["OMS_TEST_SERVER"], f"oms_imports_{worker_id}_{os.getpid()}"

    async def made() -> None:
        connection = await asyncpg.connect(server)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        await connection.close()

    asyncio.run(made())
    with serving(database_named(server, name), tmp_path_factory.mktemp("imports")) as running:
        yield running


def submitted(service: Service, content: str, *, role: str = "ADMIN", **more: Any) -> str:
    answer = service.graphql(IMPORT, {"input": {"content": content, "format": "TURTLE", **more}}, role=role).json
    job = answer["data"]["importOntology"]["job"]
    assert job["state"] == "QUEUED"
    return job["rid"]


def ended(service: Service, rid: str) -> dict[str, Any]:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        job = service.graphql(JOB, {"rid": rid}, role="VIEWER").json["data"]["job"]
        if job["finishedAt"]:
            return job
        time.sleep(0.1)
    raise AssertionError(job)


def test_a_file_becomes_a_job_and_the_job_a_revision_with_its_receipt(service):
    rid = submitted(service, PIZZA, ontology="pizza", title="Pizzas", clientMutationId="x")
    job = ended(service, rid)

    assert (job["state"], job["phase"], job["title"], job["ontologyName"], job["failure"]) == (
        "SUCCEEDED",
        "MERGE",
        "Pizzas",
        "pizza",
        None,
    )
    told = job["import"]
    assert (told["outcome"], told["revision"], told["carried"] + told["listed"]) == ("MERGED", 1, told["statements"])
    assert told["changeSet"] == {"origin": "IMPORT", "labels": ["rdf"], "status": "MERGED", "review": "DRAFT"}
    assert {(each["kind"], each["action"]) for each in told["changes"]} >= {("OBJECT_TYPE", "CREATED"), ("INTERFACE", "CREATED")}
    first = told["receipt"]
    assert (len(first["nodes"]), first["pageInfo"]["hasNextPage"]) == (2, True)
    rest = service.graphql(RECEIPT, {"rid": rid, "after": first["pageInfo"]["endCursor"]}).json["data"]["job"]["import"]["receipt"]["nodes"]
    assert len(rest) + 2 == first["totalCount"]
    count = service.graphql('{ ontology(apiName: "pizza") { objectTypes { totalCount } } }').json["data"]["ontology"]
    assert count == {"objectTypes": {"totalCount": 10}}

    again = ended(service, submitted(service, PIZZA, ontology="pizza"))
    assert again["import"]["outcome"] == "UNCHANGED"


def test_a_draft_waits_for_review_and_a_dry_run_stores_nothing_but_its_job(service):
    before = service.counts()
    planned = ended(service, submitted(service, PIZZA, dryRun=True))
    assert (planned["import"]["outcome"], planned["import"]["changeSetRid"]) == ("PLANNED", None)
    assert service.counts() == before
    draft = ended(service, submitted(service, PIZZA, draft=True, role="EDITOR"))
    assert (draft["import"]["outcome"], draft["import"]["changeSet"]["review"]) == ("IN_REVIEW", "IN_REVIEW")
    assert service.counts()["entity"] == before["entity"]


@pytest.mark.parametrize(
    ("content", "form", "code", "said"),
    [
        ("<a:a> <a:b>\n <a:c", "TURTLE", "BAD_USER_INPUT", "Line 2"),
        ('{"@context": "https://schema.org/"}', "JSON_LD", "BAD_USER_INPUT", "nothing is fetched"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "RDF_XML", "BAD_USER_INPUT", "Line 1"),
        ("format: oms-ontology/1\ntypeGroups:\n  red:\n    displayName: Red\n    colour: red\n", "YAML", "VALIDATION_FAILED", ""),
        ("", "TURTLE", "BAD_USER_INPUT", "holds no statements"),
    ],
)
def test_a_file_that_cannot_be_imported_fails_its_job_and_stores_nothing(service, content: str, form: str, code: str, said: str):
    before = service.counts()
    job = ended(service, submitted(service, content, format=form))
    assert (job["state"], job["failure"]["code"], job["import"]) == ("FAILED", code, None)
    assert said in job["failure"]["message"]
    assert bool(job["failure"]["violations"]) == (code == "VALIDATION_FAILED")
    assert service.counts() == before


def test_a_file_is_streamed_to_the_rest_face_and_its_job_is_where_the_answer_says(service):
    answer = service.ask(
        "POST",
        "/api/import?ontology=uploaded&title=Up",
        PIZZA.encode(),
        role="ADMIN",
        headers={"content-type": "text/turtle; charset=utf-8"},
    )
    assert (answer.status, answer.json["state"], answer.json["kind"]) == (202, "QUEUED", "IMPORT")
    assert answer.headers["location"] == f"/api/job/{answer.json['rid']}"
    job = ended(service, answer.json["rid"])
    assert job["import"]["outcome"] == "MERGED"
    told = service.ask("GET", answer.headers["location"], role="VIEWER").json
    assert (told["state"], told["result"]["revision"], told["failure"]) == ("SUCCEEDED", 1, None)


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/api/import", {"content-type": "application/pdf"}, 400, "BAD_USER_INPUT"),
        ("/api/import?format=word", {}, 400, "BAD_USER_INPUT"),
        ("/api/import?format=turtle&language=", {}, 400, "BAD_USER_INPUT"),
        ("/api/import?format=turtle&ontology=none", {}, 404, "NOT_FOUND"),
        ("/api/import?format=turtle&odd=1", {}, 400, "BAD_USER_INPUT"),
        ("/api/import?format=turtle&draft=perhaps", {}, 400, "BAD_USER_INPUT"),
        ("/api/job/none", {}, 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_what_is_wrong_with_a_request_is_said_at_once(service, path: str, headers: dict[str, str], status: int, code: str):
    before = service.counts()
    answer = service.ask("POST", path, b"<a:a> <a:b> <a:c> .", headers=headers)
    assert (answer.status, answer.code) == (status, code)
    assert service.counts() == before


def test_an_ontology_that_is_to_be_made_needs_a_name_that_can_be_one(service):
    before = service.counts()
    answer = service.ask("POST", "/api/import?format=turtle&ontology=no%20name", b"<a:a> <a:b> <a:c> .", role="ADMIN")
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert answer.json["violations"][0]["path"] == "apiName"
    told = service.graphql(IMPORT, {"input": {"content": "<a:a> <a:b> <a:c> .", "format": "TURTLE", "ontology": "no name"}}, role="ADMIN")
    assert told.code == "VALIDATION_FAILED"
    assert service.counts() == before


def test_who_may_not_write_is_refused_before_anything_is_read(service):
    assert service.ask("POST", "/api/import?format=turtle", b"x", role="VIEWER").code == "FORBIDDEN"
    assert service.ask("POST", "/api/import?format=turtle", b"x", role=None).code == "UNAUTHENTICATED"
    answer = service.graphql(IMPORT, {"input": {"content": "x", "format": "TURTLE"}}, role="VIEWER")
    assert answer.code == "FORBIDDEN"
    assert service.graphql(JOB, {"rid": "ri.ontology.main.job.none"}).code == "NOT_FOUND"
    assert service.ask("GET", "/api/job/ri.ontology.main.job.none").code == "NOT_FOUND"


def test_a_file_that_is_announced_too_large_is_not_read(service):
    head = (
        f"POST /api/import?format=turtle HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {service.tokens['EDITOR']}\r\n"
        f"content-length: {64 * 1024 * 1024 + 1}\r\n\r\n"
    )
    answer = service.raw(head.encode())
    assert answer is not None
    assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")


def test_the_same_request_again_is_the_same_job(service):
    one = submitted(service, PIZZA, ontology="once", idempotencyKey="k1")
    answer = service.graphql(
        IMPORT, {"input": {"content": PIZZA, "format": "TURTLE", "ontology": "once", "idempotencyKey": "k1"}}, role="ADMIN"
    ).json
    assert answer["data"]["importOntology"]["job"]["rid"] == one
    other = service.graphql(
        IMPORT, {"input": {"content": "x", "format": "TURTLE", "ontology": "once", "idempotencyKey": "k1"}}, role="ADMIN"
    )
    assert other.code == "IDEMPOTENCY_KEY_REUSED"
    assert ended(service, one)["import"]["outcome"] == "MERGED"


async def _followed(service: Service, rid: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    async with connect(f"ws://127.0.0.1:{service.port}/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {service.tokens['VIEWER']}"}}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW, "variables": {"rid": rid}}}))
        async with asyncio.timeout(120):
            while not told or told[-1]["state"] in {"QUEUED", "RUNNING"}:
                message = json.loads(await socket.recv())
                if message["type"] == "next":
                    told.append(message["payload"]["data"]["jobChanged"])
    return told


def test_who_follows_a_job_sees_it_as_it_is_and_how_it_ends(service):
    told = asyncio.run(_followed(service, submitted(service, PIZZA, ontology="followed")))
    assert told[-1]["import"] == {"outcome": "MERGED"}
    phases = list(dict.fromkeys(each["phase"] for each in told if each["phase"]))
    assert phases == [each for each in ("PARSE", "MAP", "PLAN", "MERGE") if each in phases]
    late = asyncio.run(_followed(service, submitted(service, "x", ontology="followed")))
    assert (late[-1]["state"], late[-1]["failure"]) == ("FAILED", {"code": "BAD_USER_INPUT"})


def test_who_follows_a_large_import_sees_how_far_each_phase_is(service):
    terms = "".join(f'<https://large.example/o#T{n}> a owl:Class ; rdfs:label "term {n}" .\n' for n in range(4_000))
    content = f"@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n{terms}"

    told = asyncio.run(_followed(service, submitted(service, content, ontology="large")))

    assert told[-1]["import"] == {"outcome": "MERGED"}
    seen = [(each["phase"], each["done"], each["total"]) for each in told if each["phase"]]
    assert list(dict.fromkeys(phase for phase, _, _ in seen))[-1] == "MERGE"
    for phase in dict.fromkeys(phase for phase, _, _ in seen):
        counts = [done for name, done, _ in seen if name == phase]
        assert counts == sorted(counts)
    assert all(done <= total for _, done, total in seen if total)
    within = {phase for phase, done, total in seen if 0 < done < total}
    assert len(within) >= 2, seen
