"""`oms services`: the real servers on this machine, for development and for tests."""

from __future__ import annotations

from typing import Annotated

import typer

Names = Annotated[list[str] | None, typer.Argument(help="Which ones; all without a name.", metavar="NAME...")]
FreePorts = Annotated[bool, typer.Option("--free-ports", help="Take ports that are free, in place of the usual ones.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def register(app: typer.Typer) -> None:
    """Add the group; what the commands run is imported when they run."""
    services = typer.Typer(
        help="PostgreSQL, Redis, Kafka, OpenSearch, Neo4j and Keycloak on this machine, without Docker.", no_args_is_help=True
    )
    app.add_typer(services, name="services")

    @services.command("start")
    def start(names: Names = None, *, free_ports: FreePorts = False, json: Json = False) -> None:
        """Fetch what is missing, start what does not run, wait until it answers, and write the settings to a file."""
        from app.commands import stack
        from app.settings import read

        stack.start(read(), names, free_ports=free_ports, json=json)

    @services.command("stop")
    def stop(names: Names = None) -> None:
        """End what was started, and nothing else."""
        from app.commands import stack
        from app.settings import read

        stack.stop(read(), names)

    @services.command("status")
    def status(*, json: Json = False) -> None:
        """Show what runs, where, and where its log is; fails where one that was started does not answer."""
        from app.commands import stack
        from app.settings import read

        stack.status(read(), json=json)

    @services.command("lock")
    def lock() -> None:
        """Resolve what the servers are made of, and write the versions and checksums into the lock."""
        from app.commands import stack

        stack.lock()
