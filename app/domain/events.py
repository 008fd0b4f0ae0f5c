"""The envelope of every event, how it is written and how it is read again, however old it is.

Only optional fields are ever added. Where that is not enough, the version goes up and UPCASTERS gets a pure function from the
version before: so a reader knows the newest form alone, and the corpus of past events in the tests stays readable.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Upcasters = Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]  # by the version that it takes; it answers in the next one

SCHEMA_VERSION = 1
UPCASTERS: Upcasters = {}


class UnreadableEvent(Exception):
    """Bytes that are no event of ours, or of a version that is newer than this code."""


class Event(Value):
    """One event. `id` stays the same however often it is sent; `data` is the whole state after it."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    id: str = Field(description="Always the same for the same event: who sees it twice may drop one.")
    epoch: int = Field(description="Goes up when the log began anew, after a restore.")
    ontology: str = Field(description="The rid of the ontology.")
    revision: int | None = Field(None, description="The revision that the event belongs to, if it belongs to one.")
    index: int | None = Field(None, description="The place within the revision.")
    type: str = Field(description="What happened; the name of the topic without its prefix.")
    schema_version: int = Field(description="The version of this envelope and of its data.")
    rid: str | None = Field(None, description="The rid of the entity, if it is about one.")
    entity_version: int | None = Field(None, description="The entity's version after the event.")
    deleted: bool = Field(default=False, description="Whether the entity is deleted by it; `data` is then its last state.")
    occurred_at: AwareDatetime = Field(description="When it was committed.")
    actor: str = Field(description="Who did it.")
    request_id: str = Field("", description="The request in which it was done.")
    traceparent: str | None = Field(None, description="The trace in which it was done, as W3C has it.")
    data: dict[str, Any] = Field(description="The whole state after the event.")

    @classmethod
    def parse(cls, content: bytes | str) -> Event:
        """Read an event of this version or of any before it; UnreadableEvent for anything else."""
        try:
            said = json.loads(content)
            return cls.model_validate(upcast(said))
        except (ValueError, TypeError, KeyError, RecursionError) as refused:
            raise UnreadableEvent(f"It is no event: {type(refused).__name__}.") from refused

    def wire(self) -> dict[str, Any]:
        """The fields as they are sent."""
        return self.model_dump(mode="json", by_alias=True)


def upcast(said: dict[str, Any], upcasters: Upcasters = UPCASTERS, newest: int = SCHEMA_VERSION) -> dict[str, Any]:
    """The event in the newest form, by one upcaster after the other; what was given stays as it is."""
    version = said["schemaVersion"]
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= newest:
        raise UnreadableEvent(f"The event has version {version} and this code knows {newest}.")
    while version < newest:
        said, version = upcasters[version](deepcopy(said)), version + 1
    return {**said, "schemaVersion": version}
