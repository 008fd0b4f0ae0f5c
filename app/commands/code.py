"""`oms plan`, `oms apply` and `oms diff`: an ontology as code; `oms log` and `oms show`: how it came to be so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[Path, typer.Argument(help="A YAML or JSON file, what `oms export` wrote, or a folder of YAML files.", metavar="FILE")]
Side = Annotated[str, typer.Argument(help="A file, a folder, or an ontology such as sample, sample@12 or sample@2026-11-24T08:30:00Z.")]
Which = Annotated[str, typer.Argument(help="The ontology by its apiName.", metavar="ONTOLOGY")]
Upto = Annotated[int | None, typer.Option("--upto", help="Begin at this revision and go back from there.")]
Count = Annotated[int, typer.Option("-n", "--count", min=1, max=10_000, help="How many revisions.")]
What = Annotated[str, typer.Argument(help="A revision such as sample@12, or the rid of a change set or an entity.")]
Ontology = Annotated[str, typer.Option(help="The ontology by its apiName.")]
OnlyNamed = Annotated[bool, typer.Option("--only-named", help="Leave alone what the file does not name, in place of deleting it.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Review = Annotated[bool, typer.Option("--review", help="Leave the change set open for review, as a protected ontology always does.")]
Revision = Annotated[int | None, typer.Option("--revision", help="Refuse where the ontology is not at this revision, which a plan named.")]
Title = Annotated[str, typer.Option("--title", help="The title of the change set, in place of the file's name.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before something is deleted.")]


def register(app: typer.Typer) -> None:
    """Add the commands; what they run is imported when they run."""

    @app.command()
    def plan(source: Source, ontology: Ontology = "main", *, only_named: OnlyNamed = False, json: Json = False) -> None:
        """Show what a file would change: 0 nothing, 2 something, 1 refused."""
        from app.commands.applying import Apply
        from app.settings import read

        Apply(source, ontology, only_named=only_named, json=json, dry=True)(read())

    @app.command()
    def apply(
        source: Source,
        ontology: Ontology = "main",
        revision: Revision = None,
        title: Title = "",
        *,
        only_named: OnlyNamed = False,
        review: Review = False,
        yes: Yes = False,
        json: Json = False,
    ) -> None:
        """Make the ontology what a file says, by one change set, merged or open for review."""
        from app.commands.applying import Apply
        from app.settings import read

        Apply(source, ontology, only_named=only_named, json=json, dry=False, review=review, revision=revision, title=title, yes=yes)(read())

    @app.command()
    def diff(one: Side, other: Side, *, json: Json = False) -> None:
        """Show what makes one file, folder or ontology into another: 0 nothing, 2 something, 1 refused."""
        from app.commands.comparing import Compare
        from app.settings import read

        Compare(one, other, json)(read())

    @app.command()
    def log(ontology: Which = "main", upto: Upto = None, count: Count = 20, *, json: Json = False) -> None:
        """Show the newest revisions of an ontology: when, by whom, reviewed by whom, what changed, and why."""
        from app.commands.chronicle import Log
        from app.settings import read

        Log(ontology, upto, count, json)(read())

    @app.command()
    def show(what: What, *, json: Json = False) -> None:
        """Show a revision or a change set field by field, or every version of an entity."""
        from app.commands.chronicle import Show
        from app.settings import read

        Show(what, json)(read())
