"""By what an entity is recognised in a newer file: its IRI and its place; what no statement asked for, by its purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.kind import Kind
from app.transfer.rdf.ground import GENERATED

if TYPE_CHECKING:
    from app.domain.entity import Entity

Identity = tuple[Kind, str, str, str]


def identity(kind: Kind, fields: dict[str, Any]) -> Identity | None:
    """Of a definition's JSON; None where nothing in it says where it is from."""
    iri = fields.get("sourceIri")
    if kind is Kind.PROPERTY:
        owner = str(fields.get("objectType", ""))
        if iri is None and GENERATED in fields.get("annotations", {}):
            purpose = fields["annotations"][GENERATED][0]["text"]
            return (kind, purpose, owner, "" if purpose == "primary key" else str(fields["apiName"]).lower())
        return None if iri is None else (kind, iri, owner, "")
    if kind is Kind.LINK_TYPE and iri is not None:
        return (kind, iri, str(fields["a"]["objectType"]), str(fields["b"]["objectType"]))
    return None if iri is None else (kind, iri, "", "")


def identity_of(entity: Entity) -> Identity | None:
    """Of an entity that is held; cheap where it is from no file."""
    definition = entity.definition
    if definition.source_iri is None and GENERATED not in definition.annotations:
        return None
    return identity(entity.kind, definition.canonical())
