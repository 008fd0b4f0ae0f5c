"""Settings are read once, and everything that is wrong or unsafe is named at once."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.limits import Limits
from app.settings import DEVELOPMENT_SECRET, BadSettings, OmsEnv, Settings, read, sqlalchemy_url, variables

SAFE = {
    "OMS_ENV": "production",
    "DATABASE_URL": "postgres://oms:secret@db/oms?sslmode=require",
    "KEYCLOAK_ISSUER": "https://id.example.org/realms/oms",
    "OIDC_AUDIENCE": "oms-api",
    "CURSOR_SECRET": "0123456789abcdef0123456789abcdef",
}


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch, tmp_path):
    for name, _, _ in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def environment(monkeypatch):
    def given(values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return given


def problems():
    with pytest.raises(BadSettings) as refused:
        read()
    return refused.value.problems


def test_development_needs_no_setting():
    settings = read()
    assert settings.oms_env is OmsEnv.DEVELOPMENT
    assert settings.port == 4000
    assert settings.database_url is None
    assert settings.limits == Limits()


def test_a_process_is_given_what_its_environment_says(environment):
    environment({"PORT": "8080", "KAFKA_BROKER": "b1:9092, b2:9092", "CORS_ORIGINS": "https://a.example,http://localhost:3000"})
    environment({"OMS_LIMIT_DEPTH": "7", "OMS_DATA_DIR": "/srv/oms"})
    settings = read()
    assert settings.port == 8080
    assert settings.kafka_broker == ("b1:9092", "b2:9092")
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")
    assert settings.limits.depth == 7
    assert settings.oms_data_dir == Path("/srv/oms")


def test_the_environment_wins_over_the_file(environment, tmp_path):
    (tmp_path / ".env").write_text("PORT=1\nLOG_LEVEL=debug\nOMS_LIMIT_COST=5\nUNKNOWN=x\n")
    environment({"PORT": "2"})
    settings = read()
    assert (settings.port, settings.log_level, settings.limits.cost) == (2, "debug", 5)


def test_what_is_given_wins_over_the_environment(environment):
    environment({"PORT": "2"})
    assert read(port=3).port == 3


def test_an_empty_value_is_an_absent_one(environment):
    environment(dict.fromkeys(("DATABASE_URL", "REDIS_URL", "KAFKA_BROKER", "KEYCLOAK_ISSUER", "JWT_PUBLIC_KEY", "SENTRY_DSN"), ""))
    settings = read()
    assert (settings.database_url, settings.redis_url, settings.kafka_broker, settings.keycloak_issuer) == (None, None, (), None)


def test_every_bad_name_is_in_one_message(environment):
    bad = {
        "OMS_ENV": "prod",
        "PORT": "many",
        "LOG_LEVEL": "loud",
        "DATABASE_URL": "mysql://root:hunter2@db/oms",
        "REDIS_URL": "http://redis",
        "KEYCLOAK_ISSUER": "id.example.org",
        "JWT_PUBLIC_KEY": "hunter2",
        "CORS_ORIGINS": "https://a.example/path",
        "CURSOR_SECRET": "hunter2",
        "OMS_LIMIT_DEPTH": "0",
        "OMS_LIMIT_DEPHT": "5",
        "OMS_LIMIT_EXECUTION_SECONDS": "nan",
    }
    environment(bad)
    with pytest.raises(BadSettings) as refused:
        read()
    assert set(refused.value.problems) == set(bad)
    assert all(name in str(refused.value) for name in bad)
    assert "hunter2" not in str(refused.value)


def test_production_starts_with_what_is_safe(environment):
    environment(SAFE)
    assert read().oms_env is OmsEnv.PRODUCTION


@pytest.mark.parametrize("env", ["staging", "production"])
def test_production_names_everything_that_is_missing(environment, env):
    environment({"OMS_ENV": env})
    assert set(problems()) == {"DATABASE_URL", "KEYCLOAK_ISSUER", "JWKS_URL", "OIDC_AUDIENCE", "CURSOR_SECRET"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CURSOR_SECRET", DEVELOPMENT_SECRET),
        ("CURSOR_SECRET", "x" * 31),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://a.example,*"),
        ("KEYCLOAK_ISSUER", "http://id.example.org/realms/oms"),
        ("JWKS_URL", "http://id.example.org/keys"),
    ],
)
def test_production_refuses_what_is_unsafe(environment, name, value):
    environment(SAFE | {name: value})
    assert set(problems()) == {name}


def test_production_names_what_is_bad_and_what_is_unsafe_together(environment):
    environment(SAFE | {"CORS_ORIGINS": "*", "PORT": "many", "OMS_LIMIT_COST": "-1"})
    assert set(problems()) == {"CORS_ORIGINS", "PORT", "OMS_LIMIT_COST"}


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_form_of_a_postgres_address_is_taken(scheme):
    settings = Settings(database_url=f"{scheme}://u:p%40x@h:5433/oms?sslmode=require")
    assert settings.database_url == "postgresql://u:p%40x@h:5433/oms?sslmode=require"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://u:p%40x@h:5433/oms", "postgresql+asyncpg://u:p%40x@h:5433/oms"),
        ("postgresql://h/oms?sslmode=require", "postgresql+asyncpg://h/oms?ssl=require"),
        ("postgresql://oms@/oms?host=/tmp/a%20b", "postgresql+asyncpg://oms@/oms?host=/tmp/a+b"),
    ],
)
def test_sqlalchemy_gets_its_own_form(address, expected):
    assert sqlalchemy_url(address) == expected


def test_the_keys_are_below_the_issuer_unless_they_are_named():
    issuer = "https://id.example.org/realms/oms"
    assert Settings(keycloak_issuer=issuer + "/").jwks_address == f"{issuer}/protocol/openid-connect/certs"
    assert Settings(keycloak_issuer=issuer, jwks_url="https://keys.example.org").jwks_address == "https://keys.example.org"
    assert Settings().jwks_address is None


def test_a_public_key_may_be_written_in_one_line():
    assert Settings(jwt_public_key="-----BEGIN PUBLIC KEY-----\\nabc\\n-----END PUBLIC KEY-----").jwt_public_key.count("\n") == 3


def test_settings_are_frozen_and_know_no_other_names():
    with pytest.raises(ValidationError):
        Settings().port = 1
    with pytest.raises(ValidationError):
        Settings(prot=1)


def test_secrets_are_not_printed():
    settings = Settings(database_url="postgres://u:hunter2@h/d", cursor_secret="hunter2" * 5, redis_url="redis://:hunter2@h")
    assert "hunter2" not in repr(settings)


def test_every_setting_says_what_it_is():
    assert all(text.endswith(".") for _, text, _ in variables())
