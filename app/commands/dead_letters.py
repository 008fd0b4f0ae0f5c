"""`oms dead-letters`: what the search index and the graph database refuse, written again or given up."""

from __future__ import annotations

import asyncio
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.table import Table

from app.commands.database import database_of, require_newest
from app.commands.terminal import Refused, out
from app.domain.actor import Actor, Role
from app.domain.errors import OmsError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.services.repairs import Repairs
    from app.settings import Settings

MOST = 1_000

Rids = Annotated[list[str], typer.Argument(help="The entities, by rid.", metavar="RID…")]
SomeRids = Annotated[
    list[str] | None, typer.Argument(help="Only these entities, by rid; everything that is listed without them.", metavar="RID…")
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands; what they run is imported when they run."""
    letters = typer.Typer(help="What the search index and the graph database refuse.", no_args_is_help=True)
    app.add_typer(letters, name="dead-letters")

    @letters.command("list")
    def list_(*, json: Json = False) -> None:
        """List them with their reasons, the latest first."""
        _print(_run(lambda repairs: repairs.dead_letters(_actor(), limit=MOST)), json=json)

    @letters.command()
    def replay(rids: SomeRids = None) -> None:
        """Write their entities again where they were refused, as they are now."""
        repaired = _run(lambda repairs: repairs.retry(_actor(), rids or None))
        out.print(f"Wrote {len(repaired.rids) - len(repaired.refused)} of {len(repaired.rids)} documents.")
        if repaired.refused:
            raise Refused(f"A sink still refuses {len(repaired.refused)}: `oms dead-letters list` says why.")

    @letters.command()
    def discard(rids: Rids) -> None:
        """Take them off the list; their entities stay, and stay FAILED."""
        repaired = _run(lambda repairs: repairs.discard(_actor(), rids))
        out.print(f"Took {len(repaired.rids)} of {len(rids)} off the list.")


def _actor() -> Actor:
    name = getuser()
    return Actor(f"cli:{name}", name, frozenset({Role.ADMIN}), request_id="cli")


def _run(work: Callable[[Repairs], Awaitable[Any]]) -> Any:
    from app.settings import read

    with database_of(read()) as settings:
        require_newest(settings)
        try:
            return asyncio.run(_done(settings, work))
        except OmsError as refused:
            raise Refused(str(refused)) from None


async def _done(settings: Settings, work: Callable[[Repairs], Awaitable[Any]]) -> Any:
    from app.persistence.database import Database
    from app.services.repairs import Repairs
    from app.sinks import views

    async with Database.opened(settings.database_url or "", size=2) as database, views(settings, database, seconds=30) as kept:
        return await work(Repairs(database, kept))


def _print(letters: list[Any], *, json: bool) -> None:
    names = ("sink", "rid", "revision", "attempts", "last_at", "reason")
    rows = [{name: getattr(letter, name) for name in names} for letter in letters]
    if json:
        out.print(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode(), soft_wrap=True)
        return
    table = Table(title=f"{len(rows)} dead letters", title_justify="left")
    for name in ("sink", "entity", "revision", "attempts", "last", "reason"):
        table.add_column(name, overflow="fold")  # the rid is what replay and discard take: it stays whole
    for row in rows:
        last = f"{row['last_at']:%Y-%m-%d %H:%M}"
        table.add_row(row["sink"], row["rid"], str(row["revision"]), str(row["attempts"]), last, row["reason"])
    out.print(table)
