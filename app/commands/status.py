"""`oms status`: which adapter serves what, and how far it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from rich.markup import escape
from rich.table import Table

from app.commands.database import database_of
from app.commands.terminal import out
from app.persistence.database import Database
from app.persistence.log import ends
from app.persistence.migrate import newest
from app.persistence.schema_version import applied, applied_at
from app.persistence.sinks import NEO4J, OPENSEARCH, overview

if TYPE_CHECKING:
    from app.settings import Settings

EMBEDDED = "PostgreSQL"  # what stands in for a system that is not set up


def status(settings: Settings, *, json: bool) -> None:
    """Ask the database and the settings, and print the answer."""
    with database_of(settings) as reached:
        asyncio.run(applied_at(reached.database_url or ""))
        found = asyncio.run(_asked(reached.database_url or "", sinks_of(settings))) | {"adapters": adapters(settings)}
    if json:
        out.print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode(), soft_wrap=True)
        return
    _print(found)


def adapters(settings: Settings) -> dict[str, str]:
    """What serves each port; only the host of an address is told, the rest may be secret."""
    served = {
        "database": _host(settings.database_url) or f"embedded, in {settings.oms_data_dir}",
        "tokens": settings.keycloak_issuer or ("development issuer" if settings.development else "none"),
        "faults": _host(settings.sentry_dsn) or "log only",
        "traces": _host(settings.otel_exporter_otlp_endpoint) or "none",
    }
    return served | {
        "search": _host(settings.opensearch_url) or EMBEDDED,
        "events": ", ".join(settings.kafka_broker) or EMBEDDED,
        "graph": _host(settings.neo4j_url) or EMBEDDED,
        "shared cache": _host(settings.redis_url) or "none: each process has its own",
    }


def sinks_of(settings: Settings) -> list[str]:
    """The systems that workers keep equal to the database here."""
    return [sink for sink, url in ((NEO4J, settings.neo4j_url), (OPENSEARCH, settings.opensearch_url)) if url]


async def _asked(url: str, sinks: list[str]) -> dict[str, Any]:
    async with Database.opened(url, size=1) as database:
        migration = await applied(database)
        found: dict[str, Any] = {"migration": {"applied": migration, "newest": newest()}, "ontologies": {}, "sinks": {}}
        if migration == newest():
            async with database.reading() as snapshot:
                found["ontologies"] = {each.api_name: f"{each.epoch}.{each.revision}" for each in await ends(snapshot)}
                found["sinks"] = {
                    each["sink"]: {"behind": each["behind"], "deadLetters": each["dead_letters"], "failing": each["reason"]}
                    for each in await overview(snapshot, sinks)
                }
        return found


def _print(found: dict[str, Any]) -> None:
    migration = found["migration"]
    table = Table("what", "served by", title="Ontology Metadata Service", title_justify="left")
    for name, adapter in found["adapters"].items():
        table.add_row(name, adapter)
    table.add_section()
    stale = "" if migration["applied"] == migration["newest"] else f" [red](needs {migration['newest']}: run `oms migrate`)[/]"
    table.add_row("migration", f"{migration['applied'] or 'none'}{stale}")
    for name, revision in found["ontologies"].items():
        table.add_row(f"revision of {name}", revision)
    for name, told in found["sinks"].items():
        behind = f"{told['behind']:,} revisions behind, {told['deadLetters']:,} dead letters"
        table.add_row(f"state of {name}", behind + (f" [red]({escape(told['failing'])})[/]" if told["failing"] else ""))
    out.print(table)


def _host(address: str | None) -> str | None:
    if address is None:
        return None
    parts = urlsplit(address)
    return parts.hostname or "a socket of this machine"
