"""History for people: who changed what, who approved it, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.actor import Actor, Role
from app.domain.errors import NotFound
from app.persistence import change_sets
from app.persistence.reads import chronicle

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from app.domain.change_set import ChangeSet
    from app.persistence.database import Database

_RID = re.compile(r"ri\.[a-z0-9-]+\.[a-z0-9-]*\.[a-z-]+\.[a-zA-Z0-9._-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Merge:
    """One revision: when, by whom, and the change set that says why."""

    revision: int
    at: datetime
    by: str  # who merged, by the name that people read
    author: str
    reviewer: str | None
    title: str
    description: str
    origin: str
    change_set: str
    counts: dict[str, int]  # how many were created, updated, deleted

    @classmethod
    def of(cls, row: Any) -> Merge:
        """A row of the chronicle."""
        counts = dict.fromkeys(("created", "updated", "deleted"), 0)
        for actions in row["counts"].values():
            for action, count in actions.items():
                counts[action] = counts.get(action, 0) + count
        return cls(
            row["revision"], row["at"], row["actor_name"] or row["actor"], row["author"], row["approved_by"], row["title"],
            row["description"], row["origin"], row["change_set"], counts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an entity and the merge that made it."""

    version: int
    action: str
    merge: Merge


class Chronicle:
    """Reads the log; nothing here is written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def log(self, actor: Actor, ontology: str, *, upto: int | None = None, limit: int) -> tuple[str, list[Merge]]:
        """The ontology's apiName and its newest merges, up to a revision, newest first."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            found = await change_sets.ontology_named(snapshot, ontology)
            newest = found.head_revision if upto is None else min(upto, found.head_revision)
            rows = await chronicle.merges(snapshot, found.rid, upto=newest, limit=limit)
        return found.api_name, list(map(Merge.of, rows))

    async def merge(self, actor: Actor, ontology: str, revision: int) -> Merge:
        """One merge; NotFound where the ontology has no such revision."""
        _, merges = await self.log(actor, ontology, upto=revision, limit=1)
        if not merges or merges[0].revision != revision:
            raise NotFound("revision", f"{ontology}@{revision}")
        return merges[0]

    async def change_set(self, actor: Actor, rid: str) -> ChangeSet:
        """A change set as it is now."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            return await change_sets.find(snapshot, rid)

    async def versions(self, actor: Actor, rid: str) -> list[Version]:
        """Every version of an entity, newest first; NotFound where there never was one."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            rows = await chronicle.versions(snapshot, rid)
        if not rows:
            raise NotFound("entity", rid[:200])
        return [Version(row["version"], row["action"], Merge.of(row)) for row in rows]

    async def called(self, actor: Actor, values: Iterable[Any]) -> dict[str, str]:
        """What the entities are called whose rids stand anywhere in the values."""
        actor.require(Role.VIEWER)
        rids = {found for value in values for found in _RID.findall(str(value))}
        async with self._database.reading() as snapshot:
            return await chronicle.called(snapshot, rids)
