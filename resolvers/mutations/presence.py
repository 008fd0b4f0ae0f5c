"""What somebody who is present looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import strawberry

from app.domain.errors import BadInput, Unavailable
from app.domain.text import refused_character
from resolvers.inputs.presence import AnnouncePresenceInput
from resolvers.mutations.writing import Info, given, known_rid, mutation

if TYPE_CHECKING:
    from app.services.attendance import Attendance

LONGEST_PATH = 1_000  # characters


@strawberry.type(description="The others see it now.")
class AnnouncePresencePayload:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")


@strawberry.type
class PresenceMutations:
    """Mixed into the schema's mutations."""

    @mutation("Show to all who follow the presence of a change set what one looks at; INVALID_STATE where one does not follow it oneself.")
    async def announce_presence(self, info: Info, input: AnnouncePresenceInput) -> AnnouncePresencePayload:
        rid, path = given(input.rid), given(input.path)
        if path is not None and (len(path) > LONGEST_PATH or refused_character(path) is not None):
            raise BadInput(f"A path has up to {LONGEST_PATH:,} plain characters.", path="path")
        await attendance(info).look_at(
            info.context.actor, known_rid(input.change_set, "change set"), None if rid is None else known_rid(rid, "entity"), path
        )
        return AnnouncePresencePayload(client_mutation_id=given(input.client_mutation_id))


def attendance(info: Info) -> Attendance:
    """Who keeps the seats; UNAVAILABLE where nothing live is served."""
    found = info.context.services.attendance
    if found is None:
        raise Unavailable("Presence is not served here.")
    return cast("Attendance", found)
