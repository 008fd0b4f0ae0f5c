"""Rows to domain objects and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.change_set import ChangeSet, ChangeSetStatus, Operation, Origin, ReviewStatus, Verb
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.domain.ontology import Ontology, OntologySettings
from app.domain.property import PropertyDefinition
from app.domain.words import sort_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.definition import Definition

ENTITY_COLUMNS = "rid, kind, version, revision, deleted, definition, created_at, created_by, updated_at, updated_by"
VERSION_COLUMNS = "rid, kind, version, revision_from AS revision, deleted, definition, created_at, created_by, updated_at, updated_by"


def definition_of(kind: str, fields: dict[str, Any]) -> Definition:
    """A stored definition; what was once valid parses."""
    return KINDS[Kind(kind)].model_validate(fields)


def entity_of(record: Mapping[str, Any]) -> Entity:
    """A row of `entity`, or of `entity_version` under VERSION_COLUMNS."""
    return Entity(
        record["rid"],
        record["version"],
        definition_of(record["kind"], record["definition"]),
        record["revision"],
        record["created_at"],
        record["created_by"],
        record["updated_at"],
        record["updated_by"],
        record["deleted"],
    )


def filed(definition: Definition) -> tuple[str, str, str, str, str, str | None, str | None]:
    """The columns that queries filter and sort by: api_name, name_key, display_name, display_key, status, owner, position."""
    owned = isinstance(definition, PropertyDefinition)
    return (
        definition.api_name,
        definition.api_name.lower(),
        definition.display_name,
        sort_key(definition.display_name),
        definition.status.value,
        definition.object_type if isinstance(definition, PropertyDefinition) else None,
        definition.position if owned and isinstance(definition, PropertyDefinition) else None,
    )


def change_set_of(record: Mapping[str, Any]) -> ChangeSet:
    """A row of `change_set`."""
    return ChangeSet(
        rid=record["rid"],
        ontology=record["ontology"],
        title=record["title"],
        description=record["description"],
        status=ChangeSetStatus(record["status"]),
        review=ReviewStatus(record["review"]),
        origin=Origin(record["origin"]),
        version=record["version"],
        base_revision=record["base_revision"],
        author=record["author"],
        created_at=record["created_at"],
        updated_at=record["updated_at"],
        labels=tuple(record["labels"]),
        reviewers=tuple(record["reviewers"]),
        operation_count=record["operation_count"],
        approved_by=record["approved_by"],
        approved_version=record["approved_version"],
        merged_revision=record["merged_revision"],
        merged_by=record["merged_by"],
        merged_at=record["merged_at"],
        closed_by=record["closed_by"],
        closed_at=record["closed_at"],
        rolls_back=record["rolls_back"],
        rolled_back_by=record["rolled_back_by"],
        author_name=record["author_name"],
    )


def operation_of(record: Mapping[str, Any]) -> Operation:
    """A row of `operation`."""
    return Operation(
        Verb(record["verb"]),
        Kind(record["kind"]),
        record["rid"],
        record["ref"],
        record["expected_version"],
        record["cascade"],
        record["fields"],
        record["restores"],
        str(record["id"]),
        record["words"],
    )


def ontology_of(record: Mapping[str, Any]) -> Ontology:
    """A row of `ontology`."""
    return Ontology(
        rid=record["rid"],
        api_name=record["api_name"],
        display_name=record["display_name"],
        description=record["description"],
        settings=OntologySettings(**record["settings"]),
        version=record["version"],
        head_revision=record["head_revision"],
        head_at=record["head_at"],
        created_at=record["created_at"],
        created_by=record["created_by"],
        updated_at=record["updated_at"],
        updated_by=record["updated_by"],
        archived_at=record["archived_at"],
    )
