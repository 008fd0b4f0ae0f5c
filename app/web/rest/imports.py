"""`POST /api/import` takes a file, streamed to disk, and answers with its job; `GET /api/job/<rid>` says how far that is."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from app.domain.actor import Role
from app.domain.errors import BadInput, NotFound
from app.domain.rid import well_formed
from app.persistence import jobs
from app.services.imports import Wanted
from app.transfer.files import Form
from app.web.rest.call import Reply, only
from app.web.rest.shapes import record_json

if TYPE_CHECKING:
    from app.domain.job import Job
    from app.persistence.database import Database
    from app.services.imports import Imports
    from app.web.rest.call import Call

MEDIA = {
    "text/turtle": Form.TURTLE, "application/n-triples": Form.N_TRIPLES, "application/rdf+xml": Form.RDF_XML,
    "application/ld+json": Form.JSON_LD, "application/trig": Form.TRIG, "application/n-quads": Form.N_QUADS, "application/yaml": Form.YAML,
    "application/json": Form.JSON,
}  # fmt: skip
"""The forms by their media types; `format` in the URL says it for any other type."""


@dataclass(frozen=True, slots=True)
class ImportPaths:
    """The handlers of imports and of their jobs."""

    imports: Imports
    database: Database

    async def submit(self, call: Call) -> Reply:
        """202 with the job, as soon as the file has arrived; its media type or `format` says what it is written in."""
        only(call.query, "ontology", "format", "language", "title", "draft", "dryRun", "prune", where="The URL")
        wanted = Wanted(
            call.ontology, _form(call), tuple(filter(None, call.query.get("language", "en").split(","))), call.query.get("title", ""),
            prune=call.flag("prune"), draft=call.flag("draft"), dry_run=call.flag("dryRun"),
        )  # fmt: skip
        if call.file is None:
            raise BadInput("The body is the file.", path="body")
        file, call.file = call.file, None
        job = await self.imports.submit(call.actor, wanted, file, key=call.idempotency())
        return Reply(job_json(job), HTTPStatus.ACCEPTED, {"location": f"/api/job/{job.rid}"})

    async def get(self, call: Call) -> Reply:
        """200 with the job as it is now: its state, its progress, and how it ended."""
        only(call.query, where="The URL")
        rid = call.parameters["rid"]
        if not well_formed(rid):
            raise NotFound("job", rid[:200])
        call.actor.require(Role.VIEWER)
        async with self.database.reading() as snapshot:
            return Reply(job_json(await jobs.find(snapshot, rid)))


def job_json(job: Job) -> dict[str, Any]:
    """A job by its fields."""
    return record_json(job)


def _form(call: Call) -> Form:
    named = call.query.get("format")
    if named is not None:
        try:
            return Form(named)
        except ValueError:
            raise BadInput(f"format is one of {', '.join(Form)}.", path="format") from None
    media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in MEDIA:
        raise BadInput(f"The media type of the file is one of {', '.join(MEDIA)}; for any other, format says what it is.", path="format")
    return MEDIA[media]
