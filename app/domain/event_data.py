"""What the events carry that are not about one entity; an entity's event carries its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.domain.kinds import KINDS
from app.domain.topics import MERGED, ONTOLOGY_ACTIONS, TOPICS, ontology_topic
from app.domain.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from app.domain.topics import Topic


class Told(Value):
    """Part of an event: readers pass over what they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class MergedData(Told):
    """A revision was made."""

    change_set: str = Field(description="The rid of the change set that was merged.")
    ontology: str = Field(description="The rid of the ontology.")
    revision: int = Field(description="The revision that the merge made.")
    counts: dict[str, dict[str, int]] = Field(description="How many entities of each kind were created, updated and deleted.")


class ChangeSetData(Told):
    """A change set as it is after the event."""

    change_set: str = Field(description="The rid of the change set.")
    ontology: str = Field(description="The rid of the ontology.")
    event: str = Field(description="What happened, more finely than the topic says: staged or commented, say.")
    status: str = Field(description="Open, merged or closed.")
    review: str = Field(description="How far the review is.")
    version: int = Field(description="The version of the change set itself.")
    title: str = Field(description="What its author calls it.")
    author: str = Field(description="Who opened it.")
    reviewers: list[str] = Field(description="Who is asked to review it.")
    operation_count: int = Field(description="How many operations it holds.")
    merged_revision: int | None = Field(None, description="The revision that its merge made.")


class OntologyData(Told):
    """An ontology as it is after the event."""

    api_name: str = Field(description="The name in code.")
    display_name: str = Field(description="The name for people.")
    description: str | None = Field(None, description="What it is for.")
    settings: dict[str, Any] = Field(description="Its settings.")
    version: int = Field(description="The version of the ontology itself.")


def carried() -> Iterator[tuple[Topic, type[BaseModel]]]:
    """Every topic with what its events carry as `data`."""
    for topic in TOPICS:
        if topic.kind is not None:
            yield topic, KINDS[topic.kind]
        elif topic.name == MERGED:
            yield topic, MergedData
        else:
            yield topic, OntologyData if topic.name in _OF_ONTOLOGIES else ChangeSetData


_OF_ONTOLOGIES = {ontology_topic(action) for action in ONTOLOGY_ACTIONS}
