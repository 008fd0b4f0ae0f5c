"""Who runs what root must not run, and where that account can read and write."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACCOUNTS = ("postgres", "nobody")  # the first that the machine has
PLAIN = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}  # the whole environment of what is started
FALLBACK = Path("/var/tmp")  # noqa: S108 - only a directory of our own below it is used, and its owner is checked


class NoAccount(Exception):
    """There is no account or no directory that could be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a process is started as; `switch` is whether that takes leaving our own."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run(self, *command: str | Path, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run to the end as this account, in a plain environment and away from the terminal."""
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env=PLAIN,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds,
            **self.identity(),
        )

    def reaches(self, path: Path) -> bool:
        """Whether the account can enter the directory, or execute the file."""
        return self.run("test", "-x", path).returncode == 0 if self.switch else os.access(path, os.X_OK)

    def owning(self, path: Path) -> Path:
        """The directory, made for this account alone where it is not there yet."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            self._own(path)
        else:
            path.chmod(0o700)
            if self.switch:
                os.chown(path, self.uid, self.gid)
        return path

    def _own(self, path: Path) -> None:
        state = path.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != self.uid:
            owner = _name(state.st_uid)
            raise NoAccount(f"{path} belongs to {owner}, not to {self.name}: remove it or choose another OMS_DATA_DIR.")

    def identity(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


def account_for(place: Path) -> Account:
    """The owner of the place where root finds one, else the first unprivileged account; our own where we are not root."""
    uid = os.geteuid()
    if uid != 0:
        return Account(_name(uid), uid, os.getegid(), switch=False)
    if place.exists() and (owner := place.stat().st_uid) != 0:
        return Account(_name(owner), owner, place.stat().st_gid, switch=True)
    for entry in filter(None, map(_entry, ACCOUNTS)):
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    raise NoAccount(f"PostgreSQL does not run as root and the machine has no account {' or '.join(ACCOUNTS)}: run as another user.")


def reachable(directory: Path, name: str) -> tuple[Path, Account]:
    """A place of that name in the directory and who owns it, or one below /var/tmp where a parent is closed to the account."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    account = account_for(directory / name)
    if account.switch:
        directory.chmod(directory.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)
    if not account.reaches(directory):
        directory = FALLBACK / f"oms-{os.geteuid()}-{digest(directory)}"
        _ours(directory)
        account = account_for(directory / name)
    return directory / name, account


def readable_program(program: Path, account: Account, copies: Path) -> Path:
    """The program's directory, or a copy of it in `copies` where its own place is closed to the account."""
    if account.reaches(program / "bin" / "postgres"):
        return program
    copy = copies / f"program-{digest(program)}" / program.parent.name
    if not copy.exists():
        part = copy.parent.with_name(f"{copy.parent.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(program, part / copy.name / program.name, symlinks=True)
        libraries = program.parent.with_name(f"{program.parent.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, part / libraries.name)
        for path in (part, *part.rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        part.rename(copy.parent)
    return copy / program.name


def digest(path: Path) -> str:
    """A short name for a path, always the same."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _ours(directory: Path) -> None:
    directory.mkdir(mode=0o711, exist_ok=True)
    state = directory.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
        raise NoAccount(f"{directory} belongs to somebody else: choose another OMS_DATA_DIR.")
    directory.chmod(0o711)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
