"""One server process and its children: started apart from us, known again by a lock that only they hold, ended as a group.

The child inherits an exclusive file lock, and the shell that starts it notes its numbers. So the kernel says whether anything
of it still runs, however we or it ended, and a number that another program bears by now is never believed.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.adapters.unprivileged import PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app.adapters.unprivileged import Account

LEAVE = 'echo $$; "$@" >&2 & echo $!'  # group and process go to the file that is standard output, all else to the log
END_SECONDS = 20.0
PAUSE = 0.05
LOOKS = 4  # at a lock that somebody may hold for no longer than it takes to see whether it is free


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server is started, and the signal that lets it end in order."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None  # where it must be another than ours
    ends_by: int = signal.SIGTERM


class Process:
    """The process of the server that lives in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "server.log"
        self._held = folder / "alive.lock"
        self._noted = folder / "server.pid"
        self._signal = folder / "ends-by"

    def start(self, launch: Launch) -> None:
        """Start it; RuntimeError where it runs already."""
        self._signal.write_text(str(int(launch.ends_by)))
        lock = os.open(self._held, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(lock)
            with self._noted.open("wb") as noted, self.log.open("wb") as log:
                subprocess.run(
                    ["/bin/sh", "-c", LEAVE, "sh", *launch.command],
                    stdin=subprocess.DEVNULL,
                    stdout=noted,
                    stderr=log,
                    cwd="/",
                    env=PLAIN | dict(launch.environment),
                    check=True,
                    start_new_session=True,
                    pass_fds=(lock,),
                    **(launch.account.identity() if launch.account else {}),
                )
        except BlockingIOError:
            raise RuntimeError(f"{self._held} is held: the server runs already") from None
        finally:
            os.close(lock)

    @property
    def alive(self) -> bool:
        """Whether it, or a child of it, runs."""
        try:
            lock = os.open(self._held, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    @property
    def pid(self) -> int | None:
        """The number of the server itself, for as long as anything of it lives."""
        return numbers[1] if (numbers := self._numbers()) else None

    def end(self) -> None:
        """Ask it to end, wait, and then end it with all its children."""
        self.signal(int(self._signal.read_text()) if self._signal.exists() else signal.SIGTERM)
        if not self._ended(END_SECONDS):
            self.kill()

    def signal(self, number: int) -> None:
        """Send the server itself a signal, while it lives."""
        if numbers := self._numbers():
            with suppress(ProcessLookupError):
                os.kill(numbers[1], number)

    def kill(self) -> None:
        """End it at once, with all its children, as a crash would."""
        if numbers := self._numbers():
            with suppress(ProcessLookupError):
                os.killpg(numbers[0], signal.SIGKILL)
        self._ended(END_SECONDS)

    def _numbers(self) -> tuple[int, int] | None:
        if not self.alive or not self._noted.exists():  # its lock is taken before it is started
            return None
        group, _, process = self._noted.read_text().strip().partition("\n")
        return (int(group), int(process)) if process else None

    def _ended(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.alive:
            if time.monotonic() > until:
                return False
            time.sleep(PAUSE)
        return True


def _take(lock: int) -> None:
    """Hold it from now on; BlockingIOError where a server does."""
    for left in reversed(range(LOOKS)):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not left:
                raise
            time.sleep(PAUSE)
        else:
            return
