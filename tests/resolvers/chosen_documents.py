"""Documents of a schema, chosen at random and the same for the same seed: aliases, fragments, directives, arguments good and bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

DEEPEST = 5


@dataclass
class Chooser:
    """`values` says for the name of an argument, or of its type, what may stand there."""

    schema: GraphQLSchema
    values: Mapping[str, tuple[str, ...]]
    random: Random
    avoided: frozenset[str] = frozenset()
    fragments: list[str] = field(default_factory=list)

    def query(self) -> tuple[str, dict[str, Any]]:
        """A document with its variables."""
        root = self.schema.query_type
        assert root is not None
        body = self._selection(root, 0)
        text = body + "\n" + "\n".join(self.fragments)
        known = {"yes": "Boolean!", "no": "Boolean = false"}
        used = [name for name in known if f"${name}" in text]
        declared = ", ".join(f"${name}: {known[name]}" for name in used)
        return f"query {f'({declared})' if used else ''} {text}", {name: self.random.random() < 0.5 for name in used}

    def _selection(self, kind: Any, depth: int) -> str:
        chance = self.random
        fields = [name for name, each in kind.fields.items() if name not in self.avoided] if hasattr(kind, "fields") else []
        leaves = [name for name in fields if is_leaf_type(get_named_type(kind.fields[name].type))]
        others = [name for name in fields if name not in leaves]
        chosen = chance.sample(leaves, min(len(leaves), chance.randint(0, 4)))
        if depth < DEEPEST:
            chosen += chance.sample(others, min(len(others), chance.choice([1, 1, 1, 2])))
        chance.shuffle(chosen)
        parts = [part for name in chosen if (part := self._field(kind, name, depth))]
        if is_abstract_type(kind) and chance.random() < 0.8:
            for member in chance.sample(possible := self.schema.get_possible_types(kind), min(len(possible), 2)):
                parts.append(f"... on {member.name} {self._selection(member, depth + 1)}")
        if chance.random() < 0.3 or not parts:
            parts.append("__typename" if chance.random() < 0.7 else "kind_: __typename")
        if chance.random() < 0.1:
            parts.append(f"...{self._fragment(kind, depth)}{self._condition()}")
        return "{ " + " ".join(parts) + " }"

    def _field(self, kind: Any, name: str, depth: int) -> str:
        definition = kind.fields[name]
        alias = f"{name}{self.random.randint(1, 2)}: " if self.random.random() < 0.15 else ""
        return f"{alias}{name}{self._arguments(definition.args)}{self._condition()} {self._below(definition.type, depth)}"

    def _below(self, kind: GraphQLOutputType, depth: int) -> str:
        named = get_named_type(kind)
        return "" if is_leaf_type(named) else self._selection(named, depth + 1)

    def _fragment(self, kind: Any, depth: int) -> str:
        name = f"F{len(self.fragments)}"
        place = len(self.fragments)
        self.fragments.append("")
        self.fragments[place] = f"fragment {name} on {kind.name} {self._selection(kind, max(depth, DEEPEST - 1))}"
        return name

    def _condition(self) -> str:
        if self.random.random() > 0.1:
            return ""
        return self.random.choice(["@include(if: $yes)", "@skip(if: $no)", "@skip(if: true)", "@include(if: $yes) @skip(if: $no)"])

    def _arguments(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        given = []
        for name, argument in arguments.items():
            if is_required_argument(argument) or self.random.random() < 0.2:
                value = self._value(name, argument.type)
                if value is not None:
                    given.append(f"{name}: {value}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, name: str, kind: GraphQLInputType) -> str | None:
        if is_non_null_type(kind):
            return self._value(name, kind.of_type)
        if is_list_type(kind):
            values = [self._value(name, kind.of_type) for _ in range(self.random.randint(0, 3))]
            return f"[{', '.join(each for each in values if each is not None)}]"
        for known in (name, kind.name):
            if known in self.values:
                return self.random.choice(self.values[known])
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            needed = {key: each for key, each in kind.fields.items() if is_required_argument(each) or self.random.random() < 0.1}  # type: ignore[arg-type]
            fields = [f"{key}: {value}" for key, each in needed.items() if (value := self._value(key, each.type)) is not None]
            return "{" + ", ".join(fields) + "}"
        return None
