"""Value type: a named base type with constraints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

from pydantic import field_validator

from app.domain import constraints
from app.domain.closure import Closure
from app.domain.constraints import Constraint
from app.domain.datatype import DataType
from app.domain.definition import Definition, Edge
from app.domain.entity import Entity
from app.domain.kind import Kind
from app.domain.rules import Violation, transition
from app.domain.searched import Prominence, Searched
from app.domain.text import CAMEL
from app.domain.value import keyed

NARROWED = transition("value-type.narrowed", "A value type is not narrowed while it has users.")
RETYPED = transition("value-type.retyped", "A value type keeps its base type while it has users.")


class ValueTypeDefinition(Definition):
    """Such as an e-mail address: a STRING with a pattern."""

    kind = Kind.VALUE_TYPE
    api_name_pattern = CAMEL
    api_name_form = "a camelCase name of up to 100 letters and digits"

    type: DataType
    constraints: tuple[Constraint, ...] = ()

    @field_validator("constraints", mode="before")
    @classmethod
    def _keys(cls, items: Any) -> Any:
        return keyed(items, "constraint")

    def violations(self, rid: str, closure: Closure) -> Iterator[Violation]:
        yield from self.type.violations("type")
        yield from constraints.violations(self.constraints, self.type)

    def step_violations(self, before: Self, entity: Entity, closure: Closure) -> Iterator[Violation]:
        users = tuple(user.rid for user in closure.referrers(entity.rid, Edge.VALUE_TYPE))
        if not users:
            return
        if not before.type.same_as(self.type):
            yield RETYPED.broken("type", value=self.type.base, bound=before.type.base, by=users)
        for constraint in constraints.narrower(self.constraints, before.constraints):
            yield NARROWED.broken(
                f"constraints[{constraint.identifier}]",
                f"{self.api_name} has {len(users)} users: {constraint.type} would refuse values that are allowed now.",
                by=users,
            )

    def search_text(self) -> Iterator[Searched]:
        yield from super().search_text()
        for constraint in self.constraints:
            for value in constraint.values:
                yield Searched(Prominence.PART, f"constraints[{constraint.identifier}].values", str(value))
