"""`oms import` and `oms export`: whole ontologies from and to files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Said(StrEnum):
    """What a file is written in."""

    TURTLE = "turtle"
    N_TRIPLES = "n-triples"
    RDF_XML = "rdf-xml"
    JSON_LD = "json-ld"
    TRIG = "trig"
    N_QUADS = "n-quads"
    YAML = "yaml"
    JSON = "json"


class Written(StrEnum):
    """What an export is written in."""

    YAML = "yaml"
    JSON = "json"


File = Annotated[Path, typer.Argument(help="RDF in any form (.ttl .nt .rdf .owl .jsonld .trig .nq), YAML or JSON.", metavar="FILE")]
Ontology = Annotated[str, typer.Option(help="The ontology by its apiName.")]
Reading = Annotated[Said | None, typer.Option("--format", help="What the file is written in, where its ending does not say.")]
Languages = Annotated[str, typer.Option("--language", help="Wished languages of labels in RDF, the best first, such as en,ko.")]
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
    def import_(  # noqa: PLR0913 - one parameter an option
        file: File,
        ontology: Ontology = "main",
        form: Reading = None,
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
        from app.transfer.files import Form

        said = Form(form) if form else None
        languages = tuple(filter(None, language.split(",")))
        Import(file, ontology, said, languages, receipt, prune=prune, draft=draft, dry_run=dry_run, json=json)(read())

    @app.command("export")
    def export(ontology: Ontology = "main", form: Format = None, output: Output = None) -> None:
        """Write an ontology as canonical YAML or JSON, the same bytes for the same ontology."""
        from app.commands.exporting import export
        from app.settings import read
        from app.transfer.files import Form

        by_ending = Form.JSON if output is not None and output.suffix == ".json" else Form.YAML
        export(read(), ontology, form=Form(form) if form else by_ending, output=output)
