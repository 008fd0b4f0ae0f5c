"""What people say about a file that is to be imported."""

from __future__ import annotations

import strawberry

from app.services.imports import Wanted
from app.transfer.files import Form
from resolvers.enums import declare
from resolvers.inputs.words import IDEMPOTENCY_KEY, absent, needed

_FORMS = {
    "TURTLE": "Turtle.", "N_TRIPLES": "N-Triples.", "RDF_XML": "RDF/XML, with bounded internal entities.",
    "JSON_LD": "JSON-LD whose contexts are in the document.", "TRIG": "TriG; its graphs are read as one.",
    "N_QUADS": "N-Quads; its graphs are read as one.", "YAML": "An ontology as YAML, as `oms export` writes it.",
    "JSON": "An ontology as JSON, as `oms export` writes it.",
}  # fmt: skip
declare(Form, "ImportFormat", "What a file is written in.", _FORMS)


@strawberry.input(description="Imports a file into an ontology: of what is there already, the difference.")
class ImportOntologyInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    idempotency_key: str | None = absent(IDEMPOTENCY_KEY)
    ontology: str = strawberry.field(
        description="The apiName of the ontology; an Ontology Admin's import makes one that is not there.", default="main"
    )
    content: str = needed("The file. What is too large for a request is sent to `/api/import`.")
    format: Form = needed("What it is written in.")
    languages: list[str] | None = absent("Wished languages of labels in RDF, the best first; `en` where it is left out.")
    title: str | None = absent("The title of the change set, in up to 200 characters.")
    draft: bool | None = absent("Leaves the change set open for review, as a protected ontology always does.")
    dry_run: bool | None = absent("Says what would come of it, and stores nothing but the job.")
    prune: bool | None = absent(
        "Deletes what the file no longer says; of RDF only what earlier files brought, and nothing that others refer to."
    )

    def wanted(self) -> Wanted:
        """As the service takes it."""
        sent = {
            name: value
            for name in ("title", "draft", "dry_run", "prune")
            if (value := getattr(self, name)) is not strawberry.UNSET and value is not None
        }
        languages = () if self.languages is strawberry.UNSET or self.languages is None else tuple(self.languages)
        return Wanted(self.ontology, self.format, languages or ("en",), **sent)
