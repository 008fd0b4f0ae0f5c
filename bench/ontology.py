"""Large ontologies at once: one real mutation, written by our own code, is repeated by PostgreSQL as often as is wished.

The rows of the mutation are read back from every table. What made them unique (rids, the number in the apiName, the revision,
the place in the change-set log) is left open, so that each repetition is a revision of its own with its whole history.
"""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.persistence import totals
from app.persistence.database import Database, Transaction
from app.services.editing import Editing

AUTHOR = Actor("bench", "Bench", frozenset({Role.EDITOR}))
DIGITS = 18  # of the number in an apiName, and of what takes the place of the end of a rid
FIRST = 10 ** (DIGITS - 1)
FILL_SECONDS = 900
# In the order in which they can be written, with the column that finds the rows of one merge.
TABLES = {
    "change_set": "merged_revision",
    "operation": "change_set",
    "entity": "revision",
    "entity_version": "revision_from",
    "entity_reference": "revision_from",
    "entity_name": "revision_from",
    "entity_search": "revision_from",
    "search_word": "revision_from",
    "change": "revision",
    "audit_log": "change_set",
    "outbox": "revision",
    "revision": "revision",
    "change_set_event": "change_set",
}
AGAIN = {"search_word": "ON CONFLICT DO NOTHING"}  # words that all of them hold
_COLUMNS = """
    SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
    WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' ORDER BY attnum
"""
_INDEXES = """
    SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
    WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT indisunique ORDER BY name
"""
# What is repeated was checked when it was written the first time, its references as well.
_FAST = (
    "SET statement_timeout = 0; SET synchronous_commit = off; SET session_replication_role = replica; SET maintenance_work_mem = '512MB'"
)
_AS_EVER = "RESET statement_timeout; RESET synchronous_commit; RESET session_replication_role; RESET maintenance_work_mem"


@dataclass(frozen=True)
class Open:
    """SQL for what differs from one repetition to the next."""

    number: str  # a text of DIGITS digits
    revision: str
    place: str  # in the change-set log
    totals: str = ""  # at the revision, where they are not those of the mutation


def number() -> str:
    """What makes a name new."""
    return str(random.randrange(2 * FIRST, 10 * FIRST))


def operations(name: str, properties: int, interface: str | None = None) -> list[Operation]:
    """One object type with its key and more properties; with an interface, and then with a link to itself as well."""
    words: dict[str, Any] = {"apiName": f"Type{name}", "displayName": f"Type {name}", "primaryKey": "ref:p0"}
    made = [Operation(Verb.CREATE, Kind.OBJECT_TYPE, ref="t", fields=words)]
    if interface is not None:
        words["implements"] = [{"interface": interface, "mapping": []}]
        a, b = ({"objectType": "ref:t", "apiName": side} for side in ("next", "previous"))
        link = {"apiName": f"link{name}", "displayName": f"Link {name}", "cardinality": "MANY_TO_MANY", "backing": {"type": "JOIN"}}
        made.append(Operation(Verb.CREATE, Kind.LINK_TYPE, ref="l", fields={**link, "a": a, "b": b}))
    for place in range(properties):
        own = {"apiName": f"property{place}", "displayName": "Property", "objectType": "ref:t", "type": {"base": "STRING"}}
        made.append(Operation(Verb.CREATE, Kind.PROPERTY, ref=f"p{place}", fields=own))
    return made


async def head(database: Database) -> tuple[str, int]:
    """The rid of `main` and its newest revision."""
    rid, revision = await database.pool.fetchrow("SELECT rid, head_revision FROM ontology WHERE api_name = 'main'")
    return rid, revision


async def rows(database: Database, name: str, opened: Open) -> Iterator[tuple[str, str, list[str]]]:
    """The newest merge of `main`, whose new apiName holds the number: tables, their columns, and rows of SQL values."""
    pool, (_, revision) = database.pool, await head(database)
    change_set = await pool.fetchval("SELECT rid FROM change_set WHERE merged_revision = $1", revision)
    made = [row["rid"] for row in await pool.fetch("SELECT rid FROM change WHERE revision = $1", revision)]
    unique = re.compile("|".join([name, *(rid[-DIGITS:] for rid in (*made, change_set))]))
    found = []
    for table, key in TABLES.items():
        columns = await pool.fetch(_COLUMNS, table)
        listed = ", ".join(f'"{column["name"]}"' for column in columns)
        texts = ", ".join(f'"{column["name"]}"::text' for column in columns)
        stored = await pool.fetch(
            f"SELECT {texts} FROM {table} WHERE {key} = $1 ORDER BY ctid", change_set if key == "change_set" else revision
        )
        values = [", ".join(_value(table, column, row[place], unique, opened) for place, column in enumerate(columns)) for row in stored]
        found.append((table, listed, values))
    return iter(found)


def _value(table: str, column: Any, text: str | None, unique: re.Pattern[str], opened: Open) -> str:
    name, kind = column["name"], column["type"]
    given = {"totals": opened.totals, "position": opened.place if table == "change_set_event" else ""}.get(name)
    if text is None or given:
        return given or "NULL"
    if kind.startswith("timestamp"):
        return "now()"
    if kind == "uuid":
        return "gen_random_uuid()"
    if name in {"revision", "revision_from", "merged_revision"}:
        return opened.revision
    # Colons are escaped because pgbench takes what follows one for a variable.
    literals = unique.sub(f"' || {opened.number} || E'", text.replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\x3a"))
    return f"(E'{literals}')::{kind}"


async def fill(database: Database, types: int, *, properties: int = 2, linked: bool = False) -> None:
    """Bring `main` to so many object types, each by a revision of its own; their numbers are FIRST and those that follow."""
    name, interface = number(), None
    if linked:
        shared = Operation(Verb.CREATE, Kind.INTERFACE, ref="i", fields={"apiName": "Shared", "displayName": "Shared"})
        interface = (await Editing(database).apply(AUTHOR, "main", [shared])).refs["i"]
    await Editing(database).apply(AUTHOR, "main", operations(name, properties, interface))
    ontology, before = await head(database)
    rest = f"FROM generate_series(1, {types - 1}) AS repeated (n)"
    values = await rows(database, name, Open(f"({FIRST - 1} + n)::text", f"{before} + n", f"{before} + n", "NULL"))
    async with database.pool.acquire() as connection:
        await connection.execute(_FAST)
        async with connection.transaction(), _without_indexes(connection):
            for table, columns, each in values:
                for row in each:
                    await connection.execute(
                        f"INSERT INTO {table} ({columns}) SELECT {row} {rest} {AGAIN.get(table, '')}", timeout=FILL_SECONDS
                    )
            grown = "head_revision = head_revision + $2, head_at = now()"
            await connection.execute(f"UPDATE ontology SET {grown} WHERE rid = $1", ontology, types - 1)
            grown = "change_set_events = change_set_events + $2"
            await connection.execute(f"UPDATE ontology_counter SET {grown} WHERE ontology = $1", ontology, types - 1)
            await totals.mend(Transaction(connection), ontology)
        for table in TABLES:
            await connection.execute(f"VACUUM ANALYZE {table}", timeout=FILL_SECONDS)
        await connection.execute("CHECKPOINT", timeout=FILL_SECONDS)  # else the work of writing it out is counted for what is measured next
        await connection.execute(_AS_EVER)


@asynccontextmanager
async def _without_indexes(connection: Any) -> AsyncIterator[None]:
    """What no constraint needs is indexed afterwards, at once: a third of the time."""
    found = await connection.fetch(_INDEXES, list(TABLES))
    for row in found:
        await connection.execute(f"DROP INDEX {row['name']}")
    yield
    for row in found:
        await connection.execute(row["definition"], timeout=FILL_SECONDS)
