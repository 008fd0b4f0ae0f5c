"""pgbench that writes what one of our mutations writes: the same rows into the same tables, one prepared statement a table.

The rows are read back from a real mutation. What made them unique (rids, the number in the apiName, the revision) becomes a
parameter, so that each transaction writes rows of its own. What the mutation reads in order to plan is left out, which makes
the peer stronger than "the same statements".
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from app.persistence.database import LOG_CHANNEL, Database
from bench.stage import postgres_program

DIGITS = 18  # of the number in the apiName, and of the parameter that takes its place
# In the order in which they can be written, with the column that finds the rows of one merge.
TABLES = {
    "change_set": "merged_revision",
    "operation": "change_set",
    "entity": "revision",
    "entity_version": "revision_from",
    "entity_reference": "revision_from",
    "entity_name": "revision_from",
    "change": "revision",
    "audit_log": "change_set",
    "outbox": "revision",
    "revision": "revision",
    "change_set_event": "change_set",
}
_BEGIN = """\
\\set n random(100000000000000000, 999999999999999999)
BEGIN;
SELECT * FROM ontology WHERE rid = '{ontology}' FOR NO KEY UPDATE;
UPDATE ontology SET head_revision = head_revision + 1, head_at = greatest(clock_timestamp(), head_at + interval '1 microsecond')
    WHERE rid = '{ontology}' RETURNING head_revision AS r \\gset
UPDATE ontology_counter SET change_set_events = change_set_events + 1 WHERE ontology = '{ontology}'
    RETURNING change_set_events AS place \\gset
"""
_COLUMNS = """
    SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
    WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' ORDER BY attnum
"""


async def script(database: Database, number: str) -> str:
    """What pgbench repeats: the newest merge of `main`, whose new apiName holds the number."""
    pool = database.pool
    ontology, revision = await pool.fetchrow("SELECT rid, head_revision FROM ontology WHERE api_name = 'main'")
    change_set = await pool.fetchval("SELECT rid FROM change_set WHERE merged_revision = $1", revision)
    made = [row["rid"] for row in await pool.fetch("SELECT rid FROM change WHERE revision = $1", revision)]
    unique = re.compile("|".join([number, *(rid[-DIGITS:] for rid in (*made, change_set))]))
    lines = [_BEGIN.format(ontology=ontology)]
    for table, key in TABLES.items():
        columns = await pool.fetch(_COLUMNS, table)
        listed = ", ".join(f'"{column["name"]}"' for column in columns)
        texts = ", ".join(f'"{column["name"]}"::text' for column in columns)
        rows = await pool.fetch(
            f"SELECT {texts} FROM {table} WHERE {key} = $1 ORDER BY ctid", change_set if key == "change_set" else revision
        )
        values = (", ".join(_value(table, column, row[place], unique) for place, column in enumerate(columns)) for row in rows)
        lines.append(f"INSERT INTO {table} ({listed}) VALUES {', '.join(f'({each})' for each in values)};")
    return "\n".join([*lines, f"NOTIFY {LOG_CHANNEL};", "COMMIT;", ""])


def _value(table: str, column: dict[str, str], text: str | None, unique: re.Pattern[str]) -> str:
    name, kind = column["name"], column["type"]
    if text is None:
        return "NULL"
    if kind.startswith("timestamp"):
        return "now()"
    if kind == "uuid":
        return "gen_random_uuid()"
    if name in {"revision", "revision_from", "merged_revision"}:
        return ":r"
    if (table, name) == ("change_set_event", "position"):
        return ":place"
    literals = unique.sub("' || :n::text || E'", text.replace("\\", "\\\\").replace("'", "\\'").replace(":", "\\x3a"))
    return f"(E'{literals}')::{kind}"


async def pgbench(url: str, text: str, *, clients: int, seconds: int) -> float:
    """Transactions a second."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "script.sql"
        path.write_text(text)
        process = await asyncio.create_subprocess_exec(
            postgres_program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-T", str(seconds), "-f", str(path), url,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, complained = await process.communicate()
    found = re.search(r"tps = ([0-9.]+)", told.decode())
    if process.returncode or found is None:
        raise RuntimeError(complained.decode()[-2_000:])
    return float(found.group(1))
