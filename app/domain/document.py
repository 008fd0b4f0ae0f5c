"""A search document: an entity as a search engine keeps it, with the names of the neighbours that it is found by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.definition import Definition
from app.domain.entity import Entity
from app.domain.property import PropertyDefinition
from app.domain.searched import Prominence
from app.domain.words import found, sort_key

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH = 2**40  # what one epoch is worth: more revisions than any ontology has

# Where each text of a definition stands in a document.
FIELDS: Mapping[Prominence, str] = {
    Prominence.NAME: "names",
    Prominence.OTHER_NAME: "otherNames",
    Prominence.PART: "parts",
    Prominence.PROSE: "prose",
}
NEIGHBOURS = {0.35: "neighbours", 0.5: "owner"}  # by what a neighbour's name is worth
FULFILS = "FULFILS"  # stands among the references before an interface that is implemented, be it by way of one that extends it


@dataclass(frozen=True, slots=True)
class Document:
    """What one entity is in the index; without a body it is a tombstone."""

    rid: str
    version: int
    body: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Around:
    """What a document holds of its neighbours: their names by worth, its properties' base types, and the interfaces that it fulfils."""

    names: dict[float, list[str]] = field(default_factory=dict)
    property_types: set[str] = field(default_factory=set)
    fulfilled: set[str] = field(default_factory=set)


def version(epoch: int, revision: int) -> int:
    """The version of a document: of two, the later one has the greater, across restores as well."""
    return epoch * EPOCH + revision


def names_of(definition: Definition) -> list[str]:
    """The texts by which a neighbour is found as well."""
    return [each.text for each in definition.search_text() if each.prominence in (Prominence.NAME, Prominence.OTHER_NAME) and each.text]


def body(entity: Entity, around: Around) -> dict[str, Any]:
    """What is found, filtered, counted and sorted by; the same for the same definitions."""
    definition = entity.definition
    words = definition.canonical()
    texts: dict[str, list[str]] = {name: [] for name in FIELDS.values()}
    for text in definition.search_text():
        if text.text:
            texts[FIELDS[text.prominence]].append(text.text)
    name = next(iter(found(definition.api_name)), None)
    return {
        "rid": entity.rid,
        "kind": entity.kind.value,
        "status": definition.status.value,
        "visibility": words.get("visibility", "NORMAL"),
        "baseType": words["type"]["base"] if isinstance(words.get("type"), dict) else None,
        "required": words.get("required", False),
        "cardinality": words.get("cardinality"),
        "object": definition.object_type if isinstance(definition, PropertyDefinition) else None,
        "refers": sorted(
            {f"{each.edge.value} {each.target}" for each in entity.references} | {f"{FULFILS} {each}" for each in around.fulfilled}
        ),
        "propertyTypes": sorted(around.property_types),
        "createdBy": entity.created_by,
        "updatedBy": entity.updated_by,
        "createdAt": micros(entity.created_at),
        "updatedAt": micros(entity.updated_at),
        "nameKey": definition.api_name.lower(),
        "displayKey": sort_key(definition.display_name),
        "nameLength": len(definition.api_name),
        "nameWords": max(len(name.parts), 1) if name else 1,
        **texts,
        **{place: sorted(around.names.get(worth, ())) for worth, place in NEIGHBOURS.items()},
    }


def micros(at: datetime | None) -> int | None:
    """A moment as the database keeps it, in one number."""
    return None if at is None else (at - _BEGINNING) // timedelta(microseconds=1)
