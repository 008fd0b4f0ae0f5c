"""The words of what a merge changed, in the form in which PostgreSQL finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.domain.searched import Prominence
from app.domain.words import LONGEST, found, paired, pairs, words

if TYPE_CHECKING:
    from app.domain.definition import Definition

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
_BITS = {weight: 1 << place for place, weight in enumerate(sorted(Prominence))}
_PLACES = [  # by bits: each weight needs a place of its own
    ",".join(f"{place}{weight.value}" for place, weight in enumerate((each for each in _BITS if _BITS[each] & bits), 1))
    for bits in range(1 << len(_BITS))
]


class Words(NamedTuple):
    """What is stored of one definition."""

    vector: str  # a tsvector's text
    name_words: int
    vocabulary: frozenset[str]  # what a query may mean by a mistyped or inflected word


def of(definition: Definition) -> Words:
    """The words of a definition, each with the weights of the texts that it stands in."""
    weights: dict[str, int] = {}
    room = MOST
    for text in definition.search_text():
        weight = _BITS[text.prominence]
        for word in words(text.text):
            for lexeme in (word,) if word.isascii() else (word, *pairs(word)):
                if lexeme not in weights:
                    room -= len(lexeme.encode())
                    if room < 0:
                        continue
                    weights[lexeme] = weight
                else:
                    weights[lexeme] |= weight
    vocabulary = frozenset(word for word in weights if SHORTEST <= len(word) < LONGEST and word.isalpha() and not paired(word))
    name = next(iter(found(definition.api_name)), None)
    vector = " ".join(f"{quoted(word)}:{_PLACES[bits]}" for word, bits in weights.items())
    return Words(vector, max(len(name.parts), 1) if name else 1, vocabulary)


def quoted(word: str) -> str:
    """A word as tsvector and tsquery take it, whatever is in it."""
    doubled = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
