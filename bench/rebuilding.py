"""A search index of 100,000 documents, built anew beside the one that is searched, while people write.

OMS_BENCH_DOCUMENTS gives another number.

python -m bench rebuilding
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from statistics import median

from app.adapters.opensearch import OpenSearchIndex
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.persistence.database import Database
from app.services.editing import Editing
from app.services.indexing import Indexing
from app.services.reconciling import Reconciling
from app.settings import read
from app.stack.stack import Stack
from bench.ontology import AUTHOR, fill, head
from bench.relaying import Unseen
from bench.stage import Row, database

DOCUMENTS = int(os.environ.get("OMS_BENCH_DOCUMENTS", "100000"))
EACH = 3  # documents of one object type with its properties
REST = 0.05  # seconds between two writes
ALONE = 10.0  # seconds in which they write before


async def measure() -> list[Row]:
    """Filled by one build, then built again while a writer and a worker go on."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-rebuilding-") as folder:
        stack = Stack(Path(folder), read().oms_cache_dir.expanduser())
        told = await asyncio.to_thread(stack.start, ["opensearch"], Unseen(), free_ports=True)
        index = OpenSearchIndex(told["OPENSEARCH_URL"], seconds=60)
        try:
            async with database() as (opened, _):
                return await _measured(opened, index)
        finally:
            await index.close()
            await asyncio.to_thread(stack.stop, ["opensearch"])


async def _measured(opened: Database, index: OpenSearchIndex) -> list[Row]:
    await fill(opened, DOCUMENTS // EACH)
    ontology, _ = await head(opened)
    view, writer = Indexing(opened, index), Writer(opened)
    await view.rebuild(ontology, _unheard)
    alone = await writer.during(asyncio.sleep(ALONE))
    began = time.perf_counter()
    following = asyncio.create_task(_followed(opened, index, ontology))
    beside = await writer.during(view.rebuild(ontology, _unheard))
    took = time.perf_counter() - began
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await view.reach(ontology)
    began = time.perf_counter()
    proof = await Reconciling(opened, [view]).prove(view, ontology, "main")
    proved = time.perf_counter() - began
    return [
        Row(
            f"rebuild of an index of {proof.held.count:,} documents while people write", f"{took:.0f} s, {proof.held.count / took:,.0f} documents a second",
            "-", None, f"a write took {median(beside) * 1_000:.0f} ms, without a rebuild {median(alone) * 1_000:.0f} ms",
        ),
        Row("… what the proof finds afterwards", f"{len(proof.differing)} differences, in {proved:.0f} s", "none", proof.right),
    ]  # fmt: skip


class Writer:
    """Somebody who changes one thing after the other."""

    def __init__(self, opened: Database) -> None:
        self._editing = Editing(opened)
        self._version = 0
        self._rid = ""

    async def during(self, work: Awaitable[object]) -> list[float]:
        """How long each write took while something else was done."""
        waits: list[float] = []
        going = asyncio.ensure_future(work)
        while not going.done():
            began = time.perf_counter()
            await self._write()
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(REST)
        await going
        return waits

    async def _write(self) -> None:
        if self._version == 0:
            words = {"apiName": "written", "displayName": "Written"}
            made = await self._editing.apply(AUTHOR, "main", [Operation(Verb.CREATE, Kind.TYPE_GROUP, ref="t", fields=words)])
            self._rid = made.refs["t"]
        else:
            fields = {"description": f"Version {self._version}"}
            await self._editing.apply(
                AUTHOR, "main", [Operation(Verb.UPDATE, Kind.TYPE_GROUP, self._rid, expected_version=self._version, fields=fields)]
            )
        self._version += 1


async def _followed(opened: Database, index: OpenSearchIndex, ontology: str) -> None:
    while True:
        await Indexing(opened, index).reach(ontology)
        await asyncio.sleep(REST)


async def _unheard(_: int) -> None:
    """Nobody looks."""
