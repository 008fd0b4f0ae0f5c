"""The mutation that imports a file: it answers at once with a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from app.domain.errors import Unavailable
from resolvers.inputs.importing import ImportOntologyInput
from resolvers.mutations.writing import Info, given, mutation, once, ontology_name
from resolvers.types.job import Job

if TYPE_CHECKING:
    from app.services.imports import Imports


@strawberry.type(description="The file was taken; what comes of it is the job's.")
class ImportOntologyPayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    job: Job = strawberry.field(description="The job: follow it by `jobChanged`, or ask for it by `job`.")


@strawberry.type
class ImportMutations:
    """Mixed into the schema's mutations."""

    @mutation(
        "Import a file, in a process of its own: the answer is a job, at once. All of the file becomes one change set, merged or open for "
        "review, or nothing is stored."
    )
    async def import_ontology(self, info: Info, input: ImportOntologyInput) -> ImportOntologyPayload:
        ontology_name(input.ontology)
        key = await once(info, input)
        imports: Imports | None = info.context.services.imports
        if imports is None:
            raise Unavailable("Files are not taken here.")
        job = await imports.submit_text(info.context.actor, input.wanted(), input.content, key=key)
        return ImportOntologyPayload(client_mutation_id=given(input.client_mutation_id), job=Job.of(job))
