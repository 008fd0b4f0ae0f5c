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
    """What an export is written in; as `Output`, which is imported only when it runs."""

    YAML = "yaml"
    JSON = "json"
    TURTLE = "turtle"
    JSON_LD = "json-ld"
    JSON_SCHEMA = "json-schema"
    GRAPHQL = "graphql"


File = Annotated[Path, typer.Argument(help="RDF in any form (.ttl .nt .rdf .owl .jsonld .trig .nq), YAML or JSON.", metavar="FILE")]
Ontology = Annotated[str, typer.Option(help="The ontology by its apiName.")]
Reading = Annotated[Said | None, typer.Option("--format", help="What the file is written in, where its ending does not say.")]
Languages = Annotated[str, typer.Option("--language", help="Wished languages of labels in RDF, the best first, such as en,ko.")]
Receipt = Annotated[Path | None, typer.Option("--receipt", help="Where every line of the receipt is written, as lines of JSON.")]
Prune = Annotated[bool, typer.Option("--prune", help="Delete what the file no longer says; of RDF only what earlier files brought.")]
Draft = Annotated[bool, typer.Option("--draft", help="Leave the change set open for review, as a protected ontology always does.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show plan and receipt, and store nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="The file to write, in place of standard output.")]
Format = Annotated[Written | None, typer.Option("--format", help="In place of what the ending of the file says; yaml by default.")]
Folder = Annotated[Path | None, typer.Option("--folder", help="Write YAML into this folder, a file an entity; what is gone is removed.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="A revision such as 12, or a moment such as 2026-11-24T08:30:00Z.")]


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
    def export(
        ontology: Ontology = "main",
        form: Format = None,
        output: Output = None,
        folder: Folder = None,
        as_of: AsOf = None,
        receipt: Receipt = None,
    ) -> None:
        """Write an ontology in one of several forms, the same bytes for the same ontology, and say what the form cannot."""
        from app.commands.exporting import Export, form_of
        from app.commands.points import point
        from app.settings import read

        Export(ontology, form_of(form, output), point(as_of), output, folder, receipt)(read())
