"""Arguments that many lists have in common, each described once."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import filters

_ALL = "Only these; all where nothing is said."

ObjectTypes = Annotated[filters.ObjectTypeFilter | None, strawberry.argument(description=_ALL)]
Properties = Annotated[filters.PropertyFilter | None, strawberry.argument(description=_ALL)]
SharedProperties = Annotated[filters.SharedPropertyFilter | None, strawberry.argument(description=_ALL)]
LinkTypes = Annotated[filters.LinkTypeFilter | None, strawberry.argument(description=_ALL)]
Interfaces = Annotated[filters.InterfaceFilter | None, strawberry.argument(description=_ALL)]
ActionTypes = Annotated[filters.ActionTypeFilter | None, strawberry.argument(description=_ALL)]
ValueTypes = Annotated[filters.ValueTypeFilter | None, strawberry.argument(description=_ALL)]
TypeGroups = Annotated[filters.TypeGroupFilter | None, strawberry.argument(description=_ALL)]
ChangeSetsWhere = Annotated[filters.ChangeSetFilter | None, strawberry.argument(description=_ALL)]
ChangesWhere = Annotated[filters.ChangeFilter | None, strawberry.argument(description=_ALL)]
RevisionsWhere = Annotated[filters.RevisionFilter | None, strawberry.argument(description=_ALL)]
AuditWhere = Annotated[filters.AuditFilter | None, strawberry.argument(description=_ALL)]
OrderBy = Annotated[
    filters.EntityOrder | None, strawberry.argument(description="How the list is sorted; by apiName where nothing is said.")
]
PropertyOrderBy = Annotated[
    filters.PropertyOrder | None, strawberry.argument(description="How the list is sorted; in the author's order where nothing is said.")
]
ChangeSetOrderBy = Annotated[
    filters.ChangeSetOrder | None,
    strawberry.argument(description="How the list is sorted; what was last worked on first where nothing is said."),
]
ApiName = Annotated[
    str | None,
    strawberry.argument(description="Its apiName, in the right case; of an object type also a former one that nothing bears now."),
]
RidArgument = Annotated[strawberry.ID | None, strawberry.argument(description="Its rid.")]
