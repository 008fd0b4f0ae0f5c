"""The words of what a merge changed, in the form in which PostgreSQL finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.domain.words import LONGEST, found, paired, pairs, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.definition import Definition
    from app.domain.searched import Prominence

MOST = 400_000  # bytes of different words of one entity that count: a tsvector holds 1 MiB
SHORTEST = 3  # letters of a word that may be mistyped

WORDS = """
    INSERT INTO entity_search (ontology, rid, words, name_words, revision_from)
    SELECT row.ontology, row.rid, row.words::tsvector, row.name_words, row.revision
    FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[]) AS row (ontology, rid, words, name_words, revision)
"""
VOCABULARY = """
    INSERT INTO search_word (ontology, word, stem, revision_from)
    SELECT ontology, word, coalesce((ts_lexize('english_stem', word))[1], word), revision
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS row (ontology, word, revision)
    ON CONFLICT DO NOTHING
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
