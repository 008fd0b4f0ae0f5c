"""A page below each entity of a level, for all of them at once: the resolver is called for the first, since the others differ in their rids alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from resolvers.levels.together import Parents, Together, rids_at_one
from resolvers.paging import paged

if TYPE_CHECKING:
    from app.persistence.reads.pages import Rows
    from dataloaders.wanted import Wanted
    from resolvers.levels.plan import Edge, Run


class Listed(Together):
    """Pages of one list below entities; the keys are their rids."""

    __slots__ = ("_given",)

    def __init__(self, edge: Edge, parents: Parents, rids: Sequence[str], given: tuple[Any, ...]) -> None:
        super().__init__(edge, parents, rids)
        self._given = given

    @classmethod
    def by(cls, edge: Edge, first: Wanted[Any], parents: Parents) -> Listed | None:
        """Of these parents, of whom the first wants this; None where each must be called: what it wants is no page below it, one that begins
        or ends at a cursor, which is of one list only, or they are of several revisions.
        """
        if not edge.lists or first.made is not paged:
            return None
        walk, rids = first.given[0], rids_at_one(parents, _rid)
        if rids is None or walk.parent != rids[0] or walk.selection.after is not None or walk.selection.before is not None:
            return None
        return cls(edge, parents, rids, first.given)

    def answer(self, found: Sequence[Rows], run: Run) -> None:
        """Write what was found."""
        walk, made, page = self._given
        name, complete, of = self.edge.name, self.edge.complete, walk.__class__
        context, listing, epoch = walk.context, walk.listing, walk.epoch
        for place, rows, rid in zip(self.places, found, self.keys, strict=True):
            place[name] = complete(page(of(context, listing, rid, epoch), rows, None, made), run)


def _rid(source: Any) -> str:
    rid: str = source._record["rid"]  # noqa: SLF001 - as every entity of ours has
    return rid
