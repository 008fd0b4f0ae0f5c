"""The search index: documents by ontology, in an engine that may be away and may be behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from app.domain.condition import Condition
    from app.domain.document import Document
    from app.domain.kind import Kind
    from app.domain.search import Count, Term


Key = tuple[str | int | float, ...]
"""A hit's place in an order, as the engine takes it back."""


class SinkDown(Exception):
    """The engine does not answer, or says that it cannot now: the same may work later."""


class WalkExpired(Exception):
    """The state of the index that a walk over pages held is gone."""


class NoRoom(Exception):
    """The engine works, and holds as many states for walks as it may."""


class Refusal(NamedTuple):
    """A document that the engine will never take as it is."""

    rid: str
    reason: str


class Hit(NamedTuple):
    """A document that was found; `key` is its place in the order, `words` are those in its texts that matched."""

    rid: str
    score: int  # thousandths, as PostgreSQL counts them
    key: Key
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words, a condition, an order, and where to go on."""

    query: str
    terms: tuple[Term, ...]
    where: Condition
    order: str  # the value of an Order
    descending: bool
    limit: int
    without: tuple[str, ...] = ()  # rids that are answered from elsewhere
    after: Key | None = None
    walk: str | None = None  # the state that is searched; without it the index as it is
    holds: bool = False  # whether whoever asks may go on from here, which takes a state that is held
    totals: bool = False
    facets: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """Names that are looked for while somebody types: whole words and the beginning of one more."""

    text: str
    terms: tuple[Term, ...]
    kinds: tuple[Kind, ...]
    limit: int
    without: tuple[str, ...] = ()  # rids that are answered from elsewhere


class Found(NamedTuple):
    """A page of hits; what was not asked for is None."""

    hits: Sequence[Hit]
    more: bool
    walk: str | None
    total: int | None
    counts: Sequence[Count] | None


class SearchIndex(Protocol):
    """One index an ontology, each behind a name that stays while what is behind it is built anew."""

    async def prepare(self, ontology: str, *, looks: bool = False) -> bool:
        """Make the ontology's index where there is none; True where that was so. One that was seen is believed in, unless one looks."""

    async def searched(self, ontology: str) -> str:
        """The name of the index that is searched and written now; empty where there is none."""

    async def put(self, ontology: str, documents: Sequence[Document], *, into: str | None = None) -> list[Refusal]:
        """Write documents, each unless a newer version of it is there; answers with those that were refused. SinkDown where it failed."""

    async def hold(self, ontology: str) -> str:
        """A state of the index, kept for two minutes after each search of it. SinkDown where that failed, NoRoom beside too many."""

    async def search(self, ontology: str, wanted: Wanted) -> Found:
        """A page of hits. SinkDown where it failed, WalkExpired where the walk's state is gone."""

    async def suggest(self, ontology: str, begun: Begun) -> list[str]:
        """The rids of what bears such a name: names that begin so first, properties last, short before long. SinkDown where it failed."""

    async def build(self, ontology: str) -> str:
        """A new empty index of the ontology beside the one that is searched; `put` fills it by its name."""

    async def swap(self, ontology: str, built: str) -> list[str]:
        """Search the built one from now on; answers with the names of those that were searched before, which stay for a while."""

    async def drop(self, name: str) -> None:
        """Remove an index that nobody searches any more."""

    async def unsearched(self, before: datetime) -> list[str]:
        """Indices that nobody has searched since: replaced before, or begun before and never finished."""

    def stored(self, ontology: str, *, rids: Sequence[str] | None = None, name: str | None = None) -> AsyncIterator[Document]:
        """What the index holds, tombstones as well, by rid: everything, or what it has of these entities."""

    async def forget(self, before: datetime) -> int:
        """Remove tombstones that were written before; answers with how many."""

    async def answers(self) -> bool:
        """Whether the engine can be asked now."""

    async def close(self) -> None:
        """Give the connections back."""
