"""The one table of topics: what each is called, how it is keyed and which log rows it carries."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.entity import Action
from app.domain.kind import Kind

_WORDS = {
    Kind.OBJECT_TYPE: "object",
    Kind.PROPERTY: "property",
    Kind.SHARED_PROPERTY: "shared-property",
    Kind.LINK_TYPE: "link",
    Kind.INTERFACE: "interface",
    Kind.ACTION_TYPE: "action",
    Kind.VALUE_TYPE: "value-type",
    Kind.TYPE_GROUP: "type-group",
}
PARTITIONS = 6  # fixed: the order of a key would not survive another number
RETENTION_MS = 7 * 24 * 3_600 * 1_000  # seven days
MERGED = "version.changeset.merged"  # what our own workers follow
CHANGE_SET_ACTIONS = ("opened", "updated", "merged", "closed", "rolled-back")
ONTOLOGY_ACTIONS = ("created", "updated", "archived")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with its key: the rid of the entity, of the change set, or of the ontology where its order matters."""

    name: str
    key: str
    sentence: str
    kind: Kind | None = None  # of the entities that it tells of
    partitions: int = PARTITIONS
    retention_ms: int = RETENTION_MS


def entity_topic(kind: Kind, action: Action) -> str:
    """Where a change of an entity goes; `ontology.object.created` is the specification's."""
    return f"ontology.{_WORDS[kind]}.{action.value}"


def change_set_topic(action: str) -> str:
    """Where an event of a change set goes."""
    return f"version.changeset.{action}"


def ontology_topic(action: str) -> str:
    """Where an event of an ontology itself goes."""
    return f"ontology.ontology.{action}"


TOPICS: tuple[Topic, ...] = (
    *(
        Topic(entity_topic(kind, action), "rid", f"A {kind.words} was {action.value}; the full state after it.", kind)
        for kind in Kind
        for action in Action
    ),
    *(
        Topic(change_set_topic(action), "ontology" if action == "merged" else "changeSet", f"A change set was {action}.")
        for action in CHANGE_SET_ACTIONS
    ),
    *(Topic(ontology_topic(action), "ontology", f"An ontology was {action}.") for action in ONTOLOGY_ACTIONS),
)
KEYS = {topic.name: topic.key for topic in TOPICS}
