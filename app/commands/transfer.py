"""`oms import` and `oms export`: whole ontologies from and to files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Written(StrEnum):
    """What an export is written in."""

    YAML = "yaml"
    JSON = "json"


File = Annotated[Path, typer.Argument(help="Turtle (.ttl), YAML or JSON.", metavar="FILE")]
Ontology = Annotated[str, typer.Option(help="The ontology by its apiName.")]
Languages = Annotated[str, typer.Option("--language", help="Wished languages of Turtle labels, the best first, such as en,ko.")]
Receipt = Annotated[Path | None, typer.Option("--receipt", help="Where every line of the receipt is written, as lines of JSON.")]
Prune = Annotated[bool, typer.Option("--prune", help="Delete what a YAML or JSON file does not mention.")]
Draft = Annotated[bool, typer.Option("--draft", help="Leave the change set open for review, as a protected ontology always does.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show plan and receipt, and store nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="The file to write, in place of standard output.")]
Format = Annotated[Written | None, typer.Option("--format", help="yaml, which is the default, or json.")]


def register(app: typer.Typer) -> None:
    """Add both commands; what they run is imported when they run."""

    @app.command("import")
    def import_(
        file: File,
        ontology: Ontology = "main",
        language: Languages = "en",
        receipt: Receipt = None,
        *,
        prune: Prune = False,
        draft: Draft = False,
        dry_run: DryRun = False,
        json: Json = False,
    ) -> None:
        """Make the ontology of a file, by one change set."""
        from app.commands.importing import Import
        from app.settings import read

        languages = tuple(filter(None, language.split(",")))
        Import(file, ontology, languages, receipt, prune=prune, draft=draft, dry_run=dry_run, json=json)(read())

    @app.command("export")
    def export(ontology: Ontology = "main", form: Format = None, output: Output = None) -> None:
        """Write an ontology as canonical YAML or JSON, the same bytes for the same ontology."""
        from app.commands.exporting import export
        from app.settings import read
        from app.transfer.files import Form

        by_ending = Form.JSON if output is not None and output.suffix == ".json" else Form.YAML
        export(read(), ontology, form=Form(form) if form else by_ending, output=output)
