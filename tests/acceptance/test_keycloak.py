"""Signing in for real: tokens of a real Keycloak with our realm, as people get them, open what their roles open."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

import httpx2
import jwt
import pytest
import pytest_asyncio

from app.adapters.jwks import FRESH_SECONDS, Jwks
from app.adapters.tokens import JwtVerifier, TokenRules
from app.domain.actor import Role
from app.domain.errors import Unavailable
from app.main import create_app
from app.settings import Settings
from tests.chaos.proxy import Link

ME = "{ me { name roles } }"
GROUP = 'mutation { createTypeGroup(input: {ontology: "main", typeGroup: {apiName: "fleet", displayName: "Fleet"}}) { __typename } }'
ONTOLOGY = 'mutation { createOntology(input: {apiName: "second", displayName: "Second"}) { __typename } }'


@pytest_asyncio.fixture
async def client():
    async with httpx2.AsyncClient(timeout=120, trust_env=False) as opened:
        yield opened


@pytest_asyncio.fixture
async def service(keycloak, database, database_url, tmp_path):
    """The whole application, which believes this Keycloak."""
    app = create_app(Settings(database_url=database_url, oms_data_dir=tmp_path, keycloak_issuer=keycloak))
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://oms") as opened,
    ):
        yield opened


async def token(client, issuer, name, *, of="oms"):
    """What Keycloak gives to somebody who knows the password."""
    form = {"grant_type": "password", "client_id": of, "username": name, "password": name, "scope": "openid"}
    answer = await client.post(f"{issuer}/protocol/openid-connect/token", data=form)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def asked(service, access, query):
    return await service.post("/graphql", json={"query": query}, headers={"authorization": f"Bearer {access}"})


def codes(answer):
    return [error["extensions"]["code"] for error in answer.json().get("errors", [])]


@pytest.mark.parametrize(
    ("name", "me", "may"),
    [
        ("vera", {"name": "Vera Viewer", "roles": ["VIEWER"]}, ()),
        ("edda", {"name": "Edda Editor", "roles": ["EDITOR"]}, ("edit",)),
        ("adam", {"name": "Adam Admin", "roles": ["ADMIN"]}, ("edit", "administer")),
    ],
)
async def test_each_role_opens_what_it_should_and_no_more(service, client, keycloak, database, name, me, may):
    access = (await token(client, keycloak, name))["access_token"]
    assert (await asked(service, access, ME)).json()["data"]["me"] == me
    assert codes(await asked(service, access, GROUP)) == ([] if "edit" in may else ["FORBIDDEN"])
    assert codes(await asked(service, access, ONTOLOGY)) == ([] if "administer" in may else ["FORBIDDEN"])
    assert await database.pool.fetchval("SELECT count(*) FROM entity") == int("edit" in may)
    assert await database.pool.fetchval("SELECT count(*) FROM ontology") == 1 + int("administer" in may)


async def test_who_has_no_role_reads_nothing(service, client, keycloak):
    access = (await token(client, keycloak, "nora"))["access_token"]
    answer = await asked(service, access, "{ ontology { revision } }")
    assert codes(answer) == ["FORBIDDEN"]


async def test_tokens_for_others_and_tokens_that_are_not_for_access_are_refused(service, client, keycloak):
    other = (await token(client, keycloak, "edda", of="elsewhere"))["access_token"]
    whole = await token(client, keycloak, "edda")
    for wrong in (other, whole["id_token"], whole["refresh_token"], whole["access_token"][:-4] + "AAAA"):
        answer = await asked(service, wrong, ME)
        assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])


async def test_keys_rotate_without_a_restart(service, client, keycloak):
    before = (await token(client, keycloak, "edda"))["access_token"]
    assert (await asked(service, before, ME)).status_code == 200
    parts = urlsplit(keycloak)
    root = f"{parts.scheme}://{parts.netloc}"
    form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": "admin"}
    admin = (await client.post(f"{root}/realms/master/protocol/openid-connect/token", data=form)).json()["access_token"]
    headers = {"authorization": f"Bearer {admin}"}
    realm = (await client.get(f"{root}/admin/realms/oms", headers=headers)).json()["id"]
    component = {
        "name": "a newer key", "providerId": "rsa-generated", "providerType": "org.keycloak.keys.KeyProvider", "parentId": realm,
        "config": {"priority": [str(time.time_ns() // 1_000_000)], "enabled": ["true"], "active": ["true"], "keySize": ["2048"]},
    }  # fmt: skip
    made = await client.post(f"{root}/admin/realms/oms/components", json=component, headers=headers)
    assert made.status_code == 201, made.text
    after = (await token(client, keycloak, "edda"))["access_token"]
    assert jwt.get_unverified_header(after)["kid"] != jwt.get_unverified_header(before)["kid"]
    async with asyncio.timeout(120):  # keys are asked for at most once in ten seconds, whoever asks
        while (await asked(service, after, ME)).status_code != 200:  # noqa: ASYNC110 - Keycloak tells nobody
            await asyncio.sleep(0.5)
    assert (await asked(service, before, ME)).status_code == 200


async def test_an_outage_is_survived_with_the_keys_that_are_known(client, keycloak):
    later = 0.0
    way = Link("keycloak", urlsplit(keycloak).port)  # it is this way that fails: others need Keycloak meanwhile
    certificates = f"http://127.0.0.1:{await way.listen()}{urlsplit(keycloak).path}/protocol/openid-connect/certs"
    keys = Jwks(client, issuer=keycloak, url=certificates, clock=lambda: time.monotonic() + later)
    rules = TokenRules(keycloak, "oms")
    access = (await token(client, keycloak, "edda"))["access_token"]
    first = await JwtVerifier(keys, rules).verify(access)

    way.swallows = True
    later = FRESH_SECONDS + 1  # so that the keys are asked for again
    actor = await JwtVerifier(keys, rules).verify(access)
    assert (actor.id, actor.name, actor.roles) == (first.id, "Edda Editor", frozenset({Role.EDITOR}))
    with pytest.raises(Unavailable):  # nobody is let in on trust
        await JwtVerifier(Jwks(client, issuer=keycloak, url=certificates), rules).verify(access)
    assert way.passed

    way.heal()
    assert await JwtVerifier(Jwks(client, issuer=keycloak, url=certificates), rules).verify(access) == actor
    await way.close()
