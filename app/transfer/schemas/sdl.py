"""The GraphQL schema language: types with fields in one order, one field a line."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CONSTRAINT = (
    "directive @constraint(pattern: String, format: String, minLength: Int, maxLength: Int, min: Float, max: Float, "
    "minItems: Int, maxItems: Int, uniqueItems: Boolean) on FIELD_DEFINITION | SCALAR\n"
)


@dataclass(frozen=True)
class Field:
    """One field of a type: its type in the schema language, without what says that it is always there."""

    type: str
    required: bool = False
    texts: tuple[str, ...] = ()
    directives: str = ""
    deprecated: str = ""

    def line(self, name: str) -> str:
        """As the schema writes it."""
        return f"{described(self.texts, '  ')}  {name}: {self.type}{'!' if self.required else ''}{self.directives}{self.deprecated}\n"


@dataclass
class Shape:
    """An object type, an interface, a scalar or an enumeration."""

    keyword: str  # type, interface, scalar or enum
    name: str
    texts: tuple[str, ...] = ()
    above: list[str] = field(default_factory=list)
    fields: dict[str, Field] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    directives: str = ""

    def text(self) -> Iterator[str]:
        """As the schema writes it, fields by name."""
        above = f" implements {' & '.join(self.above)}" if self.above else ""
        yield f"\n{described(self.texts, '')}{self.keyword} {self.name}{above}{self.directives}"
        if self.values:
            yield " {\n" + "".join(f"  {value}\n" for value in self.values) + "}\n"
        elif self.fields:
            yield " {\n" + "".join(each.line(name) for name, each in sorted(self.fields.items())) + "}\n"
        else:
            yield "\n"


def described(texts: tuple[str, ...], indent: str) -> str:
    """A block of text before what it describes."""
    lines = "\n\n".join(each for each in texts if each.strip()).replace('"""', '\\"""').split("\n")
    if not any(line.strip() for line in lines):
        return ""
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in ('"""', *lines, '"""'))


def directive(name: str, arguments: dict[str, Any]) -> str:
    """A directive with its arguments, nothing where there are none."""
    said = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
    return f" @{name}({said})" if said else ""
