"""`oms dev`: everything on one machine, with nothing to install before."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from app.bootstrap import development_issuer
from app.commands.database import database_of, migrated, require_newest
from app.commands.full import PEOPLE, access_token, access_tokens, real_servers, workers
from app.commands.serving import address_of, end_on_signals, listener, serve
from app.commands.terminal import Refused, notes, out
from app.domain.actor import Role
from app.persistence.database import Database
from app.sample.story import tell

if TYPE_CHECKING:
    from app.settings import Settings

NAMES = {Role.VIEWER: "Vera Viewer", Role.EDITOR: "Edda Editor", Role.ADMIN: "Adam Admin"}


def dev(settings: Settings, *, full: bool = False, free_ports: bool = False) -> None:
    """Start a database where none is given, or all servers, migrate it, fill it once, and serve until Ctrl-C."""
    if not settings.development:
        raise Refused(f"`oms dev` is for development and OMS_ENV is {settings.oms_env}: use `oms api`.")
    end_on_signals()
    with ExitStack() as stack:
        bound = stack.enter_context(listener(settings))
        around = real_servers(settings, free_ports=free_ports) if full else database_of(settings)
        ready = stack.enter_context(around)
        notes.print(f"[dim]{migrated(ready)}[/]")
        with notes.status("Writing the sample ..."):
            if asyncio.run(_sampled(ready)):
                notes.print("[dim]The ontology sample was written.[/]")
        if full:
            stack.enter_context(workers(ready))
        serve(
            ready,
            bound,
            lambda: out.print(welcome(ready, address_of(bound), full=full), soft_wrap=True),
            tokens=partial(access_tokens, ready) if full else None,
        )


async def _sampled(settings: Settings) -> bool:
    async with Database.opened(settings.database_url or "", size=2) as database:
        return await tell(database)


def api(settings: Settings) -> None:
    """Serve from the database that is given, which must be at the newest migration."""
    end_on_signals()
    require_newest(settings)
    with listener(settings) as bound:
        serve(settings, bound, lambda: notes.print(f"Serving at {address_of(bound)}"))


def welcome(settings: Settings, address: str, *, full: bool = False) -> str:
    """Where to go and with what; a token stands on a line of its own, whole, so that it can be copied."""
    lines = [
        "",
        f"[bold]Ontology Metadata Service[/]  {address}",
        f"GraphiQL                   {address}/graphql",
        f"REST                       {address}/docs",
    ]
    if issuer := development_issuer(settings):
        for role in Role:
            lines += ["", f"[dim]A development token with the role {role.value}:[/]", issuer.issue(role, NAMES[role])]
    if full:
        lines.append(f"Keycloak                   {settings.keycloak_issuer}")
        for role in Role:
            lines += [
                "",
                f"[dim]A token of {PEOPLE[role]}, whose password is the name, with the role {role.value}:[/]",
                access_token(settings, role),
            ]
    return "\n".join([*lines, "", f"[dim]Ctrl-C ends it; the data stays in {settings.oms_data_dir}.[/]"])
