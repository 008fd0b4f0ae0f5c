"""Tokens: what is accepted, and everything else that is refused."""

from __future__ import annotations

import asyncio
import json
import stat
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.development_issuer import KEY_FILE, DevelopmentIssuer
from app.adapters.jwks import COOL_DOWN_SECONDS, FRESH_SECONDS, STALE_SECONDS, Jwks, PemKey, UnusableKey
from app.adapters.tokens import JwtVerifier, TokenRules, verifier
from app.domain.actor import Role
from app.domain.errors import TokenExpired, Unauthenticated, Unavailable
from app.settings import OmsEnv, Settings
from tests.ports.issuer import EC_KEY, ISSUER, OTHER_RSA_KEY, RSA_KEY, WEAK_KEY, Issuer, claims, jwk, pem, raw_token, token

RULES = TokenRules(ISSUER, "oms")


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def verify(issuer: Issuer, clock: Clock) -> AsyncIterator[JwtVerifier]:
    async with issuer.client() as client:
        yield JwtVerifier(Jwks(client, issuer=ISSUER, url=f"{ISSUER}/certs", clock=clock), RULES, clock)


async def test_a_good_token_becomes_its_actor(verify: JwtVerifier) -> None:
    actor = await verify.verify(token(name="Ada Lovelace"))

    assert (actor.id, actor.name, actor.roles) == ("f1e2", "Ada Lovelace", frozenset({Role.EDITOR}))
    assert actor.expires_at == pytest.approx(time.time() + 300, abs=5)


@pytest.mark.parametrize(
    "good",
    [
        lambda: token(EC_KEY, "ES256", kid="k2"),
        lambda: token(aud="oms"),
        lambda: token(typ=None),
        lambda: token(header={"typ": "at+jwt"}, typ=None),
        lambda: token(header={"typ": "application/at+jwt"}),
        lambda: token(iat=now() + 20),
        lambda: token(nbf=now() + 20),
        lambda: token(exp=now() - 20),
    ],
)
async def test_what_the_rules_allow_is_accepted(verify: JwtVerifier, good: Callable[[], str]) -> None:
    assert (await verify.verify(good())).id == "f1e2"


def now() -> int:
    return int(time.time())


HOSTILE = {
    "no algorithm": lambda: raw_token({"alg": "none", "kid": "k1"}, claims()),
    "no algorithm in capitals": lambda: raw_token({"alg": "NONE", "kid": "k1"}, claims()),
    "algorithm of the wrong type": lambda: raw_token({"alg": ["RS256"], "kid": "k1"}, claims(), b"x"),
    "algorithm missing": lambda: raw_token({"kid": "k1"}, claims(), b"x"),
    "another algorithm of the family": lambda: token(algorithm="RS512"),
    "probabilistic padding": lambda: token(algorithm="PS256"),
    "another key's signature": lambda: token(OTHER_RSA_KEY),
    "an elliptic key under the name of an RSA one": lambda: token(EC_KEY, "ES256", kid="k1"),
    "an RSA key under the name of an elliptic one": lambda: token(RSA_KEY, "RS256", kid="k2"),
    "unknown key": lambda: token(kid="k9"),
    "key in another case": lambda: token(kid="K1"),
    "no key": lambda: token(kid=None),
    "key as a number": lambda: raw_token({"alg": "RS256", "kid": 1}, claims(), b"x"),
    "key as a path": lambda: token(kid="../../dev/null"),
    "embedded key": lambda: token(OTHER_RSA_KEY, header={"jwk": jwk("k1", OTHER_RSA_KEY)}),
    "address of keys": lambda: token(header={"jku": "https://evil.example/keys"}),
    "address of a certificate": lambda: token(header={"x5u": "https://evil.example/cert"}),
    "embedded certificate": lambda: token(header={"x5c": ["MII"]}),
    "critical extension": lambda: token(header={"crit": ["exp"], "exp": 1}),
    "detached payload": lambda: raw_token({"alg": "RS256", "kid": "k1", "b64": False}, claims(), b"x"),
    "compressed": lambda: token(header={"zip": "DEF"}),
    "issued in the future": lambda: token(iat=now() + 3600),
    "not yet valid": lambda: token(nbf=now() + 3600),
    "another audience": lambda: token(aud="other"),
    "stock audience": lambda: token(aud="account"),
    "audience as an object": lambda: token(aud={"oms": True}),
    "another issuer": lambda: token(iss="https://evil.example"),
    "issuer with a slash more": lambda: token(iss=ISSUER + "/"),
    "no expiry": lambda: token(exp=None),
    "no issue time": lambda: token(iat=None),
    "no issuer": lambda: token(iss=None),
    "no audience": lambda: token(aud=None),
    "no subject": lambda: token(sub=None),
    "empty subject": lambda: token(sub=""),
    "subject with NUL": lambda: token(sub="a\0b"),
    "subject without end": lambda: token(sub="a" * 256),
    "expiry as text": lambda: token(exp=str(now() + 300)),
    "expiry beyond numbers": lambda: jwt.encode(claims() | {"exp": float("inf")}, RSA_KEY, "RS256", {"kid": "k1"}),
    "ID token": lambda: token(typ="ID"),
    "refresh token": lambda: token(typ="Refresh"),
    "offline token": lambda: token(typ="Offline"),
    "type as a list": lambda: token(typ=["Bearer"]),
    "ID token by its hash": lambda: token(typ=None, at_hash="x"),
    "ID token by its use": lambda: token(typ=None, token_use="id"),
    "logout token": lambda: token(header={"typ": "logout+jwt"}),
    "proof of possession": lambda: token(header={"typ": "dpop+jwt"}),
    "empty": lambda: "",
    "dots": lambda: "..",
    "one part": lambda: "abc",
    "five parts": lambda: "a.b.c.d.e",
    "no JSON": lambda: "YWJj.YWJj.YWJj",
    "header as a list": lambda: raw_token([], claims()),  # type: ignore[arg-type]
    "nested header": lambda: "W1" + "tb" * 3000 + ".e30.e30",
    "not ASCII": lambda: "é.é.é",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_refused(verify: JwtVerifier, name: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await verify.verify(HOSTILE[name]())

    assert not isinstance(refused.value, TokenExpired)


async def test_the_public_key_is_no_shared_secret(verify: JwtVerifier) -> None:
    import hashlib
    import hmac

    signing = raw_token({"alg": "HS256", "kid": "k1"}, claims()).removesuffix(".")
    signature = hmac.new(pem(RSA_KEY).encode(), signing.encode(), hashlib.sha256).digest()
    forged = signing + "." + raw_token({}, {}, signature).rsplit(".", 1)[1]

    with pytest.raises(Unauthenticated):
        await verify.verify(forged)
    with pytest.raises(Unauthenticated):
        await JwtVerifier(PemKey(pem(RSA_KEY)), RULES).verify(forged)


async def test_a_token_that_has_ended_says_so(verify: JwtVerifier) -> None:
    with pytest.raises(TokenExpired):
        await verify.verify(token(exp=now() - 3600))


async def test_a_token_that_ends_while_it_is_remembered_is_refused(verify: JwtVerifier, clock: Clock) -> None:
    ending = token(exp=now() + 10)
    await verify.verify(ending)
    clock.now += 45

    with pytest.raises(TokenExpired):
        await verify.verify(ending)


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        ({"roles": ["Viewer", "Ontology Admin"]}, {Role.VIEWER, Role.ADMIN}),
        ({"roles": "Editor"}, set()),
        ({"roles": ["editor", "EDITOR", " Editor", "Admin"]}, set()),
        ({"roles": ["Editor", 1]}, set()),
        ({"roles": {"Editor": True}}, set()),
        ({"roles": None}, set()),
        ("Editor", set()),
        (["Editor"], set()),
    ],
)
async def test_roles_are_a_list_of_exact_names_or_none(verify: JwtVerifier, claim: object, roles: set[Role]) -> None:
    assert (await verify.verify(token(realm_access=claim))).roles == roles


async def test_roles_come_from_the_configured_claim_only(issuer: Issuer) -> None:
    async with issuer.client() as client:
        keys = Jwks(client, issuer=ISSUER)
        elsewhere = JwtVerifier(keys, TokenRules(ISSUER, "oms", "resource_access.oms.roles"))

        assert (await elsewhere.verify(token())).roles == frozenset()
        assert (await elsewhere.verify(token(resource_access={"oms": {"roles": ["Viewer"]}}))).roles == {Role.VIEWER}


async def test_keys_are_read_once_for_many_tokens_at_once(verify: JwtVerifier, issuer: Issuer) -> None:
    await asyncio.gather(*(verify.verify(token(sub=f"s{n}")) for n in range(20)))

    assert issuer.asked == ["/realms/oms/certs"]


async def test_a_rotated_key_is_found_without_a_restart(verify: JwtVerifier, issuer: Issuer, clock: Clock) -> None:
    await verify.verify(token())
    issuer.keys.append(jwk("k3", OTHER_RSA_KEY))
    clock.now += COOL_DOWN_SECONDS + 1

    assert (await verify.verify(token(OTHER_RSA_KEY, kid="k3"))).id == "f1e2"


async def test_unknown_keys_do_not_make_us_ask_again_and_again(verify: JwtVerifier, issuer: Issuer) -> None:
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await verify.verify(token(kid=f"made-up-{number}"))

    assert len(issuer.asked) == 1


async def test_a_withdrawn_key_is_refused_once_the_keys_are_read_again(verify: JwtVerifier, issuer: Issuer, clock: Clock) -> None:
    good = token()
    await verify.verify(good)
    issuer.keys = [jwk("k2", EC_KEY)]
    clock.now += FRESH_SECONDS - 240  # the token's own life goes on
    await verify.verify(token(sub="other"))
    fresh = token(exp=now() + 3600)
    clock.now += 241

    with pytest.raises(Unauthenticated):
        await verify.verify(fresh)


async def test_an_outage_is_survived_with_the_keys_that_are_known(verify: JwtVerifier, issuer: Issuer, clock: Clock) -> None:
    lasting = token(exp=now() + 200_000)
    await verify.verify(lasting)
    issuer.down = True
    clock.now += FRESH_SECONDS + 60

    assert (await verify.verify(lasting)).id == "f1e2"
    with pytest.raises(Unavailable):
        await verify.verify(token(OTHER_RSA_KEY, kid="k3", exp=now() + 200_000))
    clock.now += STALE_SECONDS
    with pytest.raises(Unavailable):
        await verify.verify(lasting)


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(500),
        httpx2.Response(302, headers={"location": "https://evil.example"}),
        httpx2.Response(200, content=b"<html>"),
        httpx2.Response(200, content=b"[" * 100_000),
        httpx2.Response(200, content=b" " * 300_000),
        httpx2.Response(200, json=[]),
        httpx2.Response(200, json={"keys": {}}),
        httpx2.Response(200, json={"keys": []}),
        httpx2.Response(200, json={"keys": [{"kid": "k1", "kty": "oct", "k": "c2VjcmV0"}]}),
        httpx2.Response(200, json={"keys": [jwk("k1", RSA_KEY, use="enc")]}),
        httpx2.Response(200, json={"keys": [jwk("k1", WEAK_KEY)]}),
        httpx2.Response(200, json={"keys": [jwk("k1", RSA_KEY, alg="RS512")]}),
        httpx2.Response(200, json={"keys": [{"kid": "k1", "kty": "RSA", "n": 5, "e": []}, 7, None]}),
    ],
)
async def test_without_keys_nobody_is_let_in_and_nobody_is_called_a_liar(
    verify: JwtVerifier, issuer: Issuer, answer: httpx2.Response
) -> None:
    issuer.answer = answer

    with pytest.raises(Unavailable):
        await verify.verify(token())


async def test_after_an_outage_the_issuer_is_asked_again_when_it_has_cooled_down(verify: JwtVerifier, issuer: Issuer, clock: Clock) -> None:
    issuer.down = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await verify.verify(token())
    assert len(issuer.asked) == 1
    issuer.down = False
    clock.now += COOL_DOWN_SECONDS + 1

    assert (await verify.verify(token())).id == "f1e2"


async def test_a_caller_that_goes_away_leaves_the_others_their_answer(issuer: Issuer) -> None:
    async with issuer.client() as client:
        keys = Jwks(client, issuer=ISSUER)
        first, second = (asyncio.create_task(keys.key("k1", "RS256")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()

        assert await second is not None


async def test_keys_are_found_by_the_issuers_own_configuration(issuer: Issuer) -> None:
    async with issuer.client() as client:
        assert await Jwks(client, issuer=ISSUER).key("k1", "RS256") is not None

    assert issuer.asked == ["/realms/oms/.well-known/openid-configuration", "/realms/oms/keys"]


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://evil.example", "jwks_uri": f"{ISSUER}/keys"},
        {"issuer": ISSUER, "jwks_uri": "http://sign.in.example/keys"},
        {"issuer": ISSUER, "jwks_uri": 7},
        {"issuer": ISSUER},
    ],
)
async def test_a_configuration_that_points_elsewhere_is_not_followed(issuer: Issuer, configuration: dict[str, object]) -> None:
    issuer.configuration = configuration
    async with issuer.client() as client:
        with pytest.raises(Unavailable):
            await Jwks(client, issuer=ISSUER).key("k1", "RS256")


async def test_one_key_of_the_settings_verifies_whatever_it_is_called() -> None:
    alone = JwtVerifier(PemKey(pem(RSA_KEY)), RULES)

    assert (await alone.verify(token(kid=None))).id == "f1e2"
    assert (await alone.verify(token(kid="any"))).id == "f1e2"
    with pytest.raises(Unauthenticated):
        await alone.verify(token(EC_KEY, "ES256"))


def test_a_key_that_is_too_weak_is_not_taken() -> None:
    with pytest.raises(UnusableKey):
        PemKey(pem(WEAK_KEY))


async def test_the_settings_say_which_verifier_it_is(issuer: Issuer) -> None:
    async with issuer.client() as client:
        by_key = verifier(Settings(keycloak_issuer=ISSUER, jwt_public_key=pem(RSA_KEY)), client)
        by_keys = verifier(Settings(keycloak_issuer=ISSUER), client)
        assert (await by_key.verify(token())).id == "f1e2"
        assert issuer.asked == []
        assert (await by_keys.verify(token())).id == "f1e2"
        assert issuer.asked == ["/realms/oms/protocol/openid-connect/certs"]
        with pytest.raises(ValueError, match="no issuer"):
            verifier(Settings(), client)


@given(st.text(max_size=300))
def test_no_text_at_all_raises_anything_else(text: str) -> None:
    with pytest.raises(Unauthenticated):
        asyncio.run(JwtVerifier(PemKey(pem(RSA_KEY)), RULES).verify(text))


@given(
    st.dictionaries(
        st.sampled_from([*claims(), "nbf", "jti", "name"]), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)
    )
)
def test_no_signed_claims_at_all_raise_anything_else(changed: dict[str, object]) -> None:
    signed = jwt.api_jws.encode(json.dumps(claims() | changed).encode(), EC_KEY, "ES256")
    try:
        actor = asyncio.run(JwtVerifier(PemKey(pem(EC_KEY)), RULES).verify(signed))
    except Unauthenticated:
        return

    assert actor.id == (claims() | changed)["sub"]


async def test_development_tokens_verify_across_restarts(tmp_path: Path) -> None:
    issued = DevelopmentIssuer(tmp_path / "state", OmsEnv.DEVELOPMENT).issue(Role.ADMIN, "Ada")
    again = DevelopmentIssuer(tmp_path / "state", OmsEnv.DEVELOPMENT)

    actor = await again.verifier().verify(issued)

    assert (actor.name, actor.roles) == ("Ada", {Role.ADMIN})
    assert stat.S_IMODE((tmp_path / "state" / KEY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in (tmp_path / "state").iterdir()] == [KEY_FILE]


async def test_a_development_token_ends(tmp_path: Path) -> None:
    issuer = DevelopmentIssuer(tmp_path, OmsEnv.DEVELOPMENT)

    with pytest.raises(TokenExpired):
        await issuer.verifier().verify(issuer.issue(Role.VIEWER, "Vic", -60))


async def test_a_development_token_of_another_place_is_refused(tmp_path: Path) -> None:
    issued = DevelopmentIssuer(tmp_path / "a", OmsEnv.DEVELOPMENT).issue(Role.ADMIN, "Ada")

    with pytest.raises(Unauthenticated):
        await DevelopmentIssuer(tmp_path / "b", OmsEnv.DEVELOPMENT).verifier().verify(issued)


@pytest.mark.parametrize("environment", [OmsEnv.STAGING, OmsEnv.PRODUCTION])
def test_the_development_issuer_cannot_exist_elsewhere(tmp_path: Path, environment: OmsEnv) -> None:
    with pytest.raises(RuntimeError):
        DevelopmentIssuer(tmp_path, environment)

    assert list(tmp_path.iterdir()) == []
