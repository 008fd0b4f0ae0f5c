"""Which ontology an entity belongs to, for writes that name only the entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.domain.kind import Kind

if TYPE_CHECKING:
    from app.persistence.database import Snapshot, Transaction


class Whereabouts(NamedTuple):
    """An entity that is or was: a deleted one keeps its rid."""

    ontology: str
    kind: Kind
    version: int
    deleted: bool


async def whereabouts(reader: Snapshot | Transaction, rid: str) -> Whereabouts | None:
    """Where the entity is, None where there never was one."""
    row = await reader.fetchrow("SELECT ontology, kind, version, deleted FROM entity WHERE rid = $1", rid)
    return None if row is None else Whereabouts(row["ontology"], Kind(row["kind"]), row["version"], row["deleted"])
