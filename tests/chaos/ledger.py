"""What the clients were told: the judge believes nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Told:
    """A mutation that was answered: its key stands in every definition that it wrote."""

    key: str
    ontology: str
    revision: int
    written: tuple[tuple[str, int], ...] = ()  # rids with their versions
    deleted: tuple[str, ...] = ()
    expected: tuple[tuple[str, int], ...] = ()  # the versions that it was made for
    tries: int = 1


@dataclass(frozen=True)
class Refused:
    """A mutation that was refused: it must not have been done."""

    key: str
    code: str
    tries: int


@dataclass
class Ledger:
    """Everything that was said."""

    told: list[Told] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # keys of which nobody was ever told anything
    torn: list[str] = field(default_factory=list)  # answers that no revision gives
    reads: int = 0

    def twice(self) -> list[str]:
        """Acknowledged writes that were made for the same version of the same entity: one of them is lost."""
        seen = Counter(each for told in self.told for each in told.expected)
        return [f"{rid} was changed {count} times from version {version}" for (rid, version), count in seen.items() if count > 1]


@dataclass
class Verdict:
    """What does not agree, by what it is about."""

    found: dict[str, list[str]] = field(default_factory=dict)

    def says(self, about: str, sentences: Iterable[str]) -> None:
        """Note what does not agree."""
        if noted := list(sentences):
            self.found.setdefault(about, []).extend(noted)

    @property
    def clean(self) -> bool:
        """Whether everything agrees."""
        return not self.found

    def __str__(self) -> str:
        return (
            "\n".join(f"{about}: {len(those)}, such as {'; '.join(those[:3])}" for about, those in self.found.items())
            or "everything agrees"
        )
