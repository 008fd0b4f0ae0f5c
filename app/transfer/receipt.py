"""The receipt of an import or export: everything is carried, or counted on a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Code(StrEnum):
    """Why something was adapted or not carried; the values are stable, the sentences are not."""

    RENAMED = "RENAMED"
    TEXT_CHANGED = "TEXT_CHANGED"
    IRI_AS_TEXT = "IRI_AS_TEXT"
    IMPLIED_TERM = "IMPLIED_TERM"
    LANGUAGE_TAG_CHANGED = "LANGUAGE_TAG_CHANGED"
    TYPE_WIDENED = "TYPE_WIDENED"
    TYPE_WITHOUT_EQUAL = "TYPE_WITHOUT_EQUAL"
    RANGE_MISSING = "RANGE_MISSING"
    ENDS_FROM_RESTRICTIONS = "ENDS_FROM_RESTRICTIONS"
    LINK_CONSTRAINT_RENAMED = "LINK_CONSTRAINT_RENAMED"
    ENUMERATION_AS_OBJECT_TYPE = "ENUMERATION_AS_OBJECT_TYPE"
    REPLACEMENT_NOT_CARRIED = "REPLACEMENT_NOT_CARRIED"
    CYCLE_CUT = "CYCLE_CUT"
    SUPERCLASS_NOT_CARRIED = "SUPERCLASS_NOT_CARRIED"
    DOMAIN_NOT_CARRIED = "DOMAIN_NOT_CARRIED"
    RANGE_NOT_CARRIED = "RANGE_NOT_CARRIED"
    PROPERTY_NOT_CARRIED = "PROPERTY_NOT_CARRIED"
    EXTERNAL_MENTION = "EXTERNAL_MENTION"
    BUILT_IN = "BUILT_IN"
    METACLASS = "METACLASS"
    INDIVIDUAL = "INDIVIDUAL"
    EQUIVALENCE = "EQUIVALENCE"
    DISJOINTNESS = "DISJOINTNESS"
    SUB_PROPERTY = "SUB_PROPERTY"
    INVERSE_NOT_CARRIED = "INVERSE_NOT_CARRIED"
    PROPERTY_CHARACTERISTIC = "PROPERTY_CHARACTERISTIC"
    CLASS_EXPRESSION = "CLASS_EXPRESSION"
    ANNOTATION_NOT_CARRIED = "ANNOTATION_NOT_CARRIED"
    ONTOLOGY_HEADER = "ONTOLOGY_HEADER"
    IMPORT_NOT_FETCHED = "IMPORT_NOT_FETCHED"
    OUR_WORDS_PREVAIL = "OUR_WORDS_PREVAIL"
    UNMARKED = "UNMARKED"
    SIDECAR_MISSING = "SIDECAR_MISSING"
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"
    EDIT_KEPT = "EDIT_KEPT"
    EDIT_OVERWRITTEN = "EDIT_OVERWRITTEN"
    NO_LONGER_IN_FILE = "NO_LONGER_IN_FILE"


class Loss(StrEnum):
    """Why an export adapted something or does not say it; the values are stable, the sentences are not."""

    IN_SIDECAR = "IN_SIDECAR"
    KIND_NOT_SAID = "KIND_NOT_SAID"
    FIELD_NOT_SAID = "FIELD_NOT_SAID"
    INTERFACE_NOT_SAID = "INTERFACE_NOT_SAID"
    CONSTRAINT_NOT_SAID = "CONSTRAINT_NOT_SAID"
    TYPE_APPROXIMATED = "TYPE_APPROXIMATED"
    NAME_CHANGED = "NAME_CHANGED"


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One thing that was adapted or not carried, and how many statements (of an export: facts) it stands for."""

    code: Code | Loss
    subject: str  # an IRI, of an export the entity as documents call it; empty for what has none
    sentence: str
    statements: int = 0  # that are not carried; 0 where something was only adapted

    def as_json(self) -> dict[str, Any]:
        """As a file of receipts says it."""
        return {"code": self.code.value, "subject": self.subject, "sentence": self.sentence, "statements": self.statements}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a file: its statements are `carried` plus those of the lines. Those of an export are facts, the fields of entities."""

    statements: int
    carried: int
    lines: tuple[Line, ...] = ()

    @property
    def listed(self) -> int:
        """The statements that no entity carries."""
        return sum(line.statements for line in self.lines)

    def by_code(self) -> Iterator[tuple[Code | Loss, int, int]]:
        """Each code with its lines and its statements, in the order of the enums."""
        lines: Counter[Code | Loss] = Counter(line.code for line in self.lines)
        for code in (*Code, *Loss):
            if lines[code]:
                yield code, lines[code], sum(line.statements for line in self.lines if line.code is code)


EMPTY = Receipt(0, 0)


class Tally:
    """Collects lines; equal ones are counted together, and the order of the file leaves no trace."""

    def __init__(self) -> None:
        self._lines: Counter[tuple[Code | Loss, str, str]] = Counter()

    def add(self, code: Code | Loss, subject: str, sentence: str, statements: int = 0) -> None:
        """Say that something was adapted, or that `statements` of the file are not carried."""
        self._lines[code, subject, sentence] += statements

    def lines(self) -> Iterable[Line]:
        """The lines in their one order."""
        return sorted(Line(code, subject, sentence, count) for (code, subject, sentence), count in self._lines.items())
