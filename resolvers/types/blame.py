"""Blame: who is to be asked about a field, and why it is as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import strawberry

from app.domain.blame import blamed, tops
from app.domain.errors import BadInput
from app.domain.kind import Kind
from app.persistence.background import off_loop
from app.persistence.reads.blame import BLAME
from app.persistence.reads.pages import Rows
from app.persistence.reads.selection import Order
from app.persistence.reads.totals import Total
from resolvers.paging import Connection, List, Paged, Paging
from resolvers.scalars import Revision
from resolvers.types.refs import ChangeSetRef

if TYPE_CHECKING:
    from app.domain.blame import Step
    from app.persistence.reads.selection import Selection
    from resolvers.types.entity import Entity


@strawberry.type(description="The merge in which the value of a field last changed, a rollback too: who restored it is who is named.")
class FieldBlame:
    path: str = strawberry.field(description="Which field, such as `displayName` or `properties[name].required`.")
    version: int = strawberry.field(description="The version of the entity that brought the value.")
    revision: Revision = strawberry.field(description="The revision that brought the value.")
    at: datetime = strawberry.field(description="When it was merged.")
    actor: str = strawberry.field(description="The id of who merged it.")
    actor_name: str = strawberry.field(description="The name of who merged it, as it was then.")
    author: str = strawberry.field(description="The id of who made the change set.")
    author_name: str = strawberry.field(description="The name of who made the change set, as it was then.")
    reviewers: list[str] = strawberry.field(description="The ids of who approved the change set or asked for changes.")
    title: str = strawberry.field(description="What the change set is about.")
    reason: str = strawberry.field(description="The description of the change set; empty where nobody said more than the title.")
    _change_set: strawberry.Private[str]

    @strawberry.field(description="The change set that was merged, as it is now.")
    async def change_set(self, info: strawberry.Info[Any]) -> ChangeSetRef:
        from resolvers.types.change_set import change_set_with

        return await change_set_with(info, self._change_set)


async def blame(info: strawberry.Info[Any], entity: Entity, field: str | None, paging: Paging) -> Connection[FieldBlame]:
    """The fields of an entity, as of the revision that it is read at; two statements for all entities of a level."""
    kind, loaders = Kind(entity.kind), info.context.loaders
    top = None if field is None else field.split(".")[0].split("[")[0]
    if top is not None and top not in tops(kind):
        raise BadInput(f"A {kind.words} has no field {top[:120]!r}.", path="field")
    walk = List(BLAME, f"{entity.rid}/{field or ''}", entity._at, Order.NAME).walk(info.context, paging)  # noqa: SLF001 - as of when it is read
    steps = await loaders.blame.load((entity.rid, entity.version, top)) or {}
    found = await off_loop(lambda: blamed(kind, entity._json, steps), sum(map(len, steps.values())))  # noqa: SLF001 - what is blamed
    wanted = [(path, step) for path, step in found.items() if field is None or _below(path, field)]
    chosen, more = _page(wanted, walk.selection)
    ontology = entity._at.ontology  # noqa: SLF001 - as above
    reasons = await loaders.reasons.load_many([(ontology, step.revision) for _, step in chosen])
    records = [
        {**reason, "path": path, "sort_0": path, "version": step.version} for (path, step), reason in zip(chosen, reasons, strict=True)
    ]
    return cast("Connection[FieldBlame]", Paged(walk, Rows(cast("Any", records), more), Total(len(wanted)), field_blame))


def field_blame(record: Mapping[str, Any], _: Any) -> FieldBlame:
    """One field with the merge that brought its value."""
    return FieldBlame(
        path=record["path"], version=record["version"], revision=Revision(record["revision"]), at=record["at"], actor=record["actor"],
        actor_name=record["actor_name"], author=record["author"], author_name=record["author_name"], reviewers=list(record["reviewers"]),
        title=record["title"], reason=record["description"], _change_set=record["change_set"],
    )  # fmt: skip


def _below(path: str, field: str) -> bool:
    return path == field or path.startswith((f"{field}.", f"{field}["))


def _page(wanted: list[tuple[str, Step]], selection: Selection) -> tuple[list[tuple[str, Step]], bool]:
    """The page of the paths, which are in order, and whether there are more on the far side."""
    after, before = (None if key is None else str(key[0]) for key in (selection.after, selection.before))
    left = [each for each in wanted if (after is None or each[0] > after) and (before is None or each[0] < before)]
    kept = left[-selection.limit :] if selection.backward else left[: selection.limit]
    return kept, len(left) > selection.limit
