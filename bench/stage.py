"""What every benchmark needs: a database of its own, and a line for the table."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.adapters.embedded_postgres import EmbeddedPostgres
from app.persistence.database import Database
from app.persistence.migrate import migrate


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the figure, the target, and whether it was met."""

    what: str
    figure: str
    target: str
    met: bool | None = None

    def __str__(self) -> str:
        mark = {True: "yes", False: "NO", None: "-"}[self.met]
        return f"| {self.what} | {self.figure} | {self.target} | {mark} |"


@asynccontextmanager
async def database(*, durable: bool = True) -> AsyncIterator[tuple[Database, str]]:
    """An empty migrated database on a server of its own, with its address; durable as in production unless said otherwise."""
    with tempfile.TemporaryDirectory(prefix="oms-bench-") as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres", durable=durable)
        url = await asyncio.to_thread(server.start)
        try:
            await asyncio.to_thread(migrate, url)
            async with Database.opened(url) as opened:
                yield opened, url
        finally:
            await asyncio.to_thread(server.stop)
