"""Which violations are to be mended."""

from __future__ import annotations

import strawberry

from resolvers.inputs.change_set import OfOpenChangeSetInput
from resolvers.inputs.lock import UnderLocks
from resolvers.inputs.words import absent, needed


@strawberry.input(description="A violation, as `validateChangeSet` told it.")
class ViolationInput:
    rule: str = needed("The id of the rule.")
    rid: strawberry.ID = needed("The entity.")
    path: str = strawberry.field(description="The field; empty for the whole entity.", default="")


@strawberry.input(description="Stages fixes.")
class ApplyFixesInput(OfOpenChangeSetInput, UnderLocks):
    violations: list[ViolationInput] | None = absent("Only the fixes of these, at most 1,000; of all that have one where nothing is said.")
