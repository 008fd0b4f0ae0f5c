"""The names of the kinds: what an ontology is made of."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """A kind of entity; the value is what the database and the files say."""

    OBJECT_TYPE = "object_type"
    PROPERTY = "property"
    SHARED_PROPERTY = "shared_property"
    LINK_TYPE = "link_type"
    INTERFACE = "interface"
    ACTION_TYPE = "action_type"
    VALUE_TYPE = "value_type"
    TYPE_GROUP = "type_group"

    @property
    def words(self) -> str:
        """As people say it: `link type`."""
        return self.value.replace("_", " ")

    @property
    def slug(self) -> str:
        """As URLs and rids say it: `link-type`."""
        return self.value.replace("_", "-")
