"""Creating an object type with five properties, 16 at once, beside pgbench that inserts the same rows.

python -m bench mutations
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import tempfile
import time
from itertools import count
from pathlib import Path

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.services.editing import Editing
from bench.stage import Row, database

AUTHOR = Actor("bench", "Bench", frozenset({Role.EDITOR}))
CLIENTS = 16
SECONDS = 8
PROPERTIES = 5
_numbers = count(1)
_DEFINITION = json.dumps({"apiName": "property0", "displayName": "Property", "type": {"base": "STRING"}})
# The rows of one such revision: 6 entities, versions, names, references, changes, audit and outbox lines, 7 of the envelope.
_SCRIPT = f"""
BEGIN;
INSERT INTO peer SELECT gen_random_uuid(), '{_DEFINITION}' FROM generate_series(1, 6);
INSERT INTO peer SELECT gen_random_uuid(), '{_DEFINITION}' FROM generate_series(1, 6);
INSERT INTO peer SELECT gen_random_uuid(), '{{}}' FROM generate_series(1, 6);
INSERT INTO peer SELECT gen_random_uuid(), '{{}}' FROM generate_series(1, 6);
INSERT INTO peer SELECT gen_random_uuid(), '{{}}' FROM generate_series(1, 18);
UPDATE peer_head SET revision = revision + 1;
INSERT INTO peer SELECT gen_random_uuid(), '{{}}' FROM generate_series(1, 13);
COMMIT;
"""


def operations() -> list[Operation]:
    """One object type with its key and four more properties."""
    number = next(_numbers)
    words = {"apiName": f"Type{number}", "displayName": f"Type {number}", "primaryKey": "ref:p0"}
    made = [Operation(Verb.CREATE, Kind.OBJECT_TYPE, ref="t", fields=words)]
    for place in range(PROPERTIES):
        own = {"apiName": f"property{place}", "displayName": "Property", "objectType": "ref:t", "type": {"base": "STRING"}}
        made.append(Operation(Verb.CREATE, Kind.PROPERTY, ref=f"p{place}", fields=own))
    return made


async def measure() -> list[Row]:
    """Both against one server, one after the other."""
    async with database() as (opened, url):
        editing = Editing(opened)
        done, end = 0, time.perf_counter() + SECONDS

        async def client() -> None:
            nonlocal done
            while time.perf_counter() < end:
                await editing.apply(AUTHOR, "main", operations())
                done += 1

        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        ours = done / SECONDS
        await opened.pool.execute("CREATE TABLE peer (id uuid PRIMARY KEY, words jsonb); CREATE TABLE peer_head AS SELECT 0 AS revision")
        peer = await _pgbench(url)
    ratio = ours / peer if peer else 0.0
    figure = f"{ratio:.2f}x ({ours:.0f} to {peer:.0f} a second)" if peer else f"{ours:.0f} a second; pgbench is not installed"
    return [
        Row(
            "creating an object type with 5 properties, 16 at once, by the service: pgbench with the same rows = 1",
            figure,
            "≥ 0.25x",
            ratio >= 0.25,
        )
    ]


async def _pgbench(url: str) -> float:
    program = shutil.which("pgbench")
    if program is None:
        return 0.0
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "script.sql"
        script.write_text(_SCRIPT)
        process = await asyncio.create_subprocess_exec(
            program, "-n", "-c", str(CLIENTS), "-T", str(SECONDS), "-f", str(script), url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, _ = await process.communicate()
    found = re.search(r"tps = ([0-9.]+)", told.decode())
    return float(found.group(1)) if found else 0.0
