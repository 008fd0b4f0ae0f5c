"""What a successful write answers with: told from its outcome in memory, not read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

import strawberry
from strawberry.scalars import JSON

from app.domain.kind import Kind as KindOfEntity
from app.persistence.merging import Merged
from app.persistence.reads.selection import At
from resolvers.enums import Action, Kind
from resolvers.paging import bounded
from resolvers.results import MOST, First
from resolvers.scalars import Revision, Rid
from resolvers.types.change_set import change_set_of
from resolvers.types.entity import Entity, entity_of
from resolvers.types.refs import ChangeSetRef

if TYPE_CHECKING:
    from app.domain.entity import Change

P = TypeVar("P", bound="Written")

MOST_AFFECTED = 10_000
Affecteds = Annotated[int, strawberry.argument(description="At most so many, 1 to 10,000.")]


@strawberry.type(description="An entity that a write touched, as a list of them shows it.")
class AffectedEntity:
    rid: Rid = strawberry.field(description="Its rid.")
    kind: Kind = strawberry.field(description="Its kind.")
    api_name: str = strawberry.field(description="Its apiName, of a deleted one the last.")
    display_name: str = strawberry.field(description="Its display name, of a deleted one the last.")
    action: Action = strawberry.field(description="What happened to it.")
    version: int | None = strawberry.field(description="Its version now; null of a deleted one.")


@strawberry.type(description="What every write answers with.")
class Written:
    client_mutation_id: str | None = strawberry.field(description="The input's, unchanged.")
    dry_run: bool = strawberry.field(description="Whether nothing was stored: then the rest is what would have happened.")
    revision: Revision = strawberry.field(description="The revision that it made; of a dry run the newest one.")
    merged: strawberry.Private[Merged]

    @classmethod
    def of(cls, merged: Merged, *, client_mutation_id: str | None, dry_run: bool = False, named: Mapping[str, Any] | None = None) -> Self:
        """The payload of a merge; `named` are the fields that a subclass adds."""
        own = dict(named or {})
        return cls(client_mutation_id=client_mutation_id, dry_run=dry_run, revision=Revision(merged.revision), merged=merged, **own)

    @strawberry.field(description="The change set that it is in the history; null of a dry run.")
    def change_set(self) -> ChangeSetRef | None:
        return None if self.dry_run else change_set_of(self.merged.change_set)

    @strawberry.field(description="The rids of what was created, by the refs that the input gave or implied: an object of texts.")
    def refs(self) -> JSON:
        return JSON(dict(self.merged.refs))

    @strawberry.field(description="What was created or updated, in the order of the operations; see `affected` for long lists.")
    def entities(self, first: First = 10) -> list[Entity]:
        kept = [change.after for change in self.merged.changes if change.after is not None]
        return [entity_of(each, as_of(self.merged)) for each in kept[: bounded(first, MOST)]]

    @strawberry.field(description="Everything that it touched, what a cascade took along too.")
    def affected(self, first: Affecteds = 100) -> list[AffectedEntity]:
        return [_affected(change) for change in self.merged.changes[: bounded(first, MOST_AFFECTED)]]

    @strawberry.field(description="How many entities it touched in all.")
    def affected_count(self) -> int:
        return len(self.merged.changes)


def as_of(merged: Merged) -> At:
    """The ontology as of the revision of a merge, whether or not others have merged since."""
    return At(merged.ontology, merged.revision, merged.revision + 1, merged.epoch)


def _affected(change: Change) -> AffectedEntity:
    shown = change.after or change.before
    if shown is None:
        message = "a change has at least one state"
        raise ValueError(message)
    return AffectedEntity(
        rid=Rid(change.rid),
        kind=KindOfEntity(change.kind),
        api_name=shown.definition.api_name,
        display_name=shown.definition.display_name,
        action=change.action,
        version=None if change.after is None else change.after.version,
    )
