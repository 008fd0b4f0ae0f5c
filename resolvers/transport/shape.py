"""What makes two subscriptions one group: the same words but for where they begin."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from graphql import REMOVE, FieldNode, VariableNode, Visitor, print_ast, visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import ArgumentNode, Node

    from resolvers.transport.documents import Operation

REMEMBERED = 256  # operations


@dataclass(frozen=True, slots=True)
class Shape:
    """A document without `after` at its subscription, and the variables that only stood there."""

    text: str
    name: str | None
    begins: frozenset[str]

    def key(self, variables: Mapping[str, Any]) -> tuple[str, str | None, bytes]:
        """Equal for requests that every event answers alike."""
        told = {name: value for name, value in variables.items() if name not in self.begins}
        return self.text, self.name, orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


@lru_cache(REMEMBERED)
def shape(operation: Operation) -> Shape:
    """The shape of a subscription, found once an operation."""
    cutting = _Cutting(operation.root_fields)
    text = print_ast(visit(operation.document, cutting))
    return Shape(text, operation.name, frozenset(cutting.begins - cutting.used))


class _Cutting(Visitor):
    def __init__(self, fields: frozenset[str]) -> None:
        super().__init__()
        self.begins: set[str] = set()
        self.used: set[str] = set()
        self._fields = fields

    def enter_argument(self, node: ArgumentNode, _key: object, _parent: object, _path: object, ancestors: list[Any]) -> Any:
        field = next((each for each in reversed(ancestors) if isinstance(each, FieldNode)), None)
        if node.name.value != "after" or field is None or field.name.value not in self._fields:
            return None
        if isinstance(node.value, VariableNode):
            self.begins.add(node.value.name.value)
        return REMOVE

    def enter_variable_definition(self, _node: Node, *_: object) -> Any:
        return False  # its own name is no use

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.used.add(node.name.value)
