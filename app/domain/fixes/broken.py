"""A violation with all that a fix may look at, and the table of what fixes which rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from app.domain.change_set import Operation, Verb
from app.domain.closure import Closure
from app.domain.definition import Definition
from app.domain.entity import Entity
from app.domain.fixes.placing import Edit, edited, found, top
from app.domain.rules import Rule, Violation

D = TypeVar("D", bound=Definition)


class Unfixed(Exception):
    """Nothing mends this one."""


@dataclass(frozen=True)
class Broken:
    """One violation in its world: `world` is what the change set would make of the ontology, `world.before` how it was."""

    violation: Violation
    entity: Entity
    world: Closure

    @property
    def path(self) -> str:
        """The field that the violation is about."""
        return self.violation.path

    @cached_property
    def words(self) -> dict[str, Any]:
        """The definition's JSON, as the change set would leave it."""
        return self.entity.definition.canonical()

    @property
    def before(self) -> Definition | None:
        """The definition as it was; None for a creation."""
        was = self.world.before.get(self.entity.rid)
        return was.definition if was else None

    def definition(self, kind: type[D]) -> D:
        """The definition, of a class that has the rule."""
        if not isinstance(self.entity.definition, kind):
            raise Unfixed
        return self.entity.definition

    def at(self, path: str) -> Any:
        """The JSON at a path; None where there is none."""
        return found(self.words, path)

    def edit(self, edit: Edit, path: str | None = None) -> list[Operation]:
        """Change the JSON at the path of the violation, or at another one."""
        return self.write(edited(self.words, self.path if path is None else path, edit), self.path if path is None else path)

    def put(self, value: Any, path: str | None = None) -> list[Operation]:
        """Put a value where the violation is, or elsewhere."""
        return self.edit(lambda _: value, path)

    def write(self, words: dict[str, Any], path: str) -> list[Operation]:
        """The operation that leaves the field at the beginning of the path as these words have it."""
        return [self.update(self.entity, {top(path): words.get(top(path))})]

    def update(self, entity: Entity, fields: dict[str, Any]) -> Operation:
        """The update of an entity that is there, or that the change set creates."""
        was = self.world.before.get(entity.rid)
        return Operation(Verb.UPDATE, entity.kind, entity.rid, expected_version=was.version if was else None, fields=fields)

    def taken(self) -> frozenset[tuple[str, str]]:
        """Every other name of the neighbourhood than what is at the violation's path, in the form in which names are compared."""
        here = (self.entity.rid, self.path)
        return frozenset(name.key for entity in self.world for name in entity.definition.names() if (entity.rid, name.path) != here)


Fixer = Callable[[Broken], Iterable[Operation]]
FIXERS: dict[str, Fixer] = {}
REASONS: dict[str, str] = {}
"""Why a rule has no fix, by its id; every rule is here or among the fixers."""
EXCEPTIONS: dict[str, str] = {}
"""Of a rule that has a fix: which cases have none, and why."""


def fixes(*rules: Rule) -> Callable[[Fixer], Fixer]:
    """Declare what mends these rules; it raises Unfixed where it cannot."""

    def declared(fixer: Fixer) -> Fixer:
        FIXERS.update(dict.fromkeys((rule.id for rule in rules), fixer))
        return fixer

    return declared


def unfixed(reason: str, *rules: Rule) -> None:
    """Declare that nothing mends these rules, and why."""
    REASONS.update(dict.fromkeys((rule.id for rule in rules), reason))


def except_for(cases: str, *rules: Rule) -> None:
    """Declare which cases of rules that have a fix are left to their author."""
    EXCEPTIONS.update(dict.fromkeys((rule.id for rule in rules), cases))
