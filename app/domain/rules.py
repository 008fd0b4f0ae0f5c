"""Rules and violations: every rule has a stable id and is true of a state or of a step.

STATE rules hold of any stored ontology. TRANSITION rules hold of a step; a rollback need not obey them, nor what an
import creates. The rule catalogue in docs/ is generated from the registry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.domain.change_set import Operation


class Scope(Enum):
    """Of what a rule is true."""

    STATE = "STATE"
    TRANSITION = "TRANSITION"


class Answer(Enum):
    """How a rule that is broken alone reaches a client: as a violation, as a problem type of its own, or by an error's code."""

    VALIDATION_FAILED = "VALIDATION_FAILED"
    NAME_TAKEN = "NAME_TAKEN"
    STILL_REFERENCED = "STILL_REFERENCED"
    DEFINITION_TOO_LARGE = "DEFINITION_TOO_LARGE"
    UNSAFE_REGEX = "UNSAFE_REGEX"


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that the outcome would break, and where."""

    rule: str
    path: str
    message: str
    rid: str = ""
    value: Any = None
    bound: Any = None
    by: tuple[str, ...] = ()  # rids: who still refers, who bears the name
    fix: tuple[Operation, ...] = ()  # what would mend it, put after the operations that broke it


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's id, scope and sentence."""

    id: str
    scope: Scope
    sentence: str
    answer: Answer = Answer.VALIDATION_FAILED
    module: str = field(default="", compare=False)

    def broken(
        self, path: str, message: str | None = None, *, value: Any = None, bound: Any = None, by: tuple[str, ...] = (), rid: str = ""
    ) -> Violation:
        """A violation of this rule; the sentence is the message unless a better one is at hand."""
        return Violation(self.id, path, message or self.sentence, rid, value, bound, by)


REGISTRY: dict[str, Rule] = {}


def state(identity: str, sentence: str, answer: Answer = Answer.VALIDATION_FAILED) -> Rule:
    """Declare a rule that holds of any stored ontology."""
    return _declare(Rule(identity, Scope.STATE, sentence, answer))


def transition(identity: str, sentence: str, answer: Answer = Answer.VALIDATION_FAILED) -> Rule:
    """Declare a rule that holds of a step."""
    return _declare(Rule(identity, Scope.TRANSITION, sentence, answer))


def _declare(rule: Rule) -> Rule:
    if rule.id in REGISTRY:
        message = f"the rule {rule.id} is declared twice"
        raise ValueError(message)
    REGISTRY[rule.id] = rule
    return rule
