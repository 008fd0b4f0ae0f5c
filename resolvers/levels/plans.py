"""What was planned of one operation, kept with its document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import FragmentDefinitionNode, OperationDefinitionNode, VariableNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import DocumentNode, SelectionSetNode
    from graphql.execution.values import VariableValues

    from resolvers.levels.plan import Completed

MOST = 32  # plans of one operation: choices of what its directives include, and root fields of a mutation
CONDITIONS = frozenset({"skip", "include"})


class Plans:
    """The plans of one operation, by the values of the variables that its directives ask; None for what cannot be planned."""

    def __init__(self, document: DocumentNode) -> None:
        self._names = tuple(sorted(set(_asked(document))))
        self._made: dict[tuple[object, ...], Completed | None] = {}

    def get(self, part: object, variables: VariableValues, make: Callable[[VariableValues], Completed]) -> Completed | None:
        """The plan of the operation, or of a part of it; made when it is first wanted."""
        coerced = variables.coerced
        key = (part, *(coerced.get(name, ...) for name in self._names))
        if key in self._made:
            return self._made[key]
        own = type(variables)(
            {name: source for name, source in variables.sources.items() if name in self._names},
            {name: value for name, value in coerced.items() if name in self._names},
        )
        plan: Completed | None
        try:
            plan = make(own)
        except Exception:  # noqa: BLE001 - the inherited way comes to it as well, and says what it is
            plan = None
        if len(self._made) < MOST:
            self._made[key] = plan
        return plan


def _asked(document: DocumentNode) -> Iterator[str]:
    """The variables in the conditions of the whole document."""
    waiting: list[SelectionSetNode] = [
        each.selection_set for each in document.definitions if isinstance(each, (OperationDefinitionNode, FragmentDefinitionNode))
    ]
    while waiting:
        for node in waiting.pop().selections:
            for directive in node.directives or ():
                if directive.name.value in CONDITIONS:
                    yield from (each.value.name.value for each in directive.arguments or () if isinstance(each.value, VariableNode))
            below = getattr(node, "selection_set", None)
            if below is not None:
                waiting.append(below)
