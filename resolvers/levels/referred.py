"""A field that leads to one entity by its rid, for all parents of a level at once: no call, no object and no list for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dataloaders.loaders import Single
from resolvers.levels.together import Parents, Together, rids_at_one

if TYPE_CHECKING:
    from app.persistence.reads.selection import At
    from resolvers.levels.plan import Edge, Run


class Referred(Together):
    """Entities as of `at`."""

    __slots__ = ("at",)

    def __init__(self, edge: Edge, parents: Parents, rids: Sequence[str], at: At) -> None:
        super().__init__(edge, parents, [Single(rid, edge.only) for rid in rids])
        self.at = at

    @classmethod
    def by(cls, edge: Edge, parents: Parents) -> Referred | None:
        """Of these parents; None where each must be called: the field is none of these, a parent leads nowhere, or they are of several revisions."""
        rids = None if edge.refers is None else rids_at_one(parents, edge.refers)
        return None if rids is None else cls(edge, parents, rids, parents[0][0]._at)  # noqa: SLF001 - as every object of ours has

    def answer(self, found: Sequence[Any], run: Run) -> None:
        """Write what was found."""
        name, of_rows = self.edge.name, self.edge.of_rows
        for place, record in zip(self.places, found, strict=True):
            place[name] = self.edge.complete(None, run) if record is None or of_rows is None else of_rows.one(record, self.at, run)
