"""The words of what a merge changed, in the form in which PostgreSQL finds them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from app.domain.words import LONGEST, found, paired, pairs, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.domain.definition import Definition
    from app.domain.searched import Prominence
    from app.persistence.database import Transaction

CHUNK = 1_000  # rows of one statement
MOST = 400_000  # bytes of different words of one entity that count: a tsvector holds 1 MiB
SHORTEST = 3  # letters of a word that may be mistyped

_WRITE = """
    WITH vocabulary AS (
        INSERT INTO search_word (ontology, word, stem, revision_from)
        SELECT $1, word, coalesce((ts_lexize('english_stem', word))[1], word), $2 FROM unnest($3::text[]) AS word
        ON CONFLICT DO NOTHING
    )
    INSERT INTO entity_search (ontology, rid, words, name_words, revision_from)
    SELECT $1, row.rid, row.words::tsvector, row.name_words, $2
    FROM unnest($4::text[], $5::text[], $6::int[]) AS row (rid, words, name_words)
"""


class Words(NamedTuple):
    """What is stored of one definition."""

    vector: str  # a tsvector's text
    name_words: int
    vocabulary: frozenset[str]  # what a query may mean by a mistyped or inflected word


def of(definition: Definition) -> Words:
    """The words of a definition, each with the weights of the texts that it stands in."""
    weights: dict[str, set[Prominence]] = {}
    room = MOST
    for text in definition.search_text():
        for word in words(text.text):
            for lexeme in (word, *pairs(word)):
                if lexeme not in weights:
                    room -= len(lexeme.encode())
                    if room < 0:
                        continue
                    weights[lexeme] = set()
                weights[lexeme].add(text.prominence)
    vocabulary = frozenset(word for word in weights if SHORTEST <= len(word) < LONGEST and word.isalpha() and not paired(word))
    name = next(iter(found(definition.api_name)), None)
    return Words(_vector(weights), max(len(name.parts), 1) if name else 1, vocabulary)


def _vector(weights: dict[str, set[Prominence]]) -> str:
    return " ".join(_lexeme(word, letters) for word, letters in weights.items())


def _lexeme(word: str, letters: Iterable[Prominence]) -> str:
    places = ",".join(f"{place}{letter.value}" for place, letter in enumerate(sorted(letters), 1))  # each weight needs a place of its own
    return f"{quoted(word)}:{places}"


def quoted(word: str) -> str:
    """A word as tsvector and tsquery take it, whatever is in it."""
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


async def store(work: Transaction, ontology: str, revision: int, rows: Sequence[tuple[str, Words]]) -> None:
    """Write the words of these entities as of the revision."""
    for chunk in _chunks(rows):
        vocabulary = sorted(frozenset[str]().union(*(each.vocabulary for _, each in chunk)))
        await work.execute(
            _WRITE, ontology, revision, vocabulary, [rid for rid, _ in chunk], [each.vector for _, each in chunk],
            [each.name_words for _, each in chunk],
        )  # fmt: skip
        await asyncio.sleep(0)


def _chunks(rows: Sequence[tuple[str, Words]]) -> Iterator[Sequence[tuple[str, Words]]]:
    for begin in range(0, len(rows), CHUNK):
        yield rows[begin : begin + CHUNK]
