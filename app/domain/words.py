"""Texts to words, the same way for what is stored and for what is asked.

A word is a run of letters and digits without case and accents; a code name is also each of its parts (`lineSection`:
linesection, line, section). Scripts without spaces, and Korean with its particles, are found by every pair of neighbours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

LONGEST = 60  # characters of a word that count
_RUN = re.compile(r"[^\W_]+")
_PART = re.compile(
    r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|(?<=[a-zß-öø-ÿ0-9])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ])",
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_PAIRED = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]{2,}")
_PAIRABLE = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")

# What Korean hangs on a noun, longest first: a query with one of them means the noun as well.
_PARTICLES = (
    "에서는", "으로는", "에게서", "이라는", "에서", "에게", "으로", "까지", "부터", "처럼", "보다", "이나", "라는",
    "은", "는", "이", "가", "을", "를", "의", "에", "도", "로", "와", "과", "만", "나",
)  # fmt: skip
# What says nothing on its own; a query that holds nothing else is taken by its word.
STOP_WORDS = frozenset(
    ("a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "into", "is", "it", "its", "of", "on", "or", "that", "the",
     "their", "to", "was", "what", "when", "where", "which", "who", "with")
)  # fmt: skip


class Found(NamedTuple):
    """A run of letters and digits in a text: where it stands, whole and in parts."""

    start: int
    end: int
    whole: str
    parts: tuple[str, ...]  # two or more, or none


def plain(text: str) -> str:
    """Without case, accents and the differences that Unicode makes between equals."""
    if text.isascii():
        return text.lower()[:LONGEST]
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold()))[:LONGEST]


@lru_cache(maxsize=4096)
def sort_key(display_name: str) -> str:
    """A display name as lists sort it: without case and in one normal form."""
    return unicodedata.normalize("NFKC", display_name).casefold()[:400]


def found(text: str) -> Iterator[Found]:
    """Every run in the text."""
    for match in _RUN.finditer(text):
        yield Found(match.start(), match.end(), *_taken_apart(match[0]))


@lru_cache(maxsize=16_384)
def _taken_apart(run: str) -> tuple[str, tuple[str, ...]]:
    """Whole and in parts; the same runs stand in many texts."""
    parts = _PART.split(run)
    return plain(run), tuple(map(plain, parts)) if len(parts) > 1 else ()


def pairs(word: str) -> tuple[str, ...]:
    """Each two neighbours within a word of a script without spaces; none for other words."""
    if word.isascii():
        return ()
    return tuple(run[at : at + 2] for run in _PAIRED.findall(word) for at in range(len(run) - 1))


def paired(word: str) -> bool:
    """Whether any of the word is in such a script."""
    return not word.isascii() and _PAIRABLE.search(word) is not None


def without_particle(word: str) -> str:
    """The Korean noun that a word with a particle means; the word itself where there is none."""
    if paired(word):
        for particle in _PARTICLES:
            if word.endswith(particle) and len(word) - len(particle) >= 2:  # noqa: PLR2004 - one syllable is no noun to guess
                return word.removesuffix(particle)
    return word


def words(text: str) -> tuple[str, ...]:
    """The different words of a text in their order: whole runs and their parts."""
    different: dict[str, None] = {}
    for run in _RUN.findall(text):
        whole, parts = _taken_apart(run)
        if whole:
            different[whole] = None
        for part in parts:
            if part:
                different[part] = None
    return tuple(different)


def edits(left: str, right: str, most: int) -> int:
    """How many letters were added, lost, changed or swapped with their neighbour; `most` + 1 where it is more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before, row = [0] * (len(right) + 1), list(range(len(right) + 1))
    for at, letter in enumerate(left, 1):
        older, before, row = before, row, [at]
        for place, other in enumerate(right, 1):
            step = min(before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != other))
            if at > 1 and place > 1 and letter == right[place - 2] and left[at - 2] == other:
                step = min(step, older[place - 2] + 1)
            row.append(step)
        if min(row) > most:
            return most + 1
    return row[-1]
