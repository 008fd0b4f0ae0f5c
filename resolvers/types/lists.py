"""Lists of entities below an entity or an ontology, as connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from app.persistence.reads.selection import EVERYTHING, Order
from resolvers.filters import Asked, Sorted, where
from resolvers.paging import List, Paging, connection
from resolvers.types.entity import entity

if TYPE_CHECKING:
    import strawberry

    from app.persistence.reads.pages import Source
    from app.persistence.reads.selection import At

F = TypeVar("F")


def entities_of(
    info: strawberry.Info[Any], source: Source, parent: str, at: At | None, paging: Paging,
    *, asked: Asked | None = None, order_by: Sorted | None = None, default: Order = Order.NAME,
) -> F:  # type: ignore[type-var]  # the field says which  # fmt: skip
    """The entities of a source below one parent, filtered and sorted as the client asks."""
    order, descending = (default, False) if order_by is None else (order_by.order, order_by.descending)
    condition = EVERYTHING if asked is None else where(asked)
    return connection(info, List(source, parent, at, order, descending=descending, where=condition), paging, entity)
