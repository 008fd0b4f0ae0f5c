"""What somebody says about what they look at."""

from __future__ import annotations

import strawberry

from resolvers.inputs.words import absent, needed


@strawberry.input(description="Shows to the others what somebody looks at.")
class AnnouncePresenceInput:
    client_mutation_id: str | None = absent("Sent back unchanged.")
    change_set: strawberry.ID = needed("The change set whose presence they follow.")
    rid: strawberry.ID | None = absent("The entity that they look at; none where nothing is said.")
    path: str | None = absent("The field of it, in up to 1,000 characters.")
