"""`oms recount`: the totals that merges keep, beside what the versions say."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.commands.database import database_of, require_newest
from app.commands.terminal import Refused, out, print_json
from app.domain.errors import OmsError
from app.persistence import totals
from app.persistence.database import Database
from app.persistence.log import ends

if TYPE_CHECKING:
    from app.persistence.totals import Miscount

DIFFERS = 2
NAMED = 20  # revisions that are named in the table; --json names all
SECONDS = 600  # in which the versions of one ontology must be counted

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Repair = Annotated[bool, typer.Option("--repair", help="Write what was counted.")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def recount(*, repair: Repair = False, json: Json = False) -> None:
        """Count the entities of every revision, beside the totals that merges keep: 0 equal or put right, 2 something differs."""
        from app.settings import read

        with database_of(read()) as settings:
            require_newest(settings)
            try:
                found = asyncio.run(_recounted(settings.database_url or "", repair=repair))
            except OmsError as refused:
                raise Refused(refused.message) from None
        _tell(found, json=json)
        if not repair and any(found.values()):
            raise typer.Exit(DIFFERS)


async def _recounted(url: str, *, repair: bool) -> dict[str, list[Miscount]]:
    """What differs, by the apiName of the ontology."""
    found = {}
    async with Database.opened(url, size=2, statement_seconds=SECONDS, long_statement_seconds=SECONDS) as database:
        async with database.reading() as snapshot:
            names = {each.ontology: each.api_name for each in await ends(snapshot)}
        for rid, name in sorted(names.items(), key=lambda each: each[1]):
            async with database.reading() as snapshot:
                found[name] = await totals.miscounts(snapshot, rid)
            if repair and found[name]:
                async with database.writing(long=True) as work:
                    await totals.mend(work, rid)
    return found


def _tell(found: dict[str, list[Miscount]], *, json: bool) -> None:
    if json:
        print_json({name: [{"revision": e.revision, "kept": e.kept, "counted": e.counted} for e in each] for name, each in found.items()})
        return
    table = Table("ontology", "revisions that differ", "which", title="Totals beside the versions", title_justify="left")
    for name, each in found.items():
        which = ", ".join(str(one.revision) for one in each[:NAMED]) + (" …" if len(each) > NAMED else "")
        table.add_row(name, f"[red]{len(each):,}[/]" if each else "[green]0[/]", which)
    out.print(table)
