"""A query's words as PostgreSQL looks for them: as they are, in other forms, and as what they may have meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.searched import Prominence
from app.domain.words import edits, paired, pairs, without_particle
from app.persistence.search.writing import SHORTEST, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.search import Term
    from app.persistence.database import Snapshot
    from app.persistence.reads.selection import At

LONG = 6  # letters of a word in which two may be wrong; one in shorter words
SIMILAR = 40  # words of the vocabulary that are looked at for one mistyped word
CHOSEN = 12  # of them that are meant
SHORT = 2  # letters from which on a word is also the beginning of others

_MEANT = """
    SELECT asked.term, w.word, w.close FROM unnest($2::text[]) AS asked (term) CROSS JOIN LATERAL (
        (SELECT word, true AS close FROM search_word
         WHERE ontology = $1 AND stem = coalesce((ts_lexize('english_stem', asked.term))[1], asked.term) AND revision_from <= $3
         ORDER BY word LIMIT 20)
        UNION ALL
        (SELECT word, true FROM search_word
         WHERE ontology = $1 AND word >= asked.term AND word < asked.term || chr(1114111) AND revision_from <= $3 ORDER BY word LIMIT 20)
        UNION ALL
        (SELECT word, false FROM search_word
         WHERE ontology = $1 AND word % asked.term AND revision_from <= $3
         ORDER BY similarity(word, asked.term) DESC, word LIMIT 40)
    ) AS w
"""

# Each way of matching a word, best first, with what it is worth; times what the text is worth that it stands in.
_WAYS = {"exact": 1.0, "near": 0.75, "meant": 0.55}
_TEXTS = {Prominence.NAME: 1.0, Prominence.OTHER_NAME: 0.8, Prominence.PART: 0.45, Prominence.PROSE: 0.25}
SCALE = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """One word of a query with what it may stand for; `alike` are inflected forms, `meant` what it was mistyped for."""

    term: Term
    alike: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()

    def exact(self, weights: str) -> str:
        """The word itself, or its parts in any order."""
        return " | ".join([_word(self.term.whole, weights), *_sequence(self.term.parts, weights)])

    def near(self, weights: str) -> str:
        """What begins with it, other forms of it, what holds it in a script without spaces."""
        whole = self.term.whole
        noun = without_particle(whole)
        choices = [_word(word, weights) for word in self.alike]
        choices += [_word(word, weights, prefix=True) for word in dict.fromkeys((whole, noun)) if len(word) >= SHORT or paired(word)]
        choices += _sequence(pairs(noun), weights)
        if self.term.parts:
            first, last = self.term.parts[:-1], self.term.parts[-1]
            choices.append(f"({' & '.join([*(_word(each, weights) for each in first), _word(last, weights, prefix=True)])})")
        return " | ".join(choices) or _word(whole, weights)

    def mistyped(self, weights: str) -> str:
        """What it was probably meant to be; empty where it is a word that is known."""
        return " | ".join(_word(word, weights) for word in self.meant)

    def whole(self, weights: str) -> str:
        """What stands for a whole word of a name, and not for its beginning."""
        return " | ".join(filter(None, (self.exact(weights), self.mistyped(weights))))

    def anything(self, weights: str = "") -> str:
        """All of it."""
        return " | ".join(filter(None, (self.exact(weights), self.near(weights), self.mistyped(weights))))

    def worth(self) -> list[tuple[str, int]]:
        """Each way and text as a tsquery with its score, best first."""
        ways = {"exact": self.exact, "near": self.near, "meant": self.mistyped}
        ranked = sorted(((_WAYS[way] * _TEXTS[text], way, text) for way in ways for text in _TEXTS), key=lambda each: -each[0])
        made = ((ways[way](text.value), round(score * SCALE)) for score, way, text in ranked)
        return [(query, score) for query, score in made if query]


def _word(word: str, weights: str, *, prefix: bool = False) -> str:
    marks = ("*" if prefix else "") + weights
    return f"{quoted(word)}:{marks}" if marks else quoted(word)


def _sequence(words: Sequence[str], weights: str) -> list[str]:
    return [f"({' & '.join(_word(each, weights) for each in words)})"] if words else []


async def asked(snapshot: Snapshot, at: At, terms: Iterable[Term]) -> tuple[Asked, ...]:
    """The words with what the ontology's vocabulary, as of the revision, says that they may stand for; one statement."""
    known = tuple(terms)
    looked_up = [each.whole for each in known if _may_vary(each.whole)]
    rows = await snapshot.fetch(_MEANT, at.ontology, looked_up, at.revision) if looked_up else []
    alike: dict[str, list[str]] = {}
    similar: dict[str, list[str]] = {}
    for row in rows:
        (alike if row["close"] else similar).setdefault(row["term"], []).append(row["word"])
    return tuple(_asked(each, alike, similar) for each in known)


def _asked(term: Term, alike: Mapping[str, list[str]], similar: Mapping[str, list[str]]) -> Asked:
    whole = term.whole
    close = tuple(dict.fromkeys(word for word in alike.get(whole, ()) if word != whole))
    if whole in alike:  # a word that is known, or the beginning of one, is taken as it is
        return Asked(term, close)
    most = 1 if len(whole) < LONG else 2
    ranked = sorted((distance, word) for word in similar.get(whole, ()) if (distance := edits(whole, word, most)) <= most)
    return Asked(term, close, tuple(word for _, word in ranked[:CHOSEN]))


def _may_vary(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha() and not paired(word)
