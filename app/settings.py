"""Every setting of the service, read and validated once at boot and then passed on.

A setting's environment variable is its name in capitals, a limit's is `OMS_LIMIT_` and its name. The descriptions
are the text of docs/settings.md and of .env.example.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from app.limits import LIMIT_PREFIX, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

RELEASE = version("oms")
DEVELOPMENT_SECRET = "for-development-only-0123456789abcdef"  # noqa: S105 - refused outside development
SHORTEST_SECRET = 32  # characters
PEM_HEAD = "-----BEGIN PUBLIC KEY-----"


class OmsEnv(StrEnum):
    """Where the process runs; only development has an embedded database and tokens of its own."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


class LogLevel(StrEnum):
    """The least severe line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class BadSettings(Exception):
    """The settings are missing, wrong or unsafe: `problems` names each with the reason, and no value is shown."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("Bad settings: " + "; ".join(f"{name} {reason}" for name, reason in self.problems.items()) + ".")


def _absent(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _listed(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _postgres(value: object) -> object:
    if not isinstance(value, str) or not value.strip():
        return _absent(value)
    scheme, separator, rest = value.strip().partition("://")
    if not separator or not rest or scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        message = "must be a postgres:// or postgresql:// address"
        raise ValueError(message)
    return f"postgresql://{rest}"


def _address(*schemes: str) -> BeforeValidator:
    def checked(value: object) -> object:
        value = _absent(value)
        if isinstance(value, str):
            parts = urlsplit(value)
            if parts.scheme not in schemes or not parts.hostname:
                message = f"must be an address that starts with {' or '.join(f'{scheme}://' for scheme in schemes)}"
                raise ValueError(message)
            return value.rstrip("/")
        return value

    return BeforeValidator(checked)


def _origin(value: str) -> str:
    if value != "*" and not re.fullmatch(r"https?://[^/?#\s*]+", value):
        message = "must be origins such as https://editor.example.org, separated by commas"
        raise ValueError(message)
    return value


def _public_key(value: object) -> object:
    value = _absent(value)
    if isinstance(value, str):
        value = value.replace("\\n", "\n").strip() + "\n"  # one line, as most .env files and charts write it
        if not value.startswith(PEM_HEAD):
            message = "must be a public key in PEM form"
            raise ValueError(message)
    return value


MANIFEST_FORMAT = "apollo-persisted-query-manifest"


class BadManifest(ValueError):
    """The file holds no manifest of persisted queries, or one that was tampered with."""


def manifest(path: Path) -> dict[str, str]:
    """Documents by their SHA-256: `{"operations": [{"id", "body"}]}`, as clients' tools write it, or simply `{"<id>": "<body>"}`."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadManifest("cannot be read as JSON") from None
    if isinstance(found, dict) and isinstance(found.get("operations"), list):
        if found.get("format") != MANIFEST_FORMAT or found.get("version") != 1:
            raise BadManifest(f"must be of the format {MANIFEST_FORMAT}, version 1")
        found = {each.get("id"): each.get("body") for each in found["operations"] if isinstance(each, dict)}
    if not isinstance(found, dict) or not found or not all(isinstance(body, str) for body in found.values()):
        raise BadManifest("must hold documents by their SHA-256")
    if wrong := [str(key)[:64] for key, body in found.items() if hashlib.sha256(body.encode()).hexdigest() != key]:
        raise BadManifest(f"names documents by what is not their SHA-256: {', '.join(wrong[:3])}")
    return found


def _manifest(value: object) -> object:
    value = _absent(value)
    if isinstance(value, (str, Path)):
        manifest(Path(value))
    return value


Text = Annotated[str | None, BeforeValidator(_absent)]
Web = Annotated[str | None, _address("http", "https")]
Origin = Annotated[str, BeforeValidator(_origin)]


class Settings(BaseModel):
    """All settings of one process; made by `read`, and by tests with the fields that matter."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    oms_env: OmsEnv = Field(OmsEnv.DEVELOPMENT, description="Where the process runs: development, staging or production.")
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(4000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    worker_port: int = Field(
        4001, ge=0, le=65_535, description="Port of a worker's health and metrics, on the address of HOST; 0 takes a free one."
    )
    log_level: LogLevel = Field(LogLevel.INFO, description="The least severe log line to write: debug, info, warning or error.")
    oms_data_dir: Path = Field(Path(".oms"), description="Directory of what development keeps: the embedded database and its keys.")

    oms_cache_dir: Path = Field(
        Path("~/.cache/oms"), description="Directory of what development downloads once, for all checkouts: the servers' files."
    )

    database_url: Annotated[str | None, BeforeValidator(_postgres)] = Field(
        None,
        repr=False,
        description="PostgreSQL, as postgres:// or postgresql://, sslmode included. Development starts its own without it.",
    )
    redis_url: Annotated[str | None, _address("redis", "rediss", "unix")] = Field(
        None,
        repr=False,
        description="Redis, in which processes share answers and presence; without it each has its own, and presence is in PostgreSQL.",
    )
    kafka_broker: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (), description="Kafka brokers as host:port, separated by commas; without them the log is followed in PostgreSQL."
    )
    kafka_prefix: str = Field(
        "", pattern=r"^[a-zA-Z0-9._-]{0,60}$", description="Put before each topic and group, where several installations share a broker."
    )
    opensearch_url: Web = Field(None, repr=False, description="OpenSearch; without it PostgreSQL answers searches.")
    neo4j_url: Annotated[str | None, _address("bolt", "neo4j", "bolt+s", "neo4j+s", "bolt+ssc", "neo4j+ssc")] = Field(
        None, repr=False, description="Neo4j; without it PostgreSQL answers questions about the graph."
    )

    keycloak_issuer: Web = Field(None, description="The `iss` of the tokens that are accepted, the address of the Keycloak realm.")
    keycloak_client_id: str = Field("oms", min_length=1, description="The client of the realm that people sign in with.")
    jwks_url: Web = Field(None, description="Where the realm's keys are; without it the usual place below the issuer.")
    jwt_public_key: Annotated[str | None, BeforeValidator(_public_key)] = Field(
        None, description="One public key in PEM form, in place of the realm's keys."
    )
    oidc_audience: str = Field("oms", min_length=1, description="The `aud` that a token must name.")
    roles_claim: str = Field("realm_access.roles", min_length=1, description="Path of the claim that lists the roles.")
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (), description="Origins that browsers may call from, over HTTP and WebSocket, separated by commas."
    )
    trusted_documents: Annotated[Path | None, BeforeValidator(_manifest)] = Field(
        None,
        description="Manifest of the only documents that run, but for an Ontology Admin's (`oms documents build`); without it any does.",
    )
    cursor_secret: str = Field(
        DEVELOPMENT_SECRET, repr=False, min_length=16, description=f"Signs cursors; at least {SHORTEST_SECRET} characters."
    )

    sentry_dsn: Web = Field(None, repr=False, description="Where faults are reported; without it nowhere.")
    otel_exporter_otlp_endpoint: Web = Field(None, description="Where traces are sent by OTLP over HTTP; without it nowhere.")
    slack_webhook_url: Web = Field(None, repr=False, description="Where people are told about failures; without it nowhere.")

    limits: Limits = Field(default_factory=Limits, description="How much one caller may ask for, hold or wait.")

    @property
    def development(self) -> bool:
        """Whether what is unsafe but handy may exist."""
        return self.oms_env is OmsEnv.DEVELOPMENT

    @property
    def jwks_address(self) -> str | None:
        """Where the issuer's keys are read."""
        if self.jwks_url or not self.keycloak_issuer:
            return self.jwks_url
        return f"{self.keycloak_issuer}/protocol/openid-connect/certs"


def sqlalchemy_url(database_url: str) -> str:
    """The address as SQLAlchemy's asyncpg dialect takes it: it calls libpq's sslmode `ssl`."""
    address, separator, query = database_url.partition("?")
    renamed = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(query, keep_blank_values=True)]
    return f"postgresql+asyncpg://{address.partition('://')[2]}{separator}{urlencode(renamed, safe='/')}"


class _SettingsOfProcess(BaseSettings, Settings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore", validate_default=True, env_file_encoding="utf-8")


class _LimitsOfProcess(BaseSettings, Limits):
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", validate_default=True, env_prefix=LIMIT_PREFIX, env_file_encoding="utf-8"
    )


def read(env_file: Path | None = Path(".env"), **given: Any) -> Settings:
    """Read the environment, then the file; `given` wins over both. BadSettings names everything wrong at once."""
    problems = {name: "is not a limit" for name in os.environ if _unknown_limit(name)}
    limits = Limits()
    try:
        limits = Limits(**_LimitsOfProcess(_env_file=env_file).model_dump())
    except ValidationError as refused:
        problems |= dict(_reasons(refused, LIMIT_PREFIX))
    given = {"limits": limits, **given}
    try:
        settings = _SettingsOfProcess(_env_file=env_file, **given)
    except ValidationError as refused:
        problems |= dict(_reasons(refused))
        settings = _SettingsOfProcess(_env_file=env_file, **(given | _defaults(problems)))  # the rest may be unsafe as well
    except SettingsError:
        raise BadSettings({"LIMITS": f"is not a setting, each limit is one of its own, such as {LIMIT_PREFIX}DEPTH"}) from None
    if not settings.development:
        problems = dict(unsafe(settings)) | problems
    if problems:
        raise BadSettings(problems)
    return settings


def _defaults(names: Iterable[str]) -> dict[str, Any]:
    return {name: Settings.model_fields[name].default for name in map(str.lower, names) if name in Settings.model_fields}


def unsafe(settings: Settings) -> Iterator[tuple[str, str]]:
    """What staging and production refuse to start with."""
    if settings.database_url is None:
        yield "DATABASE_URL", "is missing (the embedded database is for development)"
    if settings.keycloak_issuer is None:
        yield "KEYCLOAK_ISSUER", "is missing (development tokens are for development)"
    elif not settings.keycloak_issuer.startswith("https://"):
        yield "KEYCLOAK_ISSUER", "must be https"
    if settings.jwks_url is not None and not settings.jwks_url.startswith("https://"):
        yield "JWKS_URL", "must be https"
    if settings.jwks_address is None and settings.jwt_public_key is None:
        yield "JWKS_URL", "or JWT_PUBLIC_KEY is missing"
    if "oidc_audience" not in settings.model_fields_set:
        yield "OIDC_AUDIENCE", "is missing"
    if settings.cursor_secret == DEVELOPMENT_SECRET:
        yield "CURSOR_SECRET", "is missing"
    elif len(settings.cursor_secret) < SHORTEST_SECRET:
        yield "CURSOR_SECRET", f"must have at least {SHORTEST_SECRET} characters"
    if "*" in settings.cors_origins:
        yield "CORS_ORIGINS", "must not be *"


def variables() -> Iterator[tuple[str, str, Any]]:
    """Each environment variable with its description and default, in the order of the fields."""
    for name, field in Settings.model_fields.items():
        if name != "limits":
            yield name.upper(), field.description or "", field.default
    for name, field in Limits.model_fields.items():
        yield LIMIT_PREFIX + name.upper(), field.description or "", field.default


def _unknown_limit(name: str) -> bool:
    return name.upper().startswith(LIMIT_PREFIX) and name.upper().removeprefix(LIMIT_PREFIX).lower() not in Limits.model_fields


def _reasons(refused: ValidationError, prefix: str = "") -> Iterator[tuple[str, str]]:
    for error in refused.errors(include_url=False, include_input=False):
        name = prefix + (str(error["loc"][0]).upper() if error["loc"] else "")
        yield name, error["msg"].removeprefix("Value error, ").replace("Input should be", "must be", 1)
