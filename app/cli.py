"""`oms`: the door for people and scripts.

0 is success, 1 a refusal, 2 wrong usage or settings (`plan`, `diff`: changes; `verify`, `recount`: differences), 130 Ctrl-C.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from app.commands import code, dead_letters, recounting, services, syncing, transfer
from app.settings import BadSettings, read

REFUSED, MISUSED, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="oms", help="The Ontology Metadata Service.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
schema = typer.Typer(help="The GraphQL schema.", no_args_is_help=True)
app.add_typer(schema, name="schema")
documents = typer.Typer(help="The documents that clients may send, where only trusted ones run.", no_args_is_help=True)
app.add_typer(documents, name="documents")
transfer.register(app)
services.register(app)
code.register(app)
dead_letters.register(app)
syncing.register(app)
recounting.register(app)


class RoleName(StrEnum):
    """A role as it is typed."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


Port = Annotated[int | None, typer.Option(help="Port in place of PORT.")]
Host = Annotated[str | None, typer.Option(help="Address in place of HOST.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def dev(
    port: Port = None,
    host: Host = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="On the real servers of `oms services`, with the workers.")] = False,
    free_ports: Annotated[bool, typer.Option("--free-ports", help="With --full: servers take ports that are free.")] = False,
) -> None:
    """Serve on this machine, with a database of its own where DATABASE_URL is not set."""
    from app.commands import dev

    dev.dev(read(**_given(port=port, host=host)), full=full, free_ports=free_ports)


@app.command()
def api(port: Port = None, host: Host = None) -> None:
    """Serve from DATABASE_URL."""
    from app.commands import dev

    dev.api(read(**_given(port=port, host=host)))


@app.command()
def worker(
    names: Annotated[list[str], typer.Argument(help="Which ones; several run in one process.", metavar="NAME...")],
    port: Port = None,
) -> None:
    """Run workers until SIGTERM: the relay, which publishes the outbox to Kafka, and what follows the log."""
    from app.commands import worker

    worker.worker(read(**_given(worker_port=port)), names)


@app.command()
def migrate() -> None:
    """Bring the database to the newest migration."""
    from app.commands import database
    from app.commands.terminal import out

    with database.database_of(read()) as settings:
        out.print(database.migrated(settings))


@app.command()
def token(
    role: Annotated[RoleName, typer.Option(help="What the token allows.")], name: Annotated[str, typer.Option()] = "Developer"
) -> None:
    """Print a bearer token, in development."""
    from app.commands import token

    token.token(read(), role.name, name)


@app.command()
def status(*, json: Json = False) -> None:
    """Show what serves what, and how far it is."""
    from app.commands import status

    status.status(read(), json=json)


@app.command()
def housekeep(*, json: Json = False) -> None:
    """Remove events sent more than 8 days ago and idempotency keys that are over; for a job that runs daily."""
    from app.commands import housekeeping

    housekeeping.housekeep(read(), json=json)


@app.command()
def docs(*, check: Annotated[bool, typer.Option("--check", help="Only say whether the pages are current.")] = False) -> None:
    """Write the pages that are made from code."""
    from app.commands import docs

    docs.docs(get_command(app), check=check)


@schema.command("write")
def schema_write() -> None:
    """Write schema.graphql."""
    from app.commands import schema

    schema.write()


@schema.command("check")
def schema_check() -> None:
    """Refuse a schema.graphql that is stale or breaks a client without a deprecation."""
    from app.commands import schema

    schema.check()


@schema.command("release")
def schema_release() -> None:
    """Promise the present schema to clients: what breaks it later is refused."""
    from app.commands import schema

    schema.release()


@documents.command("build")
def documents_build(
    folder: Annotated[Path, typer.Argument(help="Folder of .graphql files.")],
    output: Annotated[Path, typer.Argument(help="The manifest to write.")] = Path("trusted-documents.json"),
) -> None:
    """Write the manifest of a folder's documents, each checked against the schema."""
    from app.commands import documents

    documents.build(folder, output)


@documents.command("check")
def documents_check(manifest: Annotated[Path, typer.Argument(help="The manifest.")]) -> None:
    """Refuse a manifest that was tampered with or does not fit the schema."""
    from app.commands import documents

    documents.check(manifest)


def main() -> None:
    """Run one command; what is expected to go wrong is said in one sentence."""
    from app.adapters.embedded_postgres import EmbeddedPostgresFailed
    from app.commands.terminal import Refused
    from app.domain.errors import OmsError
    from app.observability import logging
    from app.persistence.schema_version import DatabaseUnreachable
    from app.stack.artifacts import StackFailed

    logging.configure("warning", pretty=sys.stderr.isatty())  # what serves or works says it in its own way later
    try:
        app()
    except BadSettings as refused:
        _end(str(refused), MISUSED)
    except (Refused, EmbeddedPostgresFailed, DatabaseUnreachable, StackFailed, OmsError) as refused:
        _end(str(refused), REFUSED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _end(sentence: str, code: int) -> None:
    sys.stderr.write(f"oms: {sentence}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
