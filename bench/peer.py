"""pgbench that writes what one of our mutations writes: the same rows into the same tables, one prepared statement a table.

What the mutation reads in order to plan is left out, which makes the peer stronger than "the same statements".
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from app.persistence.database import LOG_CHANNEL, Database
from bench.ontology import AGAIN, FIRST, Open, head, rows
from bench.stage import postgres_program

_BEGIN = f"""\
\\set n random({FIRST}, {10 * FIRST - 1})
BEGIN;
SELECT * FROM ontology WHERE rid = '{{ontology}}' FOR NO KEY UPDATE;
UPDATE ontology SET head_revision = head_revision + 1, head_at = greatest(clock_timestamp(), head_at + interval '1 microsecond')
    WHERE rid = '{{ontology}}' RETURNING head_revision AS r \\gset
UPDATE ontology_counter SET change_set_events = change_set_events + 1 WHERE ontology = '{{ontology}}'
    RETURNING change_set_events AS place \\gset
"""


async def script(database: Database, name: str) -> str:
    """What pgbench repeats: the newest merge of `main`, whose new apiName holds the number."""
    ontology, _ = await head(database)
    found = await rows(database, name, Open(":n::text", ":r", ":place"))
    written = [
        f"INSERT INTO {table} ({columns}) VALUES {', '.join(f'({row})' for row in values)} {AGAIN.get(table, '')};"
        for table, columns, values in found
        if values
    ]
    return "\n".join([_BEGIN.format(ontology=ontology), *written, f"NOTIFY {LOG_CHANNEL};", "COMMIT;", ""])


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
