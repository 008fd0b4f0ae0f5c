"""The application as a whole: what it opens it closes, and every path answers in its own words."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx2
import pytest

from app.adapters.development_issuer import DevelopmentIssuer
from app.domain.actor import Role
from app.main import create_app
from app.persistence.migrate import newest
from app.settings import Settings


@asynccontextmanager
async def opened(settings):
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://oms") as client,
    ):
        yield client


@pytest.fixture
def settings(database, database_url, tmp_path):
    return Settings(database_url=database_url, oms_data_dir=tmp_path, cors_origins=("https://editor.example",))


def bearer(settings, role=Role.EDITOR):
    return {"authorization": "Bearer " + DevelopmentIssuer(settings.oms_data_dir, settings.oms_env).issue(role, "Edda")}


async def test_a_development_token_opens_graphql(settings):
    async with opened(settings) as client:
        answer = await client.post("/graphql", json={"query": "{ me { name roles } ontology { revision } }"}, headers=bearer(settings))
    assert answer.status_code == 200
    assert answer.json()["data"] == {"me": {"name": "Edda", "roles": ["EDITOR"]}, "ontology": {"revision": 0}}
    assert answer.headers["oms-revision"] == "main=1.0"


async def test_the_same_request_id_is_in_the_header_and_in_the_error(settings):
    async with opened(settings) as client:
        answer = await client.post("/graphql", json={"query": "{"}, headers=bearer(settings) | {"x-request-id": "mine"})
    assert answer.headers.get_list("x-request-id") == ["mine"]
    assert answer.json()["errors"][0]["extensions"]["requestId"] == "mine"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("POST", "/healthz", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/static/../../etc/passwd", 404, "NOT_FOUND"),
        ("POST", "/graphql", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("GET", "/graphql", 403, "CSRF_PREFLIGHT_REQUIRED"),
        ("DELETE", "/graphql", 405, "METHOD_NOT_ALLOWED"),
    ],
)
async def test_a_path_or_method_that_is_not_served_has_a_code(settings, method, path, status, code):
    async with opened(settings) as client:
        answer = await client.request(method, path)
    assert answer.status_code == status
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]


async def test_nothing_but_health_and_pages_is_served_without_a_token(settings):
    async with opened(settings) as client:
        open_paths = [await client.get(path) for path in ("/healthz", "/readyz", "/metrics", "/docs")]
        page = await client.get("/graphql", headers={"accept": "text/html"})
        api = await client.get("/api/object-type")
        graphql = await client.post("/graphql", json={"query": "{ me { id } }"})
    assert [answer.status_code for answer in [*open_paths, page]] == [200] * 5
    assert [answer.status_code for answer in (api, graphql)] == [401, 401]


async def test_every_answer_tells_browsers_what_not_to_do(settings):
    async with opened(settings) as client:
        answers = [await client.get(path) for path in ("/healthz", "/nowhere", "/docs", "/api/object-type")]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "unsafe-eval" not in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


async def test_only_a_listed_origin_may_read_answers(settings):
    async with opened(settings) as client:
        listed = await client.get("/healthz", headers={"origin": "https://editor.example"})
        foreign = await client.get("/healthz", headers={"origin": "https://evil.example"})
    assert listed.headers["access-control-allow-origin"] == "https://editor.example"
    assert "access-control-allow-origin" not in foreign.headers


async def test_a_body_above_the_limit_is_refused(settings):
    async with opened(settings) as client:
        answer = await client.post("/api/object-type", content=b"x" * (settings.limits.body_bytes + 1), headers=bearer(settings))
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_process_is_not_ready_before_the_database_is_migrated(settings, database):
    async with opened(settings) as client:
        assert (await client.get("/readyz")).status_code == 200
        found = await database.pool.fetchval("UPDATE alembic_version SET version_num = 'older' RETURNING 'at'")
        try:
            answer = await client.get("/readyz")
        finally:
            await database.pool.execute("UPDATE alembic_version SET version_num = $1", newest())
    assert found == "at"
    assert answer.status_code == 503
    assert json.loads(answer.content) == {"status": "failed", "checks": {"database": "failed"}}


async def test_nothing_runs_on_when_it_is_closed(settings):
    before = asyncio.all_tasks()
    async with opened(settings) as client:
        await client.get("/readyz")
        assert asyncio.all_tasks() > before
    assert asyncio.all_tasks() == before


async def test_a_page_holds_tokens_in_development_and_none_beside_an_issuer(settings):
    async with opened(settings) as client:
        ours = (await client.get("http://localhost/graphql", headers={"accept": "text/html"})).text
    async with opened(settings.model_copy(update={"keycloak_issuer": "https://id.example.org"})) as client:
        theirs = (await client.get("http://localhost/graphql", headers={"accept": "text/html"})).text
    assert ours.count('"eyJ') == 3
    assert "eyJ" not in theirs
