"""Entities at a version, which never change: kept by this process, before what all processes share, before PostgreSQL.

Only who knows the version asks here: histories, audits, operations and live events. Of the newest state PostgreSQL has to be
asked which version it is, and gives the entity with the answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from app.persistence.reads import entities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.persistence.database import Snapshot
    from app.ports.cache import Cache

    Version = tuple[str, int]  # rid and version
    Row = Mapping[str, Any]

TIMES = ("created_at", "updated_at")


class KeptVersions:
    """A key names the epoch too: after a restore of the database a version may be another one of the same number."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def read(self, snapshot: Snapshot, epoch: int, wanted: Sequence[Version]) -> dict[Version, Row]:
        """Rows of entities at a version by rid and version, deleted ones included; what is not there is left out."""
        kept = await self._cache.get_many([_key(epoch, each) for each in wanted])
        found = {each: _row(value) for each, value in zip(wanted, kept, strict=True) if value is not None}
        missing = [each for each in wanted if each not in found]
        if not missing:
            return found
        read: dict[Version, Row] = dict(await entities.versions(snapshot, missing))
        await self._cache.put_many({_key(epoch, each): _value(row) for each, row in read.items()})
        return found | read


def _key(epoch: int, version: Version) -> bytes:
    return f"{epoch}/{version[0]}/{version[1]}".encode()


def _value(row: Row) -> bytes:
    return orjson.dumps(dict(row))


def _row(value: bytes) -> Row:
    row: dict[str, Any] = orjson.loads(value)
    for name in TIMES:
        row[name] = datetime.fromisoformat(row[name])
    return row
