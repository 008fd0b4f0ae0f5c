"""What an Ontology Admin writes of an ontology itself."""

from __future__ import annotations

import strawberry

from resolvers.inputs.words import IDEMPOTENCY_KEY, absent, needed


@strawberry.input(description="What an Ontology Admin decides for one ontology.")
class OntologySettingsInput:
    require_review: bool | None = absent("Whether only a change set that somebody else approved may merge.")


@strawberry.input(description="Creates an ontology.")
class CreateOntologyInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    idempotency_key: str | None = absent(IDEMPOTENCY_KEY)
    api_name: str = needed("A kebab-case name of up to 100 characters, unique and for ever.")
    display_name: str = needed("1 to 200 characters.")
    description: str | None = absent("What it is for, in up to 10,000 characters.")
    settings: OntologySettingsInput | None = absent("Its settings; nothing is required where nothing is said.")


@strawberry.input(description="Changes an ontology itself: what is absent stays.")
class UpdateOntologyInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    idempotency_key: str | None = absent(IDEMPOTENCY_KEY)
    rid: strawberry.ID = needed("The ontology.")
    expected_version: int = needed("The version that the author looked at; any other is a VersionConflict.")
    display_name: str | None = absent("1 to 200 characters.")
    description: str | None = absent("Up to 10,000 characters.")
    settings: OntologySettingsInput | None = absent("Its settings; what is absent in them stays too.")


@strawberry.input(description="Makes an ontology read-only.")
class ArchiveOntologyInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    idempotency_key: str | None = absent(IDEMPOTENCY_KEY)
    rid: strawberry.ID = needed("The ontology.")
    expected_version: int = needed("The version that the author looked at; any other is a VersionConflict.")
