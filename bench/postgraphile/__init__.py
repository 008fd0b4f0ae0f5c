"""The peer of the read benchmark: PostGraphile 5, what a user would pick for GraphQL over PostgreSQL.

Its packages are installed by npm into a folder of this checkout that is not committed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

HERE = Path(__file__).parent
INSTALLED = HERE.parent.parent / ".make" / "peer"
PAGE = """
query Editor($first: Int!, $after: Cursor) {
  objectTypes: allObjectTypes(first: $first, after: $after, orderBy: [API_NAME_ASC]) {
    edges { node { rid apiName displayName description status version
      properties: propertiesList { rid apiName displayName baseType required }
      outgoingLinks: outgoingLinksList { apiName cardinality target { apiName displayName } }
      interfaces: interfacesList { interface { apiName } } } }
    pageInfo { hasNextPage endCursor } } }
"""


def absent() -> str:
    """Why the peer cannot be measured here; empty where it can."""
    return "" if shutil.which("npm") else "npm is not installed"


async def _install() -> None:
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "server.mjs"):
        shutil.copy(HERE / name, INSTALLED / name)
    if _node() is not None:
        return
    process = await asyncio.create_subprocess_exec(
        "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", cwd=INSTALLED
    )
    if await process.wait():
        message = "npm could not install the peer"
        raise RuntimeError(message)


def _node() -> Path | None:
    """The Node.js that came with the peer, which wants a newer one than most distributions have."""
    return next(INSTALLED.glob("node_modules/node-*/bin/node"), None)


async def _fill(url: str) -> str:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE DATABASE peer")
    await connection.close()
    own = urlunsplit(urlsplit(url)._replace(path="/peer"))
    connection = await asyncpg.connect(own)
    await connection.execute((HERE / "schema.sql").read_text())
    await connection.close()
    return own


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[tuple[int, int]]:
    """The peer with its data in a database of its own on that server; the port that it listens on, and its process."""
    await _install()
    own = await _fill(url)
    process = await asyncio.create_subprocess_exec(
        str(_node()), "server.mjs", cwd=INSTALLED, env={**os.environ, "DATABASE_URL": own, "GRAPHILE_ENV": "production"},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield int(await process.stdout.readline()), process.pid
    finally:
        process.terminate()
        await process.wait()
