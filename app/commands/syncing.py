"""`oms verify` and `oms sync full`: views beside PostgreSQL, compared, mended, or built anew."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.commands.database import database_of, require_newest
from app.commands.terminal import Refused, notes, out, print_json
from app.domain.errors import OmsError
from app.ports.search_index import SinkDown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

    from app.services.reconciling import Proof
    from app.services.syncing import Synced, Syncing, Told
    from app.settings import Settings

DIFFERS = 2
NAMED = 20  # entities that are named in a table; --json names all

Ontology = Annotated[str | None, typer.Option(help="Only this ontology, by its apiName.")]
Sinks = Annotated[list[str] | None, typer.Option("--sink", help="Only this one: opensearch or neo4j.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Repair = Annotated[bool, typer.Option("--repair", help="Write what differs again.")]


def register(app: typer.Typer) -> None:
    """Add the commands; what they run is imported when they run."""
    sync = typer.Typer(help="The search index and the graph database, from PostgreSQL.", no_args_is_help=True)
    app.add_typer(sync, name="sync")

    @sync.command()
    def full(ontology: Ontology = None, sink: Sinks = None, *, json: Json = False) -> None:
        """Build them anew beside what is searched, then search that: 0 done, 2 something still differs."""
        _run(lambda syncing: _full(syncing, ontology, sink, json=json))

    @app.command()
    def verify(ontology: Ontology = None, sink: Sinks = None, *, repair: Repair = False, json: Json = False) -> None:
        """Compare them with PostgreSQL, entity by entity: 0 equal or put right, 2 something differs."""
        _run(lambda syncing: _verify(syncing, ontology, sink, repair=repair, json=json))


def _run(work: Callable[[Syncing], Awaitable[bool]]) -> None:
    from app.settings import read

    with database_of(read()) as settings:
        require_newest(settings)
        try:
            right = asyncio.run(_done(settings, work))
        except OmsError as refused:
            raise Refused(refused.message) from None
        except SinkDown as down:
            raise Refused(f"A sink does not answer ({down}): nothing was changed by half.") from None
    if not right:
        raise typer.Exit(DIFFERS)


async def _done(settings: Settings, work: Callable[[Syncing], Awaitable[bool]]) -> bool:
    async with opened(settings) as syncing:
        return await work(syncing)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Syncing]:
    """The views that the settings name."""
    from app.persistence.database import Database
    from app.services.jobs import Jobs
    from app.services.reconciling import Reconciling
    from app.services.syncing import Syncing
    from app.sinks import views

    async with Database.opened(settings.database_url or "", size=3) as database, views(settings, database) as found:
        yield Syncing(database, Jobs(database), Reconciling(database, found))


async def _full(syncing: Syncing, ontology: str | None, only: Sequence[str] | None, *, json: bool) -> bool:
    with _bar() as tell:
        done = await syncing.full(ontology, only, tell)
    if json:
        print_json([asdict(each) for each in done])
    else:
        _print_synced(done)
    return not any(each.differing for each in done)


async def _verify(syncing: Syncing, ontology: str | None, only: Sequence[str] | None, *, repair: bool, json: bool) -> bool:
    proofs = await syncing.verify(ontology, only, repair=repair)
    if json:
        print_json([_told(each) for each in proofs])
    else:
        _print_proofs(proofs)
    return all(len(each.differing) == each.mended for each in proofs)


@contextmanager
def _bar() -> Iterator[Told]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True) as progress:
        task = progress.add_task("Syncing", total=None)

        async def tell(what: str, count: int, total: int) -> None:
            progress.update(task, description=what, completed=count, total=total)

        yield tell


def _print_synced(done: Sequence[Synced]) -> None:
    table = Table("sink", "ontology", "revision", "entities", "refused", "differing", title="Full sync", title_justify="left")
    for each in done:
        table.add_row(each.sink, each.ontology, str(each.revision), f"{each.entities:,}", str(each.refused), str(each.differing))
    out.print(table)


def _told(proof: Proof) -> dict[str, Any]:
    return {
        "sink": proof.sink, "ontology": proof.ontology, "revision": proof.revision, "head": proof.head,
        "postgres": {"entities": proof.wanted.count, "digest": proof.wanted.digest},
        "held": {"entities": proof.held.count, "digest": proof.held.digest},
        "differing": [{"rid": each.rid, "trouble": each.trouble.value} for each in proof.differing],
        "mended": proof.mended, "refused": proof.refused,
    }  # fmt: skip


def _print_proofs(proofs: Sequence[Proof]) -> None:
    """The ontology in PostgreSQL, and the view of it below: both digests whole also in a narrow terminal, since they are the proof."""
    table = Table(title="Views beside PostgreSQL", title_justify="left")
    table.add_column("view", overflow="fold")
    for name in ("revision", "entities", "digest", "differs", "mended", "refused"):
        table.add_column(name, no_wrap=True)
    for each in proofs:
        differs = f"[red]{len(each.differing)}[/]" if each.differing else "[green]0[/]"
        table.add_row(each.ontology, str(each.head), f"{each.wanted.count:,}", each.wanted.digest)
        table.add_row(
            f"  {each.sink}", str(each.revision), f"{each.held.count:,}", each.held.digest, differs, str(each.mended), str(each.refused)
        )
    out.print(table)
    named = [(proof, each) for proof in proofs for each in proof.differing]
    for proof, found in named[:NAMED]:
        out.print(f"{proof.sink}: {found.rid} is {found.trouble.value}", soft_wrap=True, markup=False)
    if len(named) > NAMED:
        out.print(f"… and {len(named) - NAMED:,} more: --json names them.")
