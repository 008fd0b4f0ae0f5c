"""Holds what a test session has started, and ends it with the session, also with one that is killed.

A keeper is a process of its own that reads its standard input, whose other end only the session has: nobody can die
without closing it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from app.adapters.embedded_postgres import EmbeddedPostgres
from app.settings import read
from app.stack.stack import SERVERS, Stack

ROOT = Path(__file__).parent.parent
END_SECONDS = 120.0


class Keeper:
    """One that runs; `said` is its only line, once it holds what it should."""

    def __init__(self, what: str, folder: Path, *, holding: Sequence[int] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.keeper", what, str(folder)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, pass_fds=holding,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.said = self._process.stdout.readline().strip()
        if not self.said:
            raise RuntimeError(f"The keeper of {what} ended with {self._process.wait()}.")

    def end(self) -> None:
        """Let it end what it holds, and wait for that."""
        self._process.communicate(timeout=END_SECONDS)


def ended(folder: Path) -> None:
    """End the servers of the folder, and forget them."""
    if folder.exists():
        Stack(folder, read().oms_cache_dir.expanduser()).stop(SERVERS)
        shutil.rmtree(folder)


def _database(folder: Path) -> Callable[[], None]:
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    print(server.start(), flush=True)  # noqa: T201 - whoever started us reads it

    def end() -> None:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)

    return end


def _servers(folder: Path) -> Callable[[], None]:
    ended(folder)
    print(folder, flush=True)  # noqa: T201 - likewise
    return lambda: ended(folder)


if __name__ == "__main__":
    finish = {"database": _database, "servers": _servers}[sys.argv[1]](Path(sys.argv[2]))
    sys.stdin.read()
    finish()
